/**
 * AWS Lambda: an application as the handler of every HTTP event source.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * export const handler = toLambdaHandler(application);
 * ```
 */
import type { Application } from '../types.ts';
import { bufferedReply, Invocation } from './aws/invocation.ts';
import { type LambdaOptions, readOptions, withTrace } from './aws/options.ts';
import type { LambdaReply } from './aws/sources.ts';
import { isResponseStream, markStreaming, streamedReply } from './aws/stream.ts';

export type { LambdaOptions } from './aws/options.ts';
export { onShutdown } from './aws/shutdown.ts';
export type {
  AlbMultiReply,
  AlbSingleReply,
  EdgeReply,
  LambdaReply,
  LatticeReply,
  Payload1Reply,
  Payload2Reply,
} from './aws/sources.ts';

/** A Lambda handler, of two parameters: Node 24's runtime refuses one that declares a callback. */
export type LambdaHandler = (event: unknown, context?: unknown) => Promise<LambdaReply>;

/**
 * An application as a Lambda handler for REST APIs, HTTP APIs (payload 1.0 and 2.0), function URLs, load balancers, VPC
 * Lattice and Lambda@Edge. Which of them an event comes from, the event tells; the reply has that source's shape.
 *
 * ```ts
 * export const handler = toLambdaHandler((environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [new TextEncoder().encode(`Hello ${environ.PATH_INFO}\n`)];
 * });
 * ```
 *
 * The environ also holds `gatecall.event`, `gatecall.context`, `gatecall.source` (`'rest-api'`, `'http-api-2'`, …) and
 * `gatecall.request_id`. A reply over the platform's limit (6 MB; 1 MB behind a load balancer; 40 KB from a viewer-request
 * function) becomes a logged 500.
 *
 * @throws {TypeError} at once for an option that does not exist or has no fitting value
 * @throws {TypeError} from the handler for an event that is no HTTP request, naming what it is
 */
export function toLambdaHandler(
  application: Application,
  options: LambdaOptions = {},
): LambdaHandler {
  const settings = readOptions('toLambdaHandler', application, options);
  const app = withTrace(application);
  return (event, context) => {
    try {
      return bufferedReply(app, new Invocation(event, context, settings), settings);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/**
 * As {@link toLambdaHandler}, with the body on its way block by block: for function URLs with invoke mode RESPONSE_STREAM and REST
 * APIs with response transfer mode STREAM. Events of sources that cannot stream are answered in one piece by the same
 * handler. One block is on its way before the next is asked for, and a slow client slows the application down.
 *
 * ```ts
 * export const handler = toStreamingLambdaHandler(application);
 * ```
 *
 * An error before the first byte becomes a 500; after it, the response breaks off so that the client can tell. Called without a
 * response stream (by tests, by other tools) it answers in one piece, too.
 *
 * The event does not tell whether its front streams, so the front must be set to it: a REST API in buffered mode answers this
 * handler's stream with a 502, a function URL in buffered mode waits for its last byte. The other way round, a front that streams
 * takes no handler that answers in one piece. `gatecall check` finds both.
 *
 * @throws {TypeError} as {@link toLambdaHandler}
 */
export function toStreamingLambdaHandler(
  application: Application,
  options: LambdaOptions = {},
): LambdaHandler {
  const settings = readOptions('toStreamingLambdaHandler', application, options);
  const app = withTrace(application);
  // Two parameters, as a buffering one: of a handler with three whose mark a wrapper has lost, Node 24's runtime thinks that it
  // wants a callback.
  const handler = (event: unknown, second: unknown, ...rest: unknown[]): Promise<unknown> => {
    try {
      if (!isResponseStream(second)) {
        return bufferedReply(app, new Invocation(event, second, settings), settings);
      }
      const invocation = new Invocation(event, rest[0], settings);
      return streamedReply(app, invocation, settings, second);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return markStreaming(handler) as LambdaHandler;
}
