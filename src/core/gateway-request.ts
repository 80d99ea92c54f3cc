/**
 * A request as a gateway received it. The environ is one view of it, made when something reads it:
 * a bridge reads none of an environ's 50 keys, and making them costs more than the rest of a small
 * request (2.9 against 12.0 µs, decision 008). So an application may accept the request itself, and
 * a bridge does.
 */
import { createEnviron } from './request/environ.ts';
import type { RequestParts, ServerInfo } from './request/request-parts.ts';
import type { AbortSignalLike } from './abort.ts';
import type { Application, Environ, ResponseBody, StartResponse } from '../types.ts';

export interface GatewayRequest {
  /** Method, path, headers, body. */
  readonly parts: RequestParts;
  /** The server's side: `wsgi.errors`, mount points, what runs beside it. */
  readonly server: ServerInfo;
  /**
   * Aborts when the client has gone or the time is up. `environ['gatecall.signal']` is the same as
   * an `AbortSignal`.
   */
  readonly signal: AbortSignalLike | undefined;
  /** Made on first use, with the keys that the gateway adds; the same object every time. */
  readonly environ: Environ;
}

export interface GatewayRequestOptions {
  signal?: AbortSignalLike | undefined;
  /** Adds the platform's own keys, such as `gatecall.event`, to the environ when it is made. */
  extend?: ((environ: Environ) => void) | undefined;
}

/**
 * The request of a gateway, from what the platform says.
 *
 * ```ts
 * const request = createGatewayRequest(
 *   { method: 'GET', rawPath: event.path, headers: event.headers },
 *   { errors: errorStream(console.error) },
 *   { extend: (environ) => void (environ['gatecall.event'] = event) },
 * );
 * const { status, headers, body } = await callApplication(application, request);
 * ```
 */
export function createGatewayRequest(
  parts: RequestParts,
  server: ServerInfo,
  options: GatewayRequestOptions = {},
): GatewayRequest {
  return new PlatformRequest(parts, server, options);
}

class PlatformRequest implements GatewayRequest {
  readonly parts: RequestParts;
  readonly server: ServerInfo;
  readonly signal: AbortSignalLike | undefined;
  readonly #extend: ((environ: Environ) => void) | undefined;
  #environ: Environ | undefined;

  constructor(parts: RequestParts, server: ServerInfo, { signal, extend }: GatewayRequestOptions) {
    this.parts = parts;
    this.server = server;
    this.signal = signal;
    this.#extend = extend;
  }

  get environ(): Environ {
    if (this.#environ === undefined) {
      this.#environ = createEnviron(this.parts, this.server);
      this.#extend?.(this.#environ);
    }
    return this.#environ;
  }
}

/** As an application, with the same duties, except that it is called with the gateway's request. */
export type RequestHandler = (
  request: GatewayRequest,
  startResponse: StartResponse,
) => ResponseBody | PromiseLike<ResponseBody>;

// Registered, because the gateway may come from the ES modules and the bridge from CommonJS.
const HANDLER = /* @__PURE__ */ Symbol.for('gatecall.gateway-request');

/**
 * Gives an application a second way in, and returns the application. Directly behind a gateway
 * `handler` is called with the gateway's request; behind a middleware, which may have changed the
 * environ, the application is called with that.
 */
export function acceptsGatewayRequest(
  application: Application,
  handler: RequestHandler,
): Application {
  return Object.defineProperty(application, HANDLER, { value: handler });
}

/** Calls an application with the gateway's request if it accepts one, else with an environ. */
export function handRequest(
  application: Application,
  request: GatewayRequest,
  startResponse: StartResponse,
): ReturnType<Application> {
  const handler = (application as { [HANDLER]?: RequestHandler })[HANDLER];
  return handler ? handler(request, startResponse) : application(request.environ, startResponse);
}
