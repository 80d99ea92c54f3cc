/** All event sources, and the search for the one that an event comes from. */
import { type AlbMultiReply, type AlbSingleReply, albMulti, albSingle } from './alb.ts';
import { edgeOrigin, type EdgeReply, edgeViewer } from './edge.ts';
import { functionUrl } from './function-url.ts';
import { httpApi1 } from './http-api-1.ts';
import { httpApi2 } from './http-api-2.ts';
import { lattice1, lattice2, type LatticeReply } from './lattice.ts';
import { isAuthorizer, notHttp } from './not-http.ts';
import type { Payload1Reply } from './payload-1.ts';
import type { Payload2Reply } from './payload-2.ts';
import { restApi } from './rest-api.ts';
import { type LambdaEventSource, isObject } from './source.ts';

export type {
  AlbMultiReply,
  AlbSingleReply,
  EdgeReply,
  LatticeReply,
  Payload1Reply,
  Payload2Reply,
};

/** What the handler returns to Lambda, in the shape of the source that sent the event. */
export type LambdaReply =
  | Payload1Reply
  | Payload2Reply
  | AlbSingleReply
  | AlbMultiReply
  | LatticeReply
  | EdgeReply;

/**
 * In the order in which they must be tried: a more specific shape comes before a more general one.
 */
const SOURCES: readonly LambdaEventSource<LambdaReply>[] = [
  edgeViewer,
  edgeOrigin,
  albMulti,
  albSingle,
  functionUrl,
  httpApi2,
  lattice2,
  lattice1,
  httpApi1,
  restApi,
];

/**
 * The source that an event comes from.
 *
 * @throws {TypeError} naming what came in place of an HTTP request
 */
export function sourceOf(event: unknown): LambdaEventSource<LambdaReply> {
  if (isObject(event) && !isAuthorizer(event)) {
    for (const source of SOURCES) if (source.matches(event)) return source;
  }
  throw notHttp(event);
}
