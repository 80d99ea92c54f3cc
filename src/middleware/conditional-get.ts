import { conditionsOf, isNotModified } from '../http/conditional.ts';
import { findHeader, lowerCase } from '../http/headers.ts';
import { checkApplication } from '../core/options.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

/** Headers of the content, which a 304 does not have (RFC 9110 section 15.4.5). */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
]);

/**
 * Answers 304 instead of a 200 that the client has already. It compares the ETag or, if the request
 * has no `If-None-Match`, the Last-Modified. A body that is not sent is closed.
 *
 * ```ts
 * const cached = conditionalGet(etag(application));
 * ```
 *
 * Only for GET and HEAD requests with a condition.
 *
 * @throws {TypeError} when `application` is no function
 */
export function conditionalGet(application: Application): Application {
  checkApplication(application);
  return wrapResponse(application, (environ) => {
    const conditions = conditionsOf(environ);
    const { noneMatch, modifiedSince } = conditions;
    if (!/^(?:GET|HEAD)$/.test(environ.REQUEST_METHOD)) return undefined;
    if (noneMatch === undefined && modifiedSince === undefined) return undefined;
    return ({ code, headers }) => {
      const validators = {
        etag: findHeader(headers, 'etag'),
        lastModified: findHeader(headers, 'last-modified'),
      };
      if (code !== 200 || !isNotModified(conditions, validators)) return {};
      return {
        status: '304 Not Modified',
        headers: headers.filter(([name]) => !OF_THE_BYTES.has(lowerCase(name))),
        body: 'drop',
      };
    };
  });
}
