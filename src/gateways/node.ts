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

export type { NodeOptions } from './node/options.ts';

/**
 * An application as `(req, res)` listener for `node:http` and whatever speaks its language: `https`, Express and Connect mounts, Vercel,
 * Knative, Cloud Run.
 *
 * ```ts
 * createServer(toNodeListener(application)).listen(8000);
 * app.use('/shop', toNodeListener(application)); // Express: SCRIPT_NAME is '/shop'
 * ```
 *
 * A body block is with the operating system before the next is asked for. When the client leaves, `environ['gatecall.signal']` aborts, reads of
 * `wsgi.input` fail with `ClientDisconnected`, and the body is closed. An error before the first block becomes a fixed 500; after it, the
 * connection is broken off, so that the client can tell. Requests that two servers could read differently (several Host
 * headers, transfer codings other than `chunked`) are answered 400 or 501 and never reach the application.
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
