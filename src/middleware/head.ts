import { copyEnviron } from '../core/request/environ.ts';
import { checkApplication } from '../core/options.ts';
import { isBodiless } from '../http/status.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

/**
 * Answers HEAD with the head of GET, for applications that handle only GET. The application sees
 * `GET`, and `HEAD` in `gatecall.original_method`. Its body is read to the first block at most, and
 * closed.
 *
 * ```ts
 * export const handler = toLambdaHandler(head(application));
 * ```
 *
 * Does nothing for other methods. A list of blocks gets the Content-Length of GET.
 *
 * @throws {TypeError} when `application` is no function
 */
export function head(application: Application): Application {
  checkApplication(application);
  const bodiless = wrapResponse(application, () => ({ headers, code, declared, length }) => {
    const missing = declared === undefined && length !== undefined && !isBodiless(code);
    return {
      headers: missing ? [...headers, ['Content-Length', String(length)]] : headers,
      body: 'drop',
    };
  });
  return (environ, startResponse) => {
    if (environ.REQUEST_METHOD !== 'HEAD') return application(environ, startResponse);
    const get = copyEnviron(environ);
    get.REQUEST_METHOD = 'GET';
    get['gatecall.original_method'] = 'HEAD';
    return bodiless(get, startResponse);
  };
}
