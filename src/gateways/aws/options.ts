/** The options of the Lambda handlers, their checks and their defaults. */
import type { ErrorCallback } from '../../core/call.ts';
import type { LogSink } from '../../core/request/error-stream.ts';
import {
  checkApplication,
  checkOptions,
  isBasePath,
  isCount,
  isFlag,
  isLogSink,
  isFunction,
  logToConsole,
  mountsOf,
  type OptionChecks,
} from '../../core/options.ts';
import type { Application, HeaderList, Middleware, NativeString } from '../../types.ts';
import { DeadlineTimer } from './deadline.ts';
import { isTextType } from './text.ts';

export interface LambdaOptions {
  /**
   * Prefixes of the path that move to `SCRIPT_NAME`, such as a custom domain's `'/shop'`. Default:
   * none.
   */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. Default: `console.error`. */
  log?: LogSink;
  /**
   * Whether an application's error fails the invocation, which shows in Lambda's error metric and
   * reaches the client as the platform's 502, instead of becoming a fixed 500. It is logged with
   * its stack either way. Default: `false`.
   */
  throwErrors?: boolean;
  /**
   * Gets each error of the application, for an error tracker. The reply waits for its promise.
   *
   * ```ts
   * onError: (error, environ) =>
   *   Sentry.captureException(error, { extra: { path: environ.PATH_INFO } })
   * ```
   */
  onError?: ErrorCallback;
  /**
   * Whether a Content-Type names text. Such a body is sent as a string where its bytes are UTF-8,
   * else as base64.
   */
  isText?: (contentType: string) => boolean;
  /**
   * How many ms before Lambda's timeout `environ['gatecall.signal']` aborts. Half of that time
   * later the client gets a 504, and the log says why. 0 switches both off. Default: 500.
   */
  deadlineMargin?: number;
  /**
   * Answers in place of a reply that is too large for its platform, for example after it has stored
   * the body elsewhere. Without it, or where its answer is also too large, the client gets a 500.
   *
   * ```ts
   * onOversize: async ({ body }) =>
   *   text('', { status: '303 See Other', headers: [['Location', await upload(body)]] })
   * ```
   */
  onOversize?: (response: OversizeResponse) => Application | PromiseLike<Application>;
}

/** A response that the platform would refuse. */
export interface OversizeResponse {
  status: NativeString;
  headers: HeaderList;
  body: Uint8Array;
  /** The size of the encoded reply and the platform's limit, both in bytes. */
  size: number;
  limit: number;
}

/** Options as the handlers use them. */
export interface Settings {
  sink: LogSink;
  throwErrors: boolean;
  onError: ErrorCallback | undefined;
  isText: (contentType: string) => boolean;
  basePath: readonly string[] | undefined;
  /** One for each handler, with its `deadlineMargin`. */
  deadlineTimer: DeadlineTimer;
  onOversize: LambdaOptions['onOversize'];
  concurrent: boolean;
}

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function readOptions(maker: string, application: unknown, options: LambdaOptions): Settings {
  checkApplication(application);
  checkOptions(maker, options, OPTIONS);
  const { basePath, log = logToConsole, throwErrors = false, onError } = options;
  const { isText = isTextType, deadlineMargin = 500, onOversize } = options;
  return {
    sink: log,
    throwErrors,
    onError,
    isText,
    deadlineTimer: new DeadlineTimer(deadlineMargin),
    onOversize,
    basePath: mountsOf(basePath),
    // Lambda sets this variable where it runs several invocations in one process (since 2026).
    concurrent: Number(process.env['AWS_LAMBDA_MAX_CONCURRENCY'] ?? 1) > 1,
  };
}

/**
 * Wraps the application in the middleware that `gatecall start-api` sets for its inspector, if
 * there is one.
 */
export function withTrace(application: Application): Application {
  const middleware = globalThis as { [trace: symbol]: Middleware | undefined };
  return middleware[Symbol.for('gatecall.trace')]?.(application) ?? application;
}

const OPTIONS: OptionChecks<LambdaOptions> = {
  basePath: isBasePath,
  log: isLogSink,
  throwErrors: isFlag,
  onError: isFunction,
  isText: isFunction,
  deadlineMargin: isCount,
  onOversize: isFunction,
};
