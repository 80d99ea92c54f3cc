import { checkApplication } from '../core/options.ts';
import { isBodiless } from '../http/status.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

/**
 * Declares the length of a body that is a list of blocks. `gatecall`'s own servers do so by themselves; this is for others,
 * and for use inside a middleware that turns a list into a stream.
 *
 * ```ts
 * const counted = contentLength(application);
 * ```
 *
 * Does nothing for streams, for written data, where a length is declared, for 204 and 304, and for HEAD, to which an
 * empty list says nothing.
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
