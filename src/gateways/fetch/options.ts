/** The options of `toFetchHandler`: their values and defaults. */
import type { ErrorCallback } from '../../core/call.ts';
import type { LogSink } from '../../core/request/error-stream.ts';
import {
  checkApplication,
  checkOptions,
  isBasePath,
  isFlag,
  isFunction,
  isLogSink,
  logToConsole,
  mountsOf,
  type OptionChecks,
} from '../../core/options.ts';
import { detectPlatform, type Platform, type PlatformName, platforms } from './platforms.ts';

export interface FetchOptions {
  /** Prefixes of the path that belong to the mount and move to `SCRIPT_NAME`, e.g. `'/shop'`. */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. Default: `console.error`. */
  log?: LogSink;
  /**
   * Whether an application's error rejects, which some hosts answer with a page that shows source
   * code, instead of becoming a fixed 500. It is logged with its stack either way. Default:
   * `false`.
   */
  throwErrors?: boolean;
  /** Called with each error of the application, for an error tracker. */
  onError?: ErrorCallback;
  /**
   * The host, which knows the client's address. Deno and Bun are recognised. For the others
   * `REMOTE_ADDR` needs their name, because it comes from a header that only their own edge
   * replaces.
   */
  platform?: PlatformName | Platform;
}

/** Options as the handler uses them. */
export interface Settings {
  basePath: readonly string[] | undefined;
  sink: LogSink;
  throwErrors: boolean;
  onError: ErrorCallback | undefined;
  platform: Platform;
  charset: 'latin1' | 'utf8';
}

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function readOptions(application: unknown, options: FetchOptions): Settings {
  checkApplication(application);
  checkOptions('toFetchHandler', options, OPTIONS);
  const { basePath, log = logToConsole, throwErrors = false, onError } = options;
  const platform = platformOf(options.platform);
  return {
    basePath: mountsOf(basePath),
    sink: log,
    throwErrors,
    onError,
    platform,
    charset: platform.headerCharset ?? 'latin1',
  };
}

function platformOf(given: FetchOptions['platform']): Platform {
  if (given === undefined) return detectPlatform();
  return typeof given === 'string' ? platforms[given] : given;
}

const OPTIONS: OptionChecks<FetchOptions> = {
  basePath: isBasePath,
  log: isLogSink,
  throwErrors: isFlag,
  onError: isFunction,
  platform: (value) =>
    typeof value === 'string'
      ? Object.hasOwn(platforms, value)
      : typeof (value as Platform | null)?.name === 'string',
};
