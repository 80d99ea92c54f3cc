/**
 * Hosts that speak the Fetch standard: an application as a `(request) => response` function, for
 * Cloudflare Workers, Deno, Bun, Vercel, Netlify, Fastly, Bunny and any other.
 *
 * ```ts
 * import { toFetchHandler } from 'gatecall/fetch';
 * export default { fetch: toFetchHandler(application, { platform: 'cloudflare' }) };
 * ```
 */
import { callApplication } from '../core/call.ts';
import type { Application } from '../types.ts';
import { type FetchOptions, readOptions, type Settings } from './fetch/options.ts';
import { type FetchGatewayRequest, isRequest, receive } from './fetch/request.ts';
import { errorPage, FetchTransport } from './fetch/response.ts';

export type { FetchOptions } from './fetch/options.ts';
export { type Platform, type PlatformName, platforms } from './fetch/platforms.ts';

/**
 * What a fetch host calls: with a request, and what else it gives (`env`, `ctx`, `info`, `server`,
 * `context`).
 */
export type FetchHandler = (request: Request, ...given: unknown[]) => Promise<Response>;

/**
 * An application as the handler of a fetch host.
 *
 * ```ts
 * const handler = toFetchHandler(application);
 * Deno.serve(handler);
 * Bun.serve({ fetch: handler });
 * // Workers, Vercel, `deno serve`, `bun run`
 * export default { fetch: handler };
 * // Fastly, service workers
 * addEventListener('fetch', (e) => e.respondWith(handler(e.request, {}, e)));
 * // Pages Functions
 * export const onRequest = (c) => handler(c.request, c.env, c);
 * ```
 *
 * One block of the body is on its way before the next is asked for. A reader that cancels closes
 * the body. An application that asks for its head to be sent (an empty `write`) gets the `Response`
 * returned at once. The environ also holds `gatecall.event` (the request), `gatecall.platform` (`{
 * name, env, context }`), `gatecall.signal` (aborts when the client has gone) and `gatecall.after`
 * (the host's `waitUntil` where it has one).
 *
 * A request whose URL or Host is none, or whose method is no token, is answered with 400, one with
 * more than 2,000 headers with 431.
 *
 * @throws {TypeError} at once for an option that does not exist or has no fitting value
 */
export function toFetchHandler(application: Application, options: FetchOptions = {}): FetchHandler {
  const settings = readOptions(application, options);
  return (request, ...given) => answer(application, request, given, settings);
}

async function answer(
  application: Application,
  request: Request,
  given: readonly unknown[],
  settings: Settings,
): Promise<Response> {
  if (!isRequest(request)) {
    throw new TypeError(
      'a fetch handler is called with a Request; hand it over as the first argument',
    );
  }
  const received = receive(request, given, settings);
  if (typeof received === 'string') return errorPage(received, request.method);
  const transport = new FetchTransport(settings.charset, () => {
    received.abort();
    return over;
  });
  const { throwErrors, onError } = settings;
  const { signal } = received;
  const called = callApplication(application, received, {
    transport,
    throwErrors,
    onError,
    signal,
  });
  const over = called instanceof Promise ? seeThrough(called, received, transport) : undefined;
  if (!over) transport.finished();
  return transport.response;
}

/** Closing the body and logging go on when the client has its last byte. */
function seeThrough(
  called: Promise<unknown>,
  received: FetchGatewayRequest,
  transport: FetchTransport,
): Promise<void> {
  received.follow();
  const over = called
    .then(
      () => transport.finished(),
      (error: unknown) => transport.failed(error),
    )
    .finally(received.release);
  received.waitUntil?.(over);
  return over;
}
