/** The options of `serve`, their checks and their defaults. */
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
  /** Default: `'127.0.0.1'`; `'0.0.0.0'` where the platform gives a port. */
  host?: string;
  /** 0 takes any free port. Default: what `AWS_LAMBDA_HTTP_ENDPOINT` or `PORT` says, else 8000. */
  port?: number;
  /** The path of a Unix socket, instead of host and port. */
  socket?: string;
  /**
   * How many processes serve. With 1 it is this process. From 2 on this process supervises: it
   * starts so many workers, sends them connections, and replaces those that end. Default: 1.
   */
  workers?: number;
  /** Requests after which a worker is replaced, against slow leaks. Default: 0, which is never. */
  maxRequests?: number;
  /**
   * Up to so many more, at random for each worker, so that they are not all replaced at once.
   * Default: 0.
   */
  maxRequestsJitter?: number;
  /**
   * Start new workers when a source file changes: `true` watches the working directory, else the
   * files and folders named.
   */
  reload?: boolean | string | readonly string[];
  /**
   * ms that an idle connection stays open. Default: 65 000, longer than the 60 s of most load
   * balancers, which must close first.
   */
  keepAliveTimeout?: number;
  /** ms in which a request's header section must have come. Default: 30 000. */
  headersTimeout?: number;
  /** ms in which a whole request must have come. Default: 300 000. */
  requestTimeout?: number;
  /** ms that requests which have begun may take when the server stops. Default: 30 000. */
  stopTimeout?: number;
  /** Bytes of a request's header section; more is answered 431. Default: 16 384. */
  maxHeader?: number;
  /**
   * Connections that one process holds at a time; more are closed as they come. Default: no limit
   * but the operating system's on open files. An idle connection costs about 20 KB of memory.
   */
  maxConnections?: number;
  /**
   * A line a request in combined log format, to standard output or to a function. Default: `false`.
   */
  accessLog?: boolean | ((line: string) => void);
  /** Whether SIGTERM and SIGINT stop the server and end the process. Default: `true`. */
  signals?: boolean;
}

export interface ServeSettings {
  listener: ListenerSettings;
  address: ListenAddress;
  workers: number;
  /** Whether this process serves nothing itself, but supervises workers. */
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
  // Lambda appends the client's address, and removes such headers of clients.
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
    accessLog: accessLog === false ? undefined : withoutErrors(accessLog),
    signals: options.signals ?? true,
  };
}

/** A full disk or a closed pipe must not fail requests. */
function withoutErrors(log: true | ((line: string) => void)): (line: string) => void {
  return (line) => {
    try {
      if (log === true) process.stdout.write(`${line}\n`);
      else log(line);
    } catch {
      // Nothing is left that it could be written to.
    }
  };
}
