/**
 * Applications of the Fetch standard (Hono, h3, itty-router, any `(request) => response`) as
 * applications of this package.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * import { fromFetchHandler } from 'gatecall/bridges/fetch';
 * export const handler = toLambdaHandler(fromFetchHandler(app));
 * ```
 */
import type { Application } from '../types.ts';
import {
  bridgeTo,
  type FetchApplication,
  type FetchBridgeOptions,
  type FetchHandler,
} from './fetch/bridge.ts';
import type { FetchContext } from './fetch/context.ts';
import { sendResponse } from './fetch/response.ts';

export type { FetchApplication, FetchBridgeOptions, FetchHandler } from './fetch/bridge.ts';
export type { FetchContext } from './fetch/context.ts';

/**
 * A fetch handler as an application.
 *
 * ```ts
 * const app = new Hono().get('/', (c) => c.text(`Hello ${c.env.environ.REMOTE_ADDR}`));
 * const application = fromFetchHandler(app);
 * ```
 *
 * The request is an `instanceof Request`. Its URL has the undecoded path below the mount, in which
 * the standard resolves dot segments; `request.signal` is `gatecall.signal`. A rejection of the
 * handler, and an answer that is no unread `Response`, becomes a logged 500.
 *
 * A request that no `Request` can hold never reaches the handler. It is answered with 400 (a Host
 * that is none, a method that is no token), 501 (CONNECT, TRACE, TRACK), or 431 (more than 2,000
 * headers).
 *
 * The head of a response whose stream has no first block yet is sent at once. A `Response` of
 * `fetch()` is sent without the Content-Encoding and Content-Length of its origin where `fetch()`
 * has decoded the body.
 *
 * @throws {TypeError} at once when there is no handler, or an option that does not exist
 */
export function fromFetchHandler<Env = FetchContext, Context = FetchContext>(
  handler: FetchHandler<Env, Context> | FetchApplication,
  options: FetchBridgeOptions<Env> = {},
): Application {
  return bridgeTo(handler, options, sendResponse);
}
