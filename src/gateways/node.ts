/**
 * Node's own HTTP server: an application as a request listener.
 *
 * ```ts
 * import { createServer } from 'node:http';
 * import { toNodeListener } from 'gatecall/node';
 *
 * createServer(toNodeListener(application)).listen(8000);
 * ```
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from '../types.ts';
import { handle } from './node/listener.ts';
import { type NodeOptions, readOptions } from './node/options.ts';
import { readServeOptions, type ServeOptions } from './node/serve-options.ts';
import { run, type Server } from './node/serve.ts';

export type { NodeOptions } from './node/options.ts';
export type { Server } from './node/serve.ts';
export type { ServeOptions } from './node/serve-options.ts';

/**
 * An application as `(req, res)` listener for `node:http` and what takes the same listeners:
 * `https`, Express and Connect mounts, Vercel, Knative, Cloud Run.
 *
 * ```ts
 * createServer(toNodeListener(application)).listen(8000);
 * app.use('/shop', toNodeListener(application)); // Express: SCRIPT_NAME is '/shop'
 * ```
 *
 * The operating system has each body block before the next is asked for. When the client leaves,
 * `environ['gatecall.signal']` aborts, reads of `wsgi.input` fail with `ClientDisconnected`, and
 * the body is closed. An error before the first block becomes a fixed 500; after it, the connection
 * is broken off, so that the client can tell. Requests that two servers could read differently
 * (several Host headers, transfer codings other than `chunked`) are answered 400 or 501 and never
 * reach the application.
 *
 * @throws {TypeError} at once for an option that does not exist or has no fitting value
 */
export function toNodeListener(
  application: Application,
  options: NodeOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const settings = readOptions('toNodeListener', application, options);
  return (request, response) => handle(application, settings, request, response);
}

/**
 * Serves an application over HTTP/1.1, in development and in production: on a host and port or a
 * Unix socket, in this process or in several workers, until SIGTERM or SIGINT.
 *
 * ```ts
 * const server = await serve(application, { port: 8000, workers: 4, accessLog: true });
 * console.log(server.url); // 'http://127.0.0.1:8000'
 * await server.close();
 * ```
 *
 * `PORT`, and Lambda Web Functions' `AWS_LAMBDA_HTTP_ENDPOINT`, say where to listen when the
 * options do not. With `workers`, `maxRequests` or `reload`, workers run the calling script once
 * more, and their `serve()` takes the connections that this process accepts. A worker that ends is
 * replaced: at once, and if workers keep ending after 0.1, 0.2, 0.4 … 10 s. SIGHUP replaces all of
 * them without losing a request.
 *
 * @throws {TypeError} for an option that does not exist or has no fitting value
 * @throws {Error} (as a rejection) when the address is taken, or when no worker gets as far as
 * serving
 */
export function serve(application: Application, options: ServeOptions = {}): Promise<Server> {
  return run(application, readServeOptions(application, options));
}
