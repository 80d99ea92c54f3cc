/** The options of `serve`: what there is, what it may be, and what it is when it is left out. */
import {
  checkApplication,
  checkOptions,
  isCount,
  isFlag,
  isFunction,
  isText,
  type OptionChecks,
} from '../../core/options.ts';
import { type ListenAddress, listenAddress } from './address.ts';
import type { ListenerSettings } from './listener.ts';
import { LISTENER_OPTIONS, listenerSettings, type NodeOptions } from './options.ts';

export interface ServeOptions extends NodeOptions {
  /** `'127.0.0.1'`; `'0.0.0.0'` where the platform gives a port. */
  host?: string;
  /** 8000; 0 takes any that is free. `AWS_LAMBDA_HTTP_ENDPOINT` and `PORT` count where this is left out. */
  port?: number;
  /** The path of a Unix socket, instead of host and port. */
  socket?: string;
  /**
   * How many processes serve. 1, the default, is this very process. From 2 on this process supervises: it starts itself so many times anew,
   * hands them connections, and replaces those that die.
   */
  workers?: number;
  /** Requests after which a worker is replaced, against slow leaks. 0, the default, is never. */
  maxRequests?: number;
  /** Up to so many more, drawn for each worker, so that they do not all go at once. */
  maxRequestsJitter?: number;
  /** Start new workers when a source file changes: `true` watches the working directory, else the files and folders named. */
  reload?: boolean | string | readonly string[];
  /** ms that an idle connection stays open. 65 000: longer than the 60 s of most load balancers, which must be the first to close it. */
  keepAliveTimeout?: number;
  /** ms in which a request's header section must have come. 30 000. */
  headersTimeout?: number;
  /** ms in which a whole request must have come. 300 000. */
  requestTimeout?: number;
  /** ms that requests which have begun may take when the server stops. 30 000. */
  stopTimeout?: number;
  /** Bytes of a request's header section; more is answered 431. 16 384. */
  maxHeader?: number;
  /**
   * Connections that one process holds at a time; more are closed as they come. Default: no limit but
   * the operating system's on open files. An idle connection costs about 20 KB of memory.
   */
  maxConnections?: number;
  /** A line a request in combined log format: `true` for standard output, or where lines go. */
  accessLog?: boolean | ((line: string) => void);
  /** Whether SIGTERM and SIGINT stop the server and end the process. `true`. */
  signals?: boolean;
}

export interface ServeSettings {
  listener: ListenerSettings;
  address: ListenAddress;
  workers: number;
  /** Whether this process only watches over others. */
  supervised: boolean;
  maxRequests: number;
  maxRequestsJitter: number;
  watch: readonly string[];
  keepAliveTimeout: number;
  headersTimeout: number;
  requestTimeout: number;
  stopTimeout: number;
  maxHeader: number;
  maxConnections: number;
  accessLog: ((line: string) => void) | undefined;
  signals: boolean;
}

const isName = (value: unknown): boolean => isText(value) && value !== '';

const SERVE_OPTIONS: OptionChecks<ServeOptions> = {
  ...LISTENER_OPTIONS,
  host: isName,
  port: (value) => isCount(value) && value <= 65535,
  socket: isName,
  workers: (value) => isCount(value) && value > 0,
  maxRequests: isCount,
  maxRequestsJitter: isCount,
  reload: (value) => isFlag(value) || [value].flat().every(isName),
  keepAliveTimeout: isCount,
  headersTimeout: isCount,
  requestTimeout: isCount,
  stopTimeout: isCount,
  maxHeader: (value) => isCount(value) && value > 0,
  maxConnections: (value) => (isCount(value) && value > 0) || value === Infinity,
  accessLog: (value) => isFlag(value) || isFunction(value),
  signals: isFlag,
};

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function readServeOptions(application: unknown, options: ServeOptions): ServeSettings {
  checkApplication(application);
  checkOptions('serve', options, SERVE_OPTIONS);
  return serveSettings(options);
}

export function serveSettings(options: ServeOptions): ServeSettings {
  const { workers = 1, reload = false, maxRequests = 0, accessLog = false } = options;
  const watch = reload === true ? ['.'] : reload === false ? [] : [reload].flat();
  const supervised = workers > 1 || maxRequests > 0 || watch.length > 0;
  // The platform appends the client's address itself, and removes such headers where clients send them.
  const onLambda = Boolean(process.env['AWS_LAMBDA_HTTP_ENDPOINT']);
  const listener: ListenerSettings = {
    ...listenerSettings({ ...(onLambda && { trustProxy: 1 }), ...options }),
    multiprocess: options.multiprocess ?? (supervised || onLambda),
    requireHost: true,
    requestId: onLambda ? 'lambda-web-request-id' : undefined,
  };
  return {
    listener,
    address: listenAddress(options, process.env),
    workers,
    supervised,
    maxRequests,
    maxRequestsJitter: options.maxRequestsJitter ?? 0,
    watch,
    keepAliveTimeout: options.keepAliveTimeout ?? 65_000,
    headersTimeout: options.headersTimeout ?? 30_000,
    requestTimeout: options.requestTimeout ?? 300_000,
    stopTimeout: options.stopTimeout ?? 30_000,
    maxHeader: options.maxHeader ?? 16_384,
    maxConnections: options.maxConnections ?? Infinity,
    accessLog: accessLog === false ? undefined : harmless(accessLog),
    signals: options.signals ?? true,
  };
}

/** A log that fails, a full disk or a closed pipe, must not take requests with it. */
function harmless(log: true | ((line: string) => void)): (line: string) => void {
  return (line) => {
    try {
      if (log === true) process.stdout.write(`${line}\n`);
      else log(line);
    } catch {
      // There is no better place to say it.
    }
  };
}
