import { formatCombined, formatCommon } from '../http/log-format.ts';
import { closing, isBody, listOf, mapBody } from '../core/response/body.ts';
import { lengthOf } from '../base/bytes.ts';
import { callThen } from '../base/promises.ts';
import { findHeader } from '../http/headers.ts';
import { checkApplication, checkOptions, isFunction } from '../core/options.ts';
import { isBodiless, statusCode } from '../http/status.ts';
import type { Application, Environ, NativeString, ResponseBody, StartResponse } from '../types.ts';

/**
 * One request and its response. Strings are native: bytes as code points, as the client sent them.
 */
export interface AccessEntry {
  /** When the application was called. */
  time: Date;
  /** Milliseconds until the response was closed. */
  duration: number;
  method: NativeString;
  /** The undecoded target. */
  target: NativeString;
  protocol: NativeString;
  address: NativeString | undefined;
  user: NativeString | undefined;
  referer: NativeString | undefined;
  userAgent: NativeString | undefined;
  requestId: string | undefined;
  /** 500 if the application failed before its head was sent: the server answers so then. */
  status: number;
  /** Bytes of the body, without those that the server does not send. */
  bytes: number;
  /**
   * Whether the server read the body to its end: false if it failed or the client left. True for a
   * list.
   */
  complete: boolean;
}

export interface AccessLogOptions {
  /**
   * `'combined'` or `'common'`, as Apache and nginx write them, or a function that makes the line.
   * Default: `'combined'`.
   */
  format?: 'combined' | 'common' | ((entry: AccessEntry) => string);
  /** Takes a line, without its newline. Default: a line to `wsgi.errors`. */
  log?: (line: string) => void;
}

/**
 * Writes a line about each request when its response is closed, also after a failure.
 *
 * ```ts
 * const format = (entry: AccessEntry) => JSON.stringify(entry);
 * const logged = accessLog(application, { format, log: console.log });
 * ```
 *
 * Behind a proxy, put {@link proxyFix} around it, not inside: it has the client's address.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function accessLog(application: Application, options: AccessLogOptions = {}): Application {
  checkApplication(application);
  checkOptions('accessLog', options, {
    format: (value) => value === 'combined' || value === 'common' || isFunction(value),
    log: isFunction,
  });
  const { format = 'combined', log } = options;
  const line = typeof format === 'function' ? format : FORMATS[format];

  return (environ, startResponse) => {
    const errors = environ['wsgi.errors'];
    const finish = recordRequest(environ, (entry) => {
      // A log that fails must not break the response.
      try {
        if (log) log(line(entry));
        else errors.write(`${line(entry)}\n`);
      } catch (error) {
        errors.write(`accessLog: ${String(error)}\n`);
      }
    });
    return observe(application, environ, startResponse, finish);
  };
}

const FORMATS = {
  combined: (entry: AccessEntry) => formatCombined({ ...entry, request: requestLine(entry) }),
  common: (entry: AccessEntry) => formatCommon({ ...entry, request: requestLine(entry) }),
};

function requestLine({ method, target, protocol }: AccessEntry): string {
  return `${method} ${target} ${protocol}`;
}

interface Outcome {
  status: number;
  /** The Content-Length: a server sends no more. */
  declared: number;
  bytes: number;
  /** The head was sent: by the first block, or by the first `write`. */
  sent: boolean;
  complete: boolean;
}

/**
 * Keeps the request as it came, because an application may change its environ. Its user is known
 * only later.
 */
function recordRequest(
  environ: Environ,
  report: (entry: AccessEntry) => void,
): (outcome: Outcome) => void {
  const started = performance.now();
  const { REQUEST_METHOD: method, SERVER_PROTOCOL: protocol, REMOTE_ADDR: address } = environ;
  const { HTTP_REFERER: referer, HTTP_USER_AGENT: userAgent } = environ;
  const target = environ.REQUEST_URI ?? environ.SCRIPT_NAME + environ.PATH_INFO;
  const time = new Date();
  return ({ status, declared, bytes, complete }) => {
    const id = environ['gatecall.request_id'];
    const bodiless = method === 'HEAD' || isBodiless(status);
    report({
      time,
      duration: performance.now() - started,
      method,
      target,
      protocol,
      address,
      user: environ.REMOTE_USER,
      referer,
      userAgent,
      requestId: typeof id === 'string' ? id : undefined,
      status,
      bytes: bodiless ? 0 : Math.min(bytes, declared),
      complete,
    });
  };
}

/** Calls the application and counts the bytes of its response. */
function observe(
  application: Application,
  environ: Environ,
  startResponse: StartResponse,
  finish: (outcome: Outcome) => void,
): ResponseBody | PromiseLike<ResponseBody> {
  const outcome: Outcome = {
    status: 500,
    declared: Infinity,
    bytes: 0,
    sent: false,
    complete: false,
  };
  const start: StartResponse = (status, headers, error) => {
    const write = startResponse(status, headers, error);
    outcome.status = statusCode(status);
    outcome.declared = Number(findHeader(headers, 'content-length') ?? Infinity);
    return (data) => {
      const written = write(data);
      outcome.sent = true;
      outcome.bytes += data.length;
      return written;
    };
  };
  const recordFailure = (): void => {
    // Nothing was sent: the server answers with its own 500.
    if (!outcome.sent) outcome.status = 500;
  };
  const fail = (error: unknown): never => {
    recordFailure();
    finish(outcome);
    throw error;
  };
  async function* countBlocks(body: ResponseBody): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const block of body) {
        outcome.sent ||= block.length > 0;
        outcome.bytes += block.length;
        yield block;
      }
      outcome.complete = true;
    } catch (error) {
      recordFailure();
      throw error;
    }
  }
  const pass = (body: ResponseBody): ResponseBody => {
    if (!isBody(body)) return body;
    const list = listOf(body);
    if (list) {
      outcome.bytes += lengthOf(list);
      outcome.complete = true;
    }
    return closing(list ? body : mapBody(body, countBlocks), () => finish(outcome));
  };
  return callThen(() => application(environ, start), pass, fail);
}
