import { checkApplication } from '../core/options.ts';
import { isBodiless } from '../http/status.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

/**
 * Adds the Content-Length of a body that is a list of blocks. The gateways of `gatecall` do so
 * themselves; `contentLength` is for other servers, and inside a middleware that makes a stream of
 * a list.
 *
 * ```ts
 * const counted = contentLength(application);
 * ```
 *
 * Does nothing for streams and written data, for a response that has a length, for 204 and 304, and
 * for HEAD, whose empty list says nothing about the length of GET.
 *
 * @throws {TypeError} when `application` is no function
 */
export function contentLength(application: Application): Application {
  checkApplication(application);
  return wrapResponse(application, ({ REQUEST_METHOD }) => {
    if (REQUEST_METHOD === 'HEAD') return undefined;
    return ({ headers, code, declared, length }) =>
      declared !== undefined || length === undefined || isBodiless(code)
        ? {}
        : { headers: [...headers, ['Content-Length', String(length)]] };
  });
}
