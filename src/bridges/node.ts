/**
 * Express, Koa, Fastify, NestJS, Hapi and every other `(req, res)` as an application.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * import { fromNodeListener } from 'gatecall/bridges/node';
 * export const handler = toLambdaHandler(fromNodeListener(app));
 * ```
 */
import type { Application, Environ, ResponseBody, StartResponse } from '../types.ts';
import { lazy } from '../core/lazy.ts';
import { acceptsGatewayRequest } from '../core/gateway-request.ts';
import { nodeHttp } from './node/builtin.ts';
import { type Constructors, NodeExchange } from './node/exchange.ts';
import { fromEnviron, fromGatewayRequest, type Incoming } from './node/incoming.ts';
import type { ExchangeHooks } from './node/internals.ts';
import { type Listener, listenerOf, type NodeApplication } from './node/listener.ts';
import { requestConstructor } from './node/request.ts';
import { highWaterMark, responseConstructor } from './node/response.ts';

export type {
  FastifyLike,
  HapiLike,
  KoaLike,
  NestLike,
  NodeApplication,
  NodeListener,
  ServerLike,
} from './node/listener.ts';

/**
 * A request listener of node:http as an application, or what a framework calls its application: an
 * Express or Connect app, a Koa app, a Fastify instance, a NestJS app, a Hapi server, a Polka app,
 * an `http.Server`. None of them needs to listen.
 *
 * ```ts
 * const app = express();
 * app.get('/hello/:name', (req, res) => res.json({ hello: req.params.name }));
 * export const handler = toLambdaHandler(fromNodeListener(app));
 * ```
 *
 * `req` and `res` are Node's own classes and behave as behind node:http, with `req.url` the
 * undecoded target. Below a base path or a stage it is what follows that, and `req.originalUrl` is
 * the whole target. The first request prepares the framework (`ready()`, `init()`), once. The way
 * to the environ, and so to event and context, is {@link environOf}.
 *
 * @throws {TypeError} at once for anything else
 */
export function fromNodeListener(listener: NodeApplication): Application {
  const preparation = listenerOf(listener);
  if (typeof preparation !== 'function') return applicationOf(preparation);
  // Loaded once, tried again after a failure; and the side door stays open.
  return lazy(async () => applicationOf(await preparation()));
}

function applicationOf({ dispatch, prototypes }: Listener): Application {
  let constructors: Constructors | undefined;
  let born: object | undefined;
  const handle = (
    incoming: Incoming,
    startResponse: StartResponse,
  ): ResponseBody | Promise<ResponseBody> => {
    const wanted = prototypes?.();
    if (!constructors || wanted?.request !== born) {
      const http = nodeHttp();
      born = wanted?.request;
      constructors = {
        Request: requestConstructor(wanted?.request ?? http.IncomingMessage.prototype),
        Response: responseConstructor(wanted?.response ?? http.ServerResponse.prototype),
        highWaterMark: highWaterMark(),
      };
    }
    return new NodeExchange(incoming, startResponse, constructors).run(dispatch);
  };
  return acceptsGatewayRequest(
    (environ, startResponse) => handle(fromEnviron(environ), startResponse),
    (request, startResponse) => handle(fromGatewayRequest(request), startResponse),
  );
}

/**
 * The environ of a request that came through {@link fromNodeListener}: `gatecall.event`,
 * `gatecall.context`, `gatecall.after` and all.
 *
 * ```ts
 * app.get('/', (req, res) => res.json(environOf(req)['gatecall.event']));
 * ```
 *
 * @throws {TypeError} for a request that came otherwise, from a real socket for example
 */
export function environOf(request: { readonly socket: unknown }): Environ {
  const exchange = (request.socket as { _exchange?: ExchangeHooks } | null | undefined)?._exchange;
  if (!exchange) {
    throw new TypeError(
      'environOf() takes the request of a listener behind fromNodeListener(); this one did not come that way',
    );
  }
  return exchange.incoming.environ;
}
