/** Streamed responses: Function URLs with RESPONSE_STREAM, REST APIs with STREAM. */
import {
  lambdaFailure,
  type LambdaAnswer,
  type LambdaRequest,
  type LambdaSource,
  lambdaStreamHead,
} from '../../aws-model.ts';
import type { Answer, InvocationResult } from '../runtime-api.ts';
import { createChannel } from './channel.ts';

export interface StreamedAnswer {
  readonly answer: LambdaAnswer;
  /** The body; left out when the answer is the platform's own. */
  readonly pieces?: AsyncIterable<Uint8Array>;
}

export interface Stream {
  /** For the Runtime API. */
  readonly hooks: {
    onAnswer: (answer: Answer) => void;
    onChunk: (chunk: Uint8Array) => Promise<void> | undefined;
  };
  /** Settles with the head of the response; stays pending if the function fails before it. */
  readonly head: Promise<StreamedAnswer>;
  finish(result: InvocationResult): void;
  /** Whether there is a head. */
  hasBegun(): boolean;
}

const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';
/**
 * Within so many bytes the prelude has to end (developer guide, "Set up a Lambda proxy integration
 * with payload response streaming").
 */
const PRELUDE_LIMIT = 16 * 1024;

export function openStream(source: LambdaSource, request: LambdaRequest): Stream {
  const kind = source === 'rest-api' ? 'rest-api' : 'function-url';
  const channel = createChannel();
  let begin: (head: StreamedAnswer) => void = () => undefined;
  const head = new Promise<StreamedAnswer>((resolve) => {
    begin = resolve;
  });
  /** What has arrived before the prelude has ended. */
  let prelude: Buffer | undefined;
  let state: 'waiting' | 'open' | 'refused' = 'waiting';

  const open = (answer: LambdaAnswer): void => {
    state = answer.problem === undefined ? 'open' : 'refused';
    begin(state === 'open' ? { answer, pieces: channel.pieces } : { answer });
  };
  const malformed = (problem: string): void =>
    open({ response: lambdaFailure(source, problem, request), problem });
  const readPrelude = (chunk: Uint8Array): Promise<void> | undefined => {
    prelude = Buffer.concat([prelude ?? new Uint8Array(), chunk]);
    const end = prelude.indexOf(Buffer.alloc(8));
    if (end < 0) {
      if (prelude.length > PRELUDE_LIMIT) malformed('malformed: no prelude within 16 KiB');
      return undefined;
    }
    const rest = prelude.subarray(end + 8);
    open(headOf(prelude.subarray(0, end), kind, request));
    return rest.length > 0 ? take(rest) : undefined;
  };
  /** After an answer of the platform's own the rest of the stream is dropped. */
  const take = (chunk: Uint8Array): Promise<void> | undefined => {
    if (state === 'waiting') return readPrelude(chunk);
    return state === 'open' ? channel.push(chunk) : undefined;
  };

  return {
    hooks: {
      onAnswer: ({ kind: mode, contentType }) => {
        if (mode === 'error' || contentType === HTTP_RESPONSE) return;
        if (kind === 'rest-api') {
          return malformed('malformed: the function does not stream, and the API expects it to');
        }
        // A Function URL delivers the reply of a handler that does not stream as it is, with its
        // envelope.
        const type = mode === 'buffered' ? 'application/octet-stream' : contentType;
        const headers = [['content-type', type ?? 'application/octet-stream']] as const;
        open({ response: { status: 200, headers, body: new Uint8Array() } });
      },
      onChunk: take,
    },
    head,
    hasBegun: () => state !== 'waiting',
    finish: ({ error, truncated }) => {
      if (error || truncated) channel.fail(new Error('the function broke off its response'));
      else channel.end();
      if (state === 'waiting' && !error)
        malformed('malformed: the response ended before its prelude');
    },
  };
}

function headOf(
  json: Uint8Array,
  source: 'rest-api' | 'function-url',
  request: LambdaRequest,
): LambdaAnswer {
  let prelude: unknown;
  try {
    prelude = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) as unknown;
  } catch {
    const problem = 'malformed: the prelude is no JSON';
    return { response: lambdaFailure(source, problem, request), problem };
  }
  return lambdaStreamHead(source, prelude, request);
}
