import { setHeader } from '../http/headers.ts';
import { checkApplication, checkOptions, isFlag, isFunction } from '../core/options.ts';
import type { Application } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

export interface RequestIdOptions {
  /** Whether to keep a well-formed id that the client or a proxy sent. Default: true. */
  inbound?: boolean;
  /** Makes a new id. Default: `crypto.randomUUID`. */
  generate?: () => string;
}

/** Long enough for a trace id, without characters that could end a log line. */
const ID = /^[\w.+/=@:-]{1,200}$/;

/**
 * Gives each request an id, in `environ.HTTP_X_REQUEST_ID`, `environ['gatecall.request_id']` and
 * the response's `X-Request-Id`. It is the id that came in, else the platform's (Lambda's), else a
 * new one. `gatecall.request_id` always keeps the platform's id, which leads to the platform's log.
 *
 * ```ts
 * const tracked = requestId(application);
 * ```
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function requestId(application: Application, options: RequestIdOptions = {}): Application {
  checkApplication(application);
  checkOptions('requestId', options, { inbound: isFlag, generate: isFunction });
  const { inbound = true, generate = () => crypto.randomUUID() } = options;
  return mapHead(application, (environ) => {
    const came = inbound ? environ.HTTP_X_REQUEST_ID : undefined;
    const platform = environ['gatecall.request_id'];
    const own = typeof platform === 'string' ? platform : undefined;
    const id = [came, own].find((one) => one !== undefined && ID.test(one)) ?? generate();
    environ.HTTP_X_REQUEST_ID = id;
    environ['gatecall.request_id'] ??= id;
    return ({ headers }) => ({ headers: setHeader(headers, 'X-Request-Id', id) });
  });
}
