/** The options of the listener, their checks and their defaults. */
import type { ErrorCallback } from '../../core/call.ts';
import type { LogSink } from '../../core/request/error-stream.ts';
import {
  checkApplication,
  checkOptions,
  isBasePath,
  isCount,
  isFlag,
  isFunction,
  isLogSink,
  logToConsole,
  mountsOf,
  type OptionChecks,
} from '../../core/options.ts';
import type { Application } from '../../types.ts';
import type { ListenerSettings } from './listener.ts';

export interface NodeOptions {
  /** Prefixes of the path that belong to the mount and move to `SCRIPT_NAME`, e.g. `'/shop'`. */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. Default: `console.error`. */
  log?: LogSink;
  /** Called with each error of the application, for an error tracker. */
  onError?: ErrorCallback;
  /**
   * The number of trusted proxies in front, each of which appends to `X-Forwarded-For` and sets
   * `X-Forwarded-Proto`. The client's address and scheme are what the farthest of them says.
   * Default: 0, which trusts none.
   */
  trustProxy?: number;
  /**
   * Bytes that a request's body may have; more is answered 413. Default: no limit. A body is
   * streamed, so that one of any size costs memory only where the application collects it.
   */
  maxBody?: number;
  /** For `wsgi.multiprocess`: whether other processes run the same application. */
  multiprocess?: boolean;
}

export const LISTENER_OPTIONS: OptionChecks<NodeOptions> = {
  basePath: isBasePath,
  log: isLogSink,
  onError: isFunction,
  trustProxy: isCount,
  maxBody: (value) => isCount(value) || value === Infinity,
  multiprocess: isFlag,
};

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function readOptions(
  maker: string,
  application: Application,
  options: NodeOptions,
): ListenerSettings {
  checkApplication(application);
  checkOptions(maker, options, LISTENER_OPTIONS);
  return listenerSettings(options);
}

export function listenerSettings(options: NodeOptions): ListenerSettings {
  const { basePath, log = logToConsole, trustProxy = 0, maxBody = Infinity } = options;
  return {
    sink: log,
    onError: options.onError,
    basePath: mountsOf(basePath),
    trustedProxies: trustProxy,
    maxBody,
    multiprocess: options.multiprocess ?? false,
    source: 'node',
    unsafeConnections: new WeakSet(),
  };
}
