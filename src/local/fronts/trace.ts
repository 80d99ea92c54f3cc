/** Writes down what happens to one request. */
import { decodeNative } from '../../base/native.ts';
import type { FunctionReport, InvokeFunctionOptions } from '../functions.ts';
import type { TraceMessage } from '../functions/preload.ts';
import type { InvocationResult } from '../runtime-api.ts';
import type { InvocationTrace, Limit, TracedBody, TracedLog, TraceLog } from '../trace.ts';
import { type FrontFacts, warningsOf } from '../warnings.ts';
import type { FrontAnswer, FrontRequest } from './front.ts';
import type { Target } from './invocation.ts';

export interface Trace {
  readonly hooks: InvokeFunctionOptions;
  ended(result: InvocationResult): void;
  failed(error: unknown): void;
  /** The answer, which tells of its body as that passes. */
  answered(answer: FrontAnswer): FrontAnswer;
}

/** How much of a body is kept, in bytes. */
const KEPT = 256 * 1024;
/** How many lines of a log are. */
const LINES = 1000;
const MB = 1024 * 1024;

export function openTrace(
  traces: TraceLog | undefined,
  request: FrontRequest,
  target: Target,
  event: unknown,
): Trace {
  if (!traces) return { hooks: {}, ended() {}, failed() {}, answered: (answer) => answer };
  const start = performance.now();
  const now = (): number => performance.now() - start;
  let trace: InvocationTrace = {
    id: request.id,
    time: request.time,
    state: 'waiting',
    functionId: target.functionId,
    frontId: target.frontId,
    source: target.source,
    cold: false,
    streamed: target.streams ?? false,
    request: {
      method: request.method,
      target: decodeNative(request.target),
      headers: request.headers.map(([name, value]) => [name, decodeNative(value)]),
      body: tracedBody([request.body], request.body.length),
    },
    event,
    logs: [],
    timings: {},
    limits: [{ name: 'request', used: size(event), limit: 6 * MB, unit: 'bytes' }],
    warnings: [],
    ...(request.replayOf !== undefined && { replayOf: request.replayOf }),
  };
  const put = (change: Partial<InvocationTrace>): void => {
    trace = { ...trace, ...change };
    traces.put(trace);
  };
  const time = (
    name: keyof InvocationTrace['timings'],
    change: Partial<InvocationTrace> = {},
  ): void => put({ ...change, timings: { ...trace.timings, [name]: now() } });
  put({});

  return {
    hooks: {
      onDequeued: (cold) => time('dequeued', { cold }),
      onReady: () => time('initialized'),
      onStart: () => time('invoked', { state: 'running' }),
      onLog: ({ stream, text }) => log(stream, text),
      onReport: (report) => put({ limits: [...trace.limits, ...reported(report)] }),
      onTrace: (message) => tell(message),
    },
    ended: (result) => {
      const { kind, body, prelude, error } = result;
      const reply = kind === 'buffered' ? parsed(body) : prelude;
      put({
        state: error ? 'failed' : 'done',
        ...(reply !== undefined && { reply }),
        ...(error && {
          error: { type: error.errorType, message: error.errorMessage, stack: error.trace },
        }),
        limits: [...trace.limits, responseLimit(target, body.length)],
      });
      put({ warnings: [...trace.warnings, ...warningsOf(trace, factsOf(target))] });
    },
    failed: (error) => {
      const { name, message } = error as Error;
      put({ state: 'failed', error: { type: name, message } });
    },
    answered: (answer) => {
      const { problem } = answer;
      if (problem !== undefined) {
        put({ warnings: [{ code: 'platform-answer', message: problem }, ...trace.warnings] });
      }
      return { ...answer, body: watched(answer) };
    },
  };

  function log(stream: TracedLog['stream'], text: string): void {
    if (trace.logs.length > LINES) return;
    const isLast = trace.logs.length === LINES;
    const line = isLast ? '… more lines are in the terminal' : text;
    put({ logs: [...trace.logs, { at: now(), stream: isLast ? 'platform' : stream, text: line }] });
  }

  /** The front may give up before Lambda does. */
  function reported({ durationMs, timeoutMs, memoryMb, usedMb }: FunctionReport): Limit[] {
    const limit = Math.min(timeoutMs, target.patience?.ms ?? timeoutMs);
    const duration: Limit = { name: 'duration', used: durationMs, limit, unit: 'ms' };
    if (usedMb === undefined) return [duration];
    return [duration, { name: 'memory', used: usedMb, limit: memoryMb, unit: 'MB' }];
  }

  function tell(message: TraceMessage): void {
    if (message.type === 'environ') return put({ environ: message.environ });
    const { status, headers, error } = message;
    const call = { status, headers, ...(error !== undefined && { error }) };
    time('started', { startResponse: [...(trace.startResponse ?? []), call] });
  }

  function watched({ status, headers, body }: FrontAnswer): FrontAnswer['body'] {
    const head = {
      status,
      headers: headers.map(([name, value]) => [name, decodeNative(value)] as const),
    };
    if (body instanceof Uint8Array) {
      time('firstByte', { response: { ...head, body: tracedBody([body], body.length) } });
      time('ended');
      return body;
    }
    return passing(body, head);
  }

  async function* passing(
    body: AsyncIterable<Uint8Array>,
    head: Pick<NonNullable<InvocationTrace['response']>, 'status' | 'headers'>,
  ): AsyncGenerator<Uint8Array> {
    const kept: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const piece of body) {
        if (length === 0) time('firstByte');
        if (length < KEPT) kept.push(piece);
        length += piece.length;
        yield piece;
      }
    } finally {
      time('ended', { response: { ...head, body: tracedBody(kept, length) } });
    }
  }
}

function factsOf({ request, streams, cors }: Target): FrontFacts {
  const { binaryMediaTypes } = request;
  return {
    ...(binaryMediaTypes && { binaryMediaTypes }),
    ...(streams !== undefined && { stream: streams }),
    ...(cors !== undefined && { cors }),
  };
}

function responseLimit({ source, streams }: Target, used: number): Limit {
  const limit = source.startsWith('alb') ? MB : streams ? 200 * MB : 6 * MB;
  return { name: 'response', used, limit, unit: 'bytes' };
}

function tracedBody(pieces: readonly Uint8Array[], length: number): TracedBody {
  const first = Buffer.concat(pieces).subarray(0, KEPT);
  return { length, base64: first.toString('base64'), truncated: first.length < length };
}

function size(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown;
  } catch {
    return undefined;
  }
}
