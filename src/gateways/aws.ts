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

/**
 * A Lambda handler. It has two parameters, because Node 24's runtime refuses a handler that
 * declares a callback.
 */
export type LambdaHandler = (event: unknown, context?: unknown) => Promise<LambdaReply>;

/**
 * Makes a Lambda handler of an application, for REST APIs, HTTP APIs (payload 1.0 and 2.0),
 * function URLs, load balancers, VPC Lattice and Lambda@Edge. The handler finds the source from the
 * event and replies in that source's shape.
 *
 * ```ts
 * export const handler = toLambdaHandler((environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [new TextEncoder().encode(`Hello ${environ.PATH_INFO}\n`)];
 * });
 * ```
 *
 * The environ also holds `gatecall.event`, `gatecall.context`, `gatecall.source` (`'rest-api'`,
 * `'http-api-2'`, …) and `gatecall.request_id`. A reply over the platform's limit (6 MB; 1 MB
 * behind a load balancer; 40 KB of a viewer-request function) becomes a 500, and the log says why.
 *
 * @throws {TypeError} for an option that does not exist or has a value it cannot have
 * @throws {TypeError} from the handler, for an event that is no HTTP request or has a body that is
 *   no text, bytes or JSON
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
 * As {@link toLambdaHandler}, but sends the body block by block, to function URLs with invoke mode
 * RESPONSE_STREAM and REST APIs with response transfer mode STREAM. The same handler answers events
 * of sources that cannot stream in one piece. The next block is read once the last has left, so a
 * slow client slows the application down.
 *
 * ```ts
 * export const handler = toStreamingLambdaHandler(application);
 * ```
 *
 * An error before the first byte becomes a 500. After it, the response breaks off so that the
 * client can tell. Without a response stream (in tests and other tools) the handler answers in one
 * piece, too. A stream that fails, or whose reader dies, fails the invocation with the stream's
 * error.
 *
 * An event does not say whether its front streams, so set the front to it: a REST API in buffered
 * mode answers this handler's stream with a 502, and a function URL in buffered mode waits for its
 * last byte. A front that streams, in turn, takes no handler that answers in one piece. `gatecall
 * check` finds both.
 *
 * @throws {TypeError} as {@link toLambdaHandler}
 */
export function toStreamingLambdaHandler(
  application: Application,
  options: LambdaOptions = {},
): LambdaHandler {
  const settings = readOptions('toStreamingLambdaHandler', application, options);
  const app = withTrace(application);
  // Two parameters, as a buffering handler has. Node 24's runtime takes a handler with three for
  // one that wants a callback, where a wrapper has lost the mark of streaming.
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
