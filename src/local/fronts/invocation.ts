/** One request through one function: event, invocation, and the front's answer. */
import {
  lambdaAnswer,
  lambdaEvent,
  lambdaFailure,
  type LambdaAnswer,
  type LambdaRequest,
  lambdaStreamHead,
} from '../../aws-model.ts';
import { CodeError } from '../functions/code.ts';
import { replyOf } from '../functions/reply.ts';
import type { InvocationResult } from '../runtime-api.ts';
import { codeErrorAnswer } from './code-error.ts';
import type { FrontAnswer, FrontRequest } from './front.ts';
import type { Services } from './services.ts';
import { openStream, type StreamedAnswer } from './stream.ts';
import type { Target } from './target.ts';
import { TraceRecorder } from './trace.ts';

export async function invokeTarget(
  services: Services,
  request: FrontRequest,
  target: Target,
): Promise<FrontAnswer> {
  const { functionId, source, integrationTimeout } = target;
  const event = target.event ?? lambdaEvent(source, target.request);
  const onReply = services.onEvent?.({ functionId, source, event });
  const recorder = services.traces && new TraceRecorder(services.traces, request, target, event);
  const onResult = (result: InvocationResult): void => {
    recorder?.end(result);
    onReply?.(replyOf(result).value);
  };
  const answering = invokeFunction(services, request, target, event, recorder, onResult);
  const answer = await (integrationTimeout
    ? withTimeout(answering, integrationTimeout)
    : answering);
  return recorder ? recorder.answer(answer) : answer;
}

async function invokeFunction(
  services: Services,
  request: FrontRequest,
  target: Target,
  event: unknown,
  recorder: TraceRecorder | undefined,
  onResult: (result: InvocationResult) => void,
): Promise<FrontAnswer> {
  const stream = target.streams ? openStream(target.source, target.request) : undefined;
  const invoking = services.functions.invoke(target.functionId, event, {
    requestId: request.id,
    traceId: `${request.traceId};Parent=${request.id.slice(-12).padStart(16, '0')};Sampled=0`,
    ...recorder?.hooks,
    ...stream?.hooks,
  });
  const whole = invoking.then(
    async (result) => {
      onResult(result);
      stream?.finish(result);
      if (stream?.hasBegun()) return streamedAnswer(await stream.head);
      return answerOf(target, result);
    },
    (error: unknown) => {
      recorder?.fail(error);
      if (error instanceof CodeError) return codeErrorAnswer(error, request);
      if (error instanceof RangeError) return { ...target.tooLarge, problem: error.message };
      throw error;
    },
  );
  if (!stream) return await whole;
  return await Promise.race([stream.head.then(streamedAnswer), whole]);
}

function streamedAnswer({ answer, pieces }: StreamedAnswer): FrontAnswer {
  return { ...frontAnswer(answer), body: pieces ?? answer.response.body };
}

/** The front's answer to a buffered result. */
export function answerOf(target: Target, result: InvocationResult): FrontAnswer {
  const { source, request } = target;
  const { kind, error, body, prelude, payload } = result;
  if ((kind !== 'buffered' && kind !== 'streamed') || error || result.truncated) {
    const reason = error ? `${error.errorType}: ${error.errorMessage}` : 'it was cut off';
    return frontAnswer({
      response: lambdaFailure(source, reason, request),
      problem: withHint(reason),
    });
  }
  if (source === 'function-url' && prelude !== undefined) {
    return frontAnswer(wholeStream(prelude, payload ?? new Uint8Array(), request));
  }
  const value = parseJson(body);
  if (value === undefined) {
    const problem = 'malformed: the result is no JSON; a streamed one needs a front that streams';
    return frontAnswer({ response: lambdaFailure(source, problem, request), problem });
  }
  return frontAnswer(lambdaAnswer(source, value.json, request));
}

/** Adds a hint: Lambda's managed runtimes bring the packages of the SDK, this machine does not. */
function withHint(reason: string): string {
  const [, name] =
    /Cannot find (?:package|module) '(@(?:aws-sdk|smithy)\/[\w.-]+)/.exec(reason) ?? [];
  if (name === undefined) return reason;
  return `${reason.split('\n', 1)[0]}; Lambda brings it, this machine does not: npm install --save-dev ${name}`;
}

/** The answer of a Function URL in buffered mode to a whole stream. */
function wholeStream(prelude: unknown, payload: Uint8Array, request: LambdaRequest): LambdaAnswer {
  const { response, problem } = lambdaStreamHead('function-url', prelude, request);
  if (problem !== undefined) return { response, problem };
  const isBodiless = response.status === 204 || response.status === 304;
  const body = isBodiless || request.method === 'HEAD' ? new Uint8Array() : payload;
  const length = ['content-length', String(payload.length)] as const;
  return {
    response: {
      ...response,
      headers: [...response.headers, ...(isBodiless ? [] : [length])],
      body,
    },
  };
}

/** The reason of a platform's own answer goes to the terminal and not to the client. */
function frontAnswer({ response, problem }: LambdaAnswer): FrontAnswer {
  const { status, headers, body, reason } = response;
  return problem === undefined
    ? { status, headers, body, reason }
    : { status, headers, body, problem };
}

function parseJson(body: Uint8Array): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown };
  } catch {
    return undefined;
  }
}

async function withTimeout(
  answering: Promise<FrontAnswer>,
  { ms, answer }: NonNullable<Target['integrationTimeout']>,
): Promise<FrontAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<FrontAnswer>((resolve) => {
    timer = setTimeout(() => resolve(answer), ms);
  });
  try {
    return await Promise.race([answering, late]);
  } finally {
    clearTimeout(timer);
    // A later failure is in its trace.
    answering.catch(() => undefined);
  }
}
