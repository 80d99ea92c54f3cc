/** Reads the page's request to repeat an invocation. */
import {
  lambdaEvent,
  type LambdaRequest,
  type LambdaSource,
  lambdaSources,
} from '../../aws-model.ts';
import { isToken } from '../../http/headers.ts';
import { decodeNative, percentDecode } from '../../base/native.ts';
import type { InvocationTrace } from '../trace.ts';
import { isMembers, membersOf, type Pair } from '../warnings/members.ts';

export interface ReplayedRequest {
  readonly method: string;
  /** Path and query as a client sends them. */
  readonly target: string;
  readonly headers: readonly Pair[];
  readonly body: Uint8Array;
}

/** The request or event to repeat. */
export type Replay =
  | {
      /** The trace that is repeated: its front receives the request. */
      readonly id: string;
      readonly request: ReplayedRequest;
      readonly event?: undefined;
    }
  | {
      /** The trace that is repeated: its function receives the event. */
      readonly id: string;
      /** Whose event it is, and by whose rules the reply is an answer. */
      readonly source: LambdaSource;
      readonly event: unknown;
      /** The request that the event was made of. */
      readonly request: ReplayedRequest;
    };

/** The page sent something invalid; its user sees the message. */
export class ReplayError extends Error {
  override name = 'ReplayError';
}

/**
 * The page sends `{ id }`, and with it what is to be different: `request`, `source`, or `event`.
 *
 * @throws {ReplayError}
 */
export function replayOf(wish: unknown, trace: InvocationTrace): Replay {
  if (!isMembers(wish)) throw new ReplayError('a replay is an object');
  const { id } = trace;
  const source = sourceOf(wish['source'] ?? trace.source);
  const edited = wish['request'] === undefined ? undefined : requestOf(wish['request']);
  const request = edited ?? tracedRequest(trace);
  if (wish['event'] !== undefined) return { id, source, event: wish['event'], request };
  const isSame = source === trace.source;
  if (edited === undefined && trace.request.body.truncated) {
    // The trace keeps the beginning of a long request only; the event is whole.
    if (isSame) return { id, source, event: trace.event, request };
    throw new ReplayError(
      `the request's ${trace.request.body.length} bytes were not kept, so no other event can be made of it`,
    );
  }
  if (isSame) return { id, request };
  return { id, source, event: lambdaEvent(source, elsewhere(request, trace)), request };
}

function sourceOf(value: unknown): LambdaSource {
  const source = lambdaSources.find((id) => id === value);
  if (source !== undefined) return source;
  throw new ReplayError(
    `there is no source ${JSON.stringify(value)}: use one of ${lambdaSources.join(', ')}`,
  );
}

function tracedRequest({ request }: InvocationTrace): ReplayedRequest {
  const { method, target, headers, body } = request;
  return { method, target, headers, body: Buffer.from(body.base64, 'base64') };
}

function requestOf(value: unknown): ReplayedRequest {
  if (!isMembers(value)) throw new ReplayError('the request is no object');
  const { method, target, headers, body } = value;
  if (typeof method !== 'string' || !isToken(method)) {
    throw new ReplayError(`no method can be ${JSON.stringify(method)}`);
  }
  if (typeof target !== 'string' || !/^\/[!-~]*$/.test(target)) {
    throw new ReplayError(
      'a path begins with / and has neither spaces nor letters beyond ASCII: write %20 and the like',
    );
  }
  if (typeof body !== 'string') throw new ReplayError('the body is no base64');
  if (!Array.isArray(headers)) throw new ReplayError('the headers are no list');
  return { method, target, headers: headers.map(headerOf), body: Buffer.from(body, 'base64') };
}

function headerOf(pair: unknown): Pair {
  const [name, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
  if (typeof name !== 'string' || !isToken(name)) {
    throw new ReplayError(`no header can be called ${JSON.stringify(name)}`);
  }
  if (typeof value !== 'string' || !/^[\t -~\x80-\xff]*$/.test(value)) {
    throw new ReplayError(`the value of ${name} holds what no header can`);
  }
  return [name, value];
}

/**
 * The request as another front would receive it: now, and without the stage of this one in its
 * path.
 */
function elsewhere(request: ReplayedRequest, trace: InvocationTrace): LambdaRequest {
  const { method, target, headers, body } = request;
  const stage = stageInTarget(trace);
  const rest = target.slice(stage.length);
  const isStaged = target.startsWith(stage) && /^(?:[/?]|$)/.test(rest);
  const path = isStaged ? rest : target;
  return {
    method,
    target: path.startsWith('/') ? path : `/${path}`,
    headers,
    ...(body.length > 0 && { body }),
    time: Date.now(),
  };
}

/**
 * `/live` where the client's path had it, `''` elsewhere: the event tells the whole path, HTTP APIs
 * decoded.
 */
function stageInTarget({ event, request }: InvocationTrace): string {
  const { stage, path } = membersOf(event, 'requestContext');
  if (typeof stage !== 'string' || stage === '$default') return '';
  const whole = isMembers(event) && 'rawPath' in event ? event['rawPath'] : path;
  const sent = request.target.split('?', 1)[0] ?? '';
  const isInTarget = whole === sent || whole === decodeNative(percentDecode(sent));
  return isInTarget ? `/${stage}` : '';
}
