/** The options of `toFetchHandler`: what there is, what it may be, and what it is when it is left out. */
import type { ErrorSink } from '../../core/request/error-stream.ts';
import {
  checkApplication,
  checkOptions,
  isBasePath,
  isErrorSink,
  logToConsole,
  mountsOf,
  type OptionChecks,
} from '../../core/options.ts';
import { detectPlatform, type Platform, type PlatformName, platforms } from './platforms.ts';

export interface FetchOptions {
  /** Prefixes of the path that belong to the mount and move to `SCRIPT_NAME`, e.g. `'/shop'`. */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. `console.error` unless told. */
  errors?: ErrorSink;
  /**
   * What an application's error becomes: `'respond'` logs it with its stack and answers a fixed 500; `'throw'` logs it and rejects with it,
   * which some hosts answer with a page that shows source code.
   */
  onError?: 'respond' | 'throw';
  /**
   * The host, which knows the client's address. Deno and Bun are recognised; for the others `REMOTE_ADDR` needs their name, because
   * it comes from a header that only their own edge replaces.
   */
  platform?: PlatformName | Platform;
}

/** Options as the handler uses them. */
export interface Settings {
  basePath: readonly string[] | undefined;
  sink: ErrorSink;
  onError: 'respond' | 'throw';
  platform: Platform;
  charset: 'latin1' | 'utf8';
}

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function readOptions(application: unknown, options: FetchOptions): Settings {
  checkApplication(application);
  checkOptions('toFetchHandler', options, OPTIONS);
  const { basePath, errors = logToConsole, onError = 'respond' } = options;
  const platform = platformOf(options.platform);
  return {
    basePath: mountsOf(basePath),
    sink: errors,
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
  errors: isErrorSink,
  onError: (value) => value === 'respond' || value === 'throw',
  platform: (value) =>
    typeof value === 'string'
      ? Object.hasOwn(platforms, value)
      : typeof (value as Platform | null)?.name === 'string',
};
