/**
 * Applications of the Fetch standard (Hono, h3, itty-router, any `(request) => response`) as applications of this package.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * import { fromFetchHandler } from 'gatecall/bridges/fetch';
 * export const handler = toLambdaHandler(fromFetchHandler(app));
 * ```
 */
import { describe } from '../base/bytes.ts';
import { isThenable } from '../base/promises.ts';
import { checkOptions, isFunction, isOneOf, type OptionChecks } from '../core/options.ts';
import { acceptsGatewayRequest } from '../core/gateway-request.ts';
import type { Application, Environ, StartResponse } from '../types.ts';
import { FetchContext } from './fetch/context.ts';
import { methodFrom, type RequestSource, urlPartsFrom } from './fetch/direct.ts';
import { LightHeaders } from './fetch/headers.ts';
import { linkToGlobals } from './fetch/instanceof.ts';
import { LightRequest } from './fetch/request.ts';
import { sendResponse } from './fetch/response.ts';
import { standardRequests } from './fetch/native-request.ts';
import { plainUrl, urlOf } from './fetch/url.ts';
import { encodeUtf8 } from './fetch/utf8.ts';

export type { FetchContext } from './fetch/context.ts';

/**
 * A handler of the Fetch standard: `(request) => response`, and for those who want more `(request, env, context)`, the second of which
 * is the third again unless the option `env` says otherwise.
 */
export type FetchHandler<Env = FetchContext, Context = FetchContext> = (
  request: Request,
  env: Env,
  context: Context,
) => Response | undefined | PromiseLike<Response | undefined>;

/** An application with a method of that kind: Hono, h3, itty-router, a Workers module. */
export interface FetchApplication {
  fetch(request: Request, ...given: never[]): unknown;
}

export interface FetchBridgeOptions<Env = FetchContext> {
  /** The handler's second argument, e.g. Hono's Bindings. The {@link FetchContext} unless told. */
  env?: (environ: Environ) => Env;
  /**
   * `'light'` hands in a request that looks everything up when it is asked for, which halves the time of a small request. `'standard'`
   * hands in the global `Request`. Unless told it is light wherever that makes no difference: under Node 24 and others `new Request(request)`
   * and `fetch(request)` throw at a light one (`request.clone()` and `new Request(request.url, request)` work), so there it is standard. With
   * `gatecall/bridges/fetch-light` it is always light, and everything works (decisions/010-light-requests.md).
   */
  request?: 'light' | 'standard';
}

/**
 * A fetch handler as an application.
 *
 * ```ts
 * const app = new Hono().get('/', (c) => c.text(`Hello ${c.env.environ.REMOTE_ADDR}`));
 * const application = fromFetchHandler(app);
 * ```
 *
 * The request is an `instanceof Request`. Its URL has the undecoded path below the mount, in which the standard resolves dot segments;
 * `request.signal` is `gatecall.signal`. What the handler rejects with, and what it answers that is no unread `Response`, becomes a logged
 * 500. A request whose Host is none gets a 400.
 *
 * @throws {TypeError} at once when there is no handler, or an option that does not exist
 */
export function fromFetchHandler<Env = FetchContext, Context = FetchContext>(
  handler: FetchHandler<Env, Context> | FetchApplication,
  options: FetchBridgeOptions<Env> = {},
): Application {
  const respond = handlerOf(handler);
  checkOptions('fromFetchHandler', options, OPTIONS);
  const { env, request: kind } = options;
  const light = linkToGlobals() ? kind !== 'standard' : kind === 'light';
  const standard = light ? undefined : standardRequests();
  const serve = (
    source: RequestSource,
    method: string,
    url: string | undefined,
    headers: LightHeaders,
    startResponse: StartResponse,
  ): ReturnType<Application> => {
    if (url === undefined) {
      startResponse('400 Bad Request', [['Content-Type', 'text/plain; charset=utf-8']]);
      return [encodeUtf8('Bad Request\n')];
    }
    const request = new LightRequest({ method, url, source, headers });
    const context = new FetchContext(source);
    const handed = standard ? standard(request, source.signal) : request;
    const response = respond(handed, env ? env(source.environ) : context, context);
    return isThenable(response)
      ? response.then((settled) => sendResponse(settled, startResponse))
      : sendResponse(response, startResponse);
  };
  return acceptsGatewayRequest(
    (environ, startResponse) => {
      const source = { environ };
      const headers = LightHeaders.of(source);
      return serve(source, methodOf(environ), urlOf(environ), headers, startResponse);
    },
    (received, startResponse) => {
      const headers = LightHeaders.of(received);
      const parts = urlPartsFrom(received, headers.get('host'));
      const url = (parts && plainUrl(parts)) ?? urlOf(received.environ);
      const method = methodFrom(received) ?? methodOf(received.environ);
      return serve(received, method, url, headers, startResponse);
    },
  );
}

type Respond = (request: LightRequest | Request, env: unknown, context: FetchContext) => unknown;

function handlerOf(handler: unknown): Respond {
  if (typeof handler === 'function') return handler as Respond;
  const { fetch } = (handler ?? {}) as { fetch?: unknown };
  if (typeof fetch !== 'function') {
    throw new TypeError(
      `fromFetchHandler takes a function (request) => response, or an object with a method fetch; got ${describe(handler)}`,
    );
  }
  return fetch.bind(handler) as Respond;
}

const OPTIONS: OptionChecks<FetchBridgeOptions> = {
  env: isFunction,
  request: isOneOf('light', 'standard'),
};

/** The standard writes these six in capitals, whatever the client did. */
function methodOf({ REQUEST_METHOD: method }: Environ): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}
