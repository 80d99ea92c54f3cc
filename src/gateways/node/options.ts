/** The options of the listener: what there is, what it may be, and what it is when it is left out. */
import { describe } from '../../bytes.ts';
import type { ErrorSink } from '../../error-stream.ts';
import type { Application } from '../../types.ts';
import type { ListenerSettings } from './listener.ts';

export interface NodeOptions {
  /** Prefixes of the path that belong to the mount and move to `SCRIPT_NAME`, e.g. `'/shop'`. */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. `console.error` unless told. */
  errors?: ErrorSink;
  /**
   * How many proxies stand in front, each of which appends to `X-Forwarded-For` and sets `X-Forwarded-Proto`. So many are
   * believed about the client's address and scheme; 0, the default, believes nobody.
   */
  trustProxy?: number;
  /** Bytes that a request's body may have; more is answered 413. No limit unless told. */
  maxBody?: number;
  /** For `wsgi.multiprocess`: whether other processes run the same application. */
  multiprocess?: boolean;
}

/** What each option accepts. */
export type Accepts<Options> = Readonly<Record<keyof Options, (value: unknown) => boolean>>;

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function checkOptions<Options extends object>(
  maker: string,
  application: unknown,
  options: Options,
  accepts: Accepts<Options>,
): void {
  if (typeof application !== 'function') {
    throw new TypeError(
      `an application is a function (environ, startResponse) => body; got ${describe(application)}`,
    );
  }
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(accepts, name)) {
      throw new TypeError(
        `${maker} has no option ${name}; it has ${Object.keys(accepts).join(', ')}`,
      );
    }
    if (value !== undefined && !accepts[name as keyof Options](value)) {
      throw new TypeError(`${maker} cannot use ${describe(value)} as option ${name}`);
    }
  }
}

export const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0;

export const LISTENER_OPTIONS: Accepts<NodeOptions> = {
  basePath: (value) =>
    [value].flat().every((path) => typeof path === 'string' && path.startsWith('/')),
  errors: (value) =>
    typeof value === 'function' ||
    typeof (value as { write?: unknown } | null)?.write === 'function',
  trustProxy: isCount,
  maxBody: (value) => isCount(value) || value === Infinity,
  multiprocess: (value) => typeof value === 'boolean',
};

/** @throws {TypeError} as {@link checkOptions} */
export function readOptions(
  maker: string,
  application: Application,
  options: NodeOptions,
): ListenerSettings {
  checkOptions(maker, application, options, LISTENER_OPTIONS);
  return listenerSettings(options);
}

export function listenerSettings(options: NodeOptions): ListenerSettings {
  const { basePath, errors = logToConsole, trustProxy = 0, maxBody = Infinity } = options;
  return {
    sink: errors,
    basePath:
      basePath === undefined
        ? undefined
        : [basePath].flat().map((path) => path.replace(/\/+$/, '')),
    hops: trustProxy,
    maxBody,
    multiprocess: options.multiprocess ?? false,
    source: 'node',
    broken: new WeakSet(),
  };
}

/** Looked up at each call, so that a console patched later (as test tools do) is the one used. */
export function logToConsole(message: string): void {
  console.error(message);
}
