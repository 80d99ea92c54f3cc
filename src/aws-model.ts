/**
 * A model of AWS on both sides of a Lambda function: it makes the event of any source from a
 * request, and the client's answer from what the handler returns.
 *
 * ```ts
 * const request = { method: 'POST', target: '/a%2Fb?x=1', body: 'hello' };
 * const event = lambdaEvent('http-api-2', request);
 * const response = lambdaResponse('http-api-2', await handler(event, {}), request);
 * ```
 *
 * It uses no code of the gateways, so that neither repeats a mistake of the other.
 */
import { encodeNative } from './base/native.ts';
import { albEvent, albMultiEvent, albMultiReply, albReply } from './aws-model/alb.ts';
import type { AlbEvent, AlbMultiEvent } from './aws-model/alb.ts';
import {
  edgeOriginEvent,
  edgeOriginReply,
  edgeViewerEvent,
  edgeViewerReply,
} from './aws-model/edge.ts';
import type { EdgeEvent } from './aws-model/edge.ts';
import {
  lattice1Event,
  lattice1Reply,
  lattice2Event,
  lattice2Reply,
  latticeError,
} from './aws-model/lattice.ts';
import type { Lattice1Event, Lattice2Event } from './aws-model/lattice.ts';
import {
  httpApi1Event,
  httpApi1Reply,
  httpApiError,
  restApiError,
  restApiEvent,
  restApiPrelude,
  restApiReply,
} from './aws-model/payload-1.ts';
import type { HttpApi1Event, RestApiEvent } from './aws-model/payload-1.ts';
import {
  functionUrlError,
  functionUrlEvent,
  functionUrlPrelude,
  functionUrlReply,
  httpApi2Event,
  httpApi2Reply,
} from './aws-model/payload-2.ts';
import type { FunctionUrlEvent, HttpApi2Event } from './aws-model/payload-2.ts';
import { deliver, errorPage, Malformed } from './aws-model/reply.ts';
import type { Reply } from './aws-model/reply.ts';
import type { LambdaRequest } from './aws-model/request.ts';
import type { TestResponse } from './aws-model/message.ts';

export { authorizerEvent } from './aws-model/authorizer.ts';
export type { AuthorizerFormat } from './aws-model/authorizer.ts';
export { exampleRequest } from './aws-model/example.ts';
export * from './aws-model/message.ts';
export { notHttpEvents } from './aws-model/not-http.ts';
export type { NotHttpEvent } from './aws-model/not-http.ts';
export type { LambdaRequest, SourceOptions } from './aws-model/request.ts';
export type {
  AlbEvent,
  AlbMultiEvent,
  EdgeEvent,
  FunctionUrlEvent,
  HttpApi1Event,
  HttpApi2Event,
  Lattice1Event,
  Lattice2Event,
  RestApiEvent,
};

/** The event of each source. */
export interface LambdaEvents {
  'rest-api': RestApiEvent;
  'http-api-1': HttpApi1Event;
  'http-api-2': HttpApi2Event;
  'function-url': FunctionUrlEvent;
  alb: AlbEvent;
  'alb-multi': AlbMultiEvent;
  'lattice-1': Lattice1Event;
  'lattice-2': Lattice2Event;
  'edge-viewer': EdgeEvent;
  'edge-origin': EdgeEvent;
}
export type LambdaSource = keyof LambdaEvents;
export type LambdaEvent = LambdaEvents[LambdaSource];

/** One source: the event of a request, the answer to a reply, the answer to a failure. */
interface Source<E> {
  event: (request: LambdaRequest) => E;
  reply: (value: unknown, request: LambdaRequest, jsonBytes: number) => Reply;
  error: (reason: string, status?: number) => Reply;
}

const SOURCES: { readonly [S in LambdaSource]: Source<LambdaEvents[S]> } = {
  'rest-api': { event: restApiEvent, reply: restApiReply, error: restApiError },
  'http-api-1': { event: httpApi1Event, reply: httpApi1Reply, error: httpApiError },
  'http-api-2': { event: httpApi2Event, reply: httpApi2Reply, error: httpApiError },
  'function-url': { event: functionUrlEvent, reply: functionUrlReply, error: functionUrlError },
  alb: { event: albEvent, reply: albReply, error: errorPage },
  'alb-multi': { event: albMultiEvent, reply: albMultiReply, error: errorPage },
  'lattice-1': { event: lattice1Event, reply: lattice1Reply, error: latticeError },
  'lattice-2': { event: lattice2Event, reply: lattice2Reply, error: latticeError },
  'edge-viewer': { event: edgeViewerEvent, reply: edgeViewerReply, error: errorPage },
  'edge-origin': { event: edgeOriginEvent, reply: edgeOriginReply, error: errorPage },
};

/** Every source that speaks HTTP. */
export const lambdaSources = Object.keys(SOURCES) as readonly LambdaSource[];

/**
 * The event a source makes of a request: a fresh plain object, as if parsed from JSON. What the
 * source loses on AWS (the encoding of an HTTP API's path, all but the last value of a header
 * behind a plain ALB) is lost here too. `target` is what follows the stage or base path in the
 * client's URL. Requests the source would refuse by itself (a body over its limit, `OPTIONS *`) are
 * not refused.
 *
 * ```ts
 * lambdaEvent('rest-api', { target: '/users?id=1', stage: 'live', sourceIp: '203.0.113.7' });
 * ```
 *
 * @throws {TypeError} for an unknown source
 */
export function lambdaEvent<S extends LambdaSource>(
  source: S,
  request: LambdaRequest = {},
): LambdaEvents[S] {
  const event = sourceOf(source).event(request);
  // Through JSON, as a function receives it: nothing in it is shared with the options.
  return JSON.parse(JSON.stringify(event)) as LambdaEvents[S];
}

/** Lambda's own limit of a result: 6 MiB and 100 bytes of JSON. */
const RESULT_LIMIT = 6_291_556;

/**
 * What the client receives when the function returns `reply`, read as strictly as the source reads
 * it. An answer that is the platform's own error has a `reason` that says why. `request` is what
 * the event was made of: its method, its Accept header and its options count.
 *
 * A real ALB delivers the values of one header in reverse (`serverless-http#244`); here only with
 * `reverse: true`.
 *
 * ```ts
 * lambdaResponse('rest-api', { statusCode: 200, cookies: [] });
 * // { status: 502, reason: 'malformed: unknown key cookies', … }
 * ```
 *
 * @throws {TypeError} for an unknown source
 */
export function lambdaResponse(
  source: LambdaSource,
  reply: unknown,
  request: LambdaRequest = {},
): TestResponse {
  return lambdaAnswer(source, reply, request).response;
}

/** A response, and why it is the platform's own where it is. */
export interface LambdaAnswer {
  response: TestResponse;
  problem?: string;
}

/** {@link lambdaResponse}, which cannot tell a platform's `reason` from an application's. */
export function lambdaAnswer(
  source: LambdaSource,
  reply: unknown,
  request: LambdaRequest = {},
): LambdaAnswer {
  const method = request.method ?? 'GET';
  const { reply: read, error } = sourceOf(source);
  try {
    const json = resultJson(reply);
    const bytes = encodeNative(json).length;
    if (bytes > RESULT_LIMIT) {
      throw new Malformed(`too large: ${bytes} bytes of JSON, at most ${RESULT_LIMIT}`);
    }
    return { response: deliver(read(JSON.parse(json), request, bytes), method) };
  } catch (problem) {
    if (!(problem instanceof Malformed)) throw problem;
    const { message, status } = problem;
    return { response: deliver(error(message, status), method), problem: message };
  }
}

/**
 * A result on its way out of the runtime: `undefined` becomes `null`, a bigint or a cycle fails the
 * invocation.
 */
function resultJson(reply: unknown): string {
  try {
    return JSON.stringify(reply) ?? 'null';
  } catch (cause) {
    throw new Malformed(`function error: the reply cannot be written as JSON (${String(cause)})`);
  }
}

/**
 * What the client receives first of a streamed response: status and headers, read from the JSON
 * before its eight NUL bytes.
 *
 * ```ts
 * lambdaStreamHead('function-url', { statusCode: 201, cookies: ['a=1'] });
 * ```
 */
export function lambdaStreamHead(
  source: 'function-url' | 'rest-api',
  prelude: unknown,
  request: LambdaRequest = {},
): LambdaAnswer {
  const method = request.method ?? 'GET';
  const read = source === 'rest-api' ? restApiPrelude : functionUrlPrelude;
  try {
    const { status, headers } = deliver(read(prelude), method);
    const unframed = headers.filter(([name]) => name !== 'content-length');
    return { response: { status, headers: unframed, body: new Uint8Array() } };
  } catch (problem) {
    if (!(problem instanceof Malformed)) throw problem;
    const { message } = problem;
    return { response: deliver(SOURCES[source].error(message), method), problem: message };
  }
}

/**
 * What the client receives when the function throws, times out or runs out of memory.
 *
 * ```ts
 * lambdaFailure('function-url', new Error('boom'));
 * // { status: 502, reason: 'function error: Error: boom', … }
 * ```
 *
 * @throws {TypeError} for an unknown source
 */
export function lambdaFailure(
  source: LambdaSource,
  error?: unknown,
  request: LambdaRequest = {},
): TestResponse {
  const reason = `function error: ${String(error)}`;
  return deliver(sourceOf(source).error(reason), request.method ?? 'GET');
}

function sourceOf<S extends LambdaSource>(source: S): (typeof SOURCES)[S] {
  if (!Object.hasOwn(SOURCES, source)) {
    throw new TypeError(
      `unknown source ${JSON.stringify(source)}: use one of ${lambdaSources.join(', ')}`,
    );
  }
  return SOURCES[source];
}
