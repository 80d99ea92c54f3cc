/**
 * Applications of the Fetch standard (Hono, h3, itty-router, any `(request) => response`) as applications of this package.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * import { fromFetchHandler } from 'gatecall/bridges/fetch';
 * export const handler = toLambdaHandler(fromFetchHandler(app));
 * ```
 */
import { describe, isThenable } from '../bytes.ts';
import type { Application, Environ } from '../types.ts';
import { FetchContext } from './fetch/context.ts';
import { linkToGlobals } from './fetch/link.ts';
import { LightRequest } from './fetch/request.ts';
import { sendResponse } from './fetch/response.ts';
import { urlOf } from './fetch/url.ts';

export type { FetchContext } from './fetch/context.ts';

/** A handler of the Fetch standard. `context` is the same object twice, for handlers of the kind `(request, env, ctx)`. */
export type FetchHandler = (
  request: Request,
  env: FetchContext,
  context: FetchContext,
) => Response | PromiseLike<Response>;

/** An application with a method of that kind: Hono, h3, itty-router, a Workers module. */
export interface FetchApplication {
  // As a method, so that handlers with other second arguments fit.
  fetch(request: Request, ...given: never[]): Response | PromiseLike<Response>;
}

export interface FetchBridgeOptions {
  /** The handler's second argument, e.g. Hono's Bindings. The {@link FetchContext} unless told. */
  env?: (environ: Environ) => unknown;
}

/**
 * A fetch handler as an application.
 *
 * ```ts
 * const app = new Hono().get('/', (c) => c.text(`Hello ${c.env.environ.REMOTE_ADDR}`));
 * const application = fromFetchHandler(app);
 * ```
 *
 * The request looks everything up in the environ when it is asked for, and is an `instanceof Request`. Its URL is the undecoded target;
 * `request.signal` is `gatecall.signal`. What the handler rejects with, and what it answers that is no unread `Response`, becomes a logged
 * 500. A request whose Host is none gets a 400.
 *
 * @throws {TypeError} at once when there is no handler, or an option that does not exist
 */
export function fromFetchHandler(
  handler: FetchHandler | FetchApplication | ((request: Request, ...given: never[]) => unknown),
  options: FetchBridgeOptions = {},
): Application {
  const respond = handlerOf(handler);
  const env = envOf(options);
  linkToGlobals();
  return (environ, startResponse) => {
    const url = urlOf(environ);
    if (url === undefined) {
      startResponse('400 Bad Request', [['Content-Type', 'text/plain; charset=utf-8']]);
      return [new TextEncoder().encode('Bad Request\n')];
    }
    const request = new LightRequest({ method: methodOf(environ), url, environ });
    const context = new FetchContext(environ);
    const response = respond(request, env ? env(environ) : context, context);
    return isThenable(response)
      ? response.then((settled) => sendResponse(settled, startResponse))
      : sendResponse(response, startResponse);
  };
}

type Respond = (request: LightRequest, env: unknown, context: FetchContext) => unknown;

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

function envOf(options: FetchBridgeOptions): FetchBridgeOptions['env'] {
  for (const [name, value] of Object.entries(options)) {
    if (name !== 'env') {
      throw new TypeError(`fromFetchHandler has no option ${name}; it has env`);
    }
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`fromFetchHandler cannot use ${describe(value)} as option env`);
    }
  }
  return options.env;
}

/** The standard writes these six in capitals, whatever the client did. */
function methodOf({ REQUEST_METHOD: method }: Environ): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}
