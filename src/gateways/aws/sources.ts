/** All event sources, and which of them an event comes from. */
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

/** What goes back to Lambda: the shape of whichever source sent the event. */
export type LambdaReply =
  | Payload1Reply
  | Payload2Reply
  | AlbSingleReply
  | AlbMultiReply
  | LatticeReply
  | EdgeReply;

/** In the order in which their shapes must be told apart: the more particular first. */
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

/** @throws {TypeError} naming what came instead of an HTTP request */
export function sourceOf(event: unknown): LambdaEventSource<LambdaReply> {
  if (isObject(event) && !isAuthorizer(event)) {
    for (const source of SOURCES) if (source.matches(event)) return source;
  }
  throw notHttp(event);
}
