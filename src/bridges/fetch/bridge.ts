/**
 * A fetch handler as an application, for `gatecall/bridges/fetch` and
 * `gatecall/bridges/fetch-light`.
 */
import { describe } from '../../base/bytes.ts';
import { isThenable } from '../../base/promises.ts';
import { acceptsGatewayRequest } from '../../core/gateway-request.ts';
import { checkOptions, isFunction, isOneOf, type OptionChecks } from '../../core/options.ts';
import { isToken, MAX_REQUEST_HEADERS } from '../../http/headers.ts';
import type {
  Application,
  Environ,
  NativeString,
  ResponseBody,
  StartResponse,
} from '../../types.ts';
import { FetchContext } from './context.ts';
import { countEnvironHeaders, countHeaders, type RequestSource, urlPartsFrom } from './direct.ts';
import { LightHeaders } from './headers.ts';
import { linkToGlobals } from './instanceof.ts';
import { isForbiddenMethod, isUsualMethod, normalizeMethod } from './method.ts';
import { nativeRequests } from './native-request.ts';
import { LightRequest } from './request.ts';
import { plainUrl, urlOf } from './url.ts';
import { encodeUtf8 } from './utf8.ts';

/**
 * A handler of the Fetch standard: `(request) => response`, or `(request, env, context)`. The
 * second argument is the third again, or what the option `env` makes.
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
  /**
   * Makes the handler's second argument, e.g. Hono's Bindings. Default: the {@link FetchContext}.
   */
  env?: (environ: Environ) => Env;
  /**
   * `'light'` hands in a request that looks each part up when it is asked for, which halves the
   * time of a small request. `'standard'` hands in the global `Request`. Default: `'light'` where
   * that makes no difference. On Node 24 and others `new Request(request)` and `fetch(request)`
   * throw at a light request (`request.clone()` and `new Request(request.url, request)` work), so
   * the default is `'standard'` there. With `gatecall/bridges/fetch-light` the default is always
   * `'light'`, and everything works (decisions/010-light-requests.md).
   */
  request?: 'light' | 'standard';
}

/** Sends what a handler answered. `isHead` says that the client wants no body. */
export type SendResponse = (
  response: unknown,
  startResponse: StartResponse,
  isHead: boolean,
) => ResponseBody | Promise<ResponseBody>;

/**
 * @throws {TypeError} for no handler, and for an option that does not exist or has no fitting value
 */
export function bridgeTo<Env, Context>(
  handler: FetchHandler<Env, Context> | FetchApplication,
  options: FetchBridgeOptions<Env>,
  send: SendResponse,
): Application {
  const respond = handlerOf(handler);
  checkOptions('fromFetchHandler', options, OPTIONS);
  const { env, request: kind } = options;
  const light = linkToGlobals() ? kind !== 'standard' : kind === 'light';
  const native = light ? undefined : nativeRequests();
  const serve = (
    source: RequestSource,
    method: string,
    url: string,
    headers: LightHeaders,
    startResponse: StartResponse,
  ): ReturnType<Application> => {
    const request = new LightRequest({ method, url, source, headers });
    const context = new FetchContext(source);
    const handed = native ? native(request, source.signal) : request;
    const response = respond(handed, env ? env(source.environ) : context, context);
    const isHead = method === 'HEAD';
    return isThenable(response)
      ? response.then((settled) => send(settled, startResponse, isHead))
      : send(response, startResponse, isHead);
  };
  return acceptsGatewayRequest(
    (environ, startResponse) => {
      const source = { environ };
      const method = normalizeMethod(environ.REQUEST_METHOD);
      const url = urlOf(environ);
      const refusal = refusalOf(method, countEnvironHeaders(environ));
      if (refusal !== undefined) return refuse(refusal, startResponse);
      if (url === undefined) return refuse('400 Bad Request', startResponse);
      return serve(source, method, url, LightHeaders.of(source), startResponse);
    },
    (received, startResponse) => {
      const { parts } = received;
      const headers = LightHeaders.of(received);
      const urlParts = urlPartsFrom(received, headers.get('host'));
      const url = (urlParts && plainUrl(urlParts)) ?? urlOf(received.environ);
      const method = isUsualMethod(parts.method)
        ? parts.method
        : normalizeMethod(received.environ.REQUEST_METHOD);
      const refusal = refusalOf(method, countHeaders(parts.headers));
      if (refusal !== undefined) return refuse(refusal, startResponse);
      if (url === undefined) return refuse('400 Bad Request', startResponse);
      return serve(received, method, url, headers, startResponse);
    },
  );
}

/** The status that answers a request which no `Request` can hold, or which has too many headers. */
function refusalOf(method: string, headers: number): NativeString | undefined {
  if (isUsualMethod(method) && headers <= MAX_REQUEST_HEADERS) return undefined;
  if (!isToken(method)) return '400 Bad Request';
  if (isForbiddenMethod(method)) return '501 Not Implemented';
  return headers > MAX_REQUEST_HEADERS ? '431 Request Header Fields Too Large' : undefined;
}

function refuse(status: NativeString, startResponse: StartResponse): ResponseBody {
  startResponse(status, [['Content-Type', 'text/plain; charset=utf-8']]);
  return [encodeUtf8(`${status.slice(4)}\n`)];
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
