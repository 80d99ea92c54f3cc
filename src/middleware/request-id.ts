import { setHeader } from '../http/headers.ts';
import { checkApplication, checkOptions, isFlag, isFunction } from '../core/options.ts';
import type { Application } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

export interface RequestIdOptions {
  /** Whether an id the client or a proxy sent is kept, if it has an id's form. True unless told. */
  inbound?: boolean;
  /** Makes a new id. `crypto.randomUUID` unless told. */
  generate?: () => string;
}

/** Long enough for a trace id, and nothing that could break out of a log line. */
const ID = /^[\w.+/=@:-]{1,200}$/;

/**
 * Gives each request an id, the same in `environ.HTTP_X_REQUEST_ID`, in `environ['gatecall.request_id']` and in the response's
 * `X-Request-Id`: what came in, else the platform's own (Lambda's), else a new one. The platform's stays in
 * `gatecall.request_id` whatever comes in: only it leads to the platform's log.
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
