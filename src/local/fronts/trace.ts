/** Records what happens to one request, for the inspector. */
import { decodeNative } from '../../base/native.ts';
import type { FunctionReport, InvokeFunctionOptions } from '../functions.ts';
import type { TraceMessage } from '../functions/preload.ts';
import type { InvocationResult } from '../runtime-api.ts';
import type { InvocationTrace, Limit, TracedBody, TracedLog, TraceLog } from '../trace.ts';
import { type FrontSettings, warningsOf } from '../warnings.ts';
import type { FrontAnswer, FrontRequest } from './front.ts';
import type { Target } from './target.ts';

/** How much of a body is kept, in bytes. */
const MAX_BODY = 256 * 1024;
/** How many lines of a log are kept. */
const MAX_LINES = 1000;
const MB = 1024 * 1024;

type Timing = keyof InvocationTrace['timings'];

/** The trace of one invocation, put into the log again whenever something happens to it. */
export class TraceRecorder {
  /** For the function's processes. */
  readonly hooks: InvokeFunctionOptions = {
    onDequeued: (cold) => this.#mark('dequeued', { cold }),
    onReady: () => this.#mark('initialized'),
    onStart: () => this.#mark('invoked', { state: 'running' }),
    onLog: ({ stream, text }) => this.#log(stream, text),
    onReport: (report) =>
      this.#put({ limits: [...this.#trace.limits, ...durationLimits(this.#target, report)] }),
    onTrace: (message) => this.#recordMessage(message),
  };
  readonly #traces: TraceLog;
  readonly #target: Target;
  readonly #start = performance.now();
  #trace: InvocationTrace;

  constructor(traces: TraceLog, request: FrontRequest, target: Target, event: unknown) {
    this.#traces = traces;
    this.#target = target;
    this.#trace = newTrace(request, target, event);
    this.#put({});
  }

  end(result: InvocationResult): void {
    const { kind, body, prelude, error } = result;
    const reply = kind === 'buffered' ? parseJson(body) : prelude;
    this.#put({
      state: error ? 'failed' : 'done',
      ...(reply !== undefined && { reply }),
      ...(error && {
        error: { type: error.errorType, message: error.errorMessage, stack: error.trace },
      }),
      limits: [...this.#trace.limits, responseLimit(this.#target, body.length)],
    });
    const found = warningsOf(this.#trace, settingsOf(this.#target));
    this.#put({ warnings: [...this.#trace.warnings, ...found] });
  }

  fail(error: unknown): void {
    const { name, message } = error as Error;
    this.#put({ state: 'failed', error: { type: name, message } });
  }

  /** The same answer, with a body that is recorded as it passes. */
  answer(answer: FrontAnswer): FrontAnswer {
    const { status, headers, body, problem } = answer;
    if (problem !== undefined) {
      const warning = { code: 'platform-answer', message: problem };
      this.#put({ warnings: [warning, ...this.#trace.warnings] });
    }
    const head = {
      status,
      headers: headers.map(([name, value]) => [name, decodeNative(value)] as const),
    };
    if (!(body instanceof Uint8Array)) return { ...answer, body: this.#recordPieces(body, head) };
    this.#mark('firstByte', { response: { ...head, body: tracedBody([body], body.length) } });
    this.#mark('ended');
    return answer;
  }

  async *#recordPieces(
    body: AsyncIterable<Uint8Array>,
    head: Pick<NonNullable<InvocationTrace['response']>, 'status' | 'headers'>,
  ): AsyncGenerator<Uint8Array> {
    const kept: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const piece of body) {
        if (length === 0) this.#mark('firstByte');
        if (length < MAX_BODY) kept.push(piece);
        length += piece.length;
        yield piece;
      }
    } finally {
      this.#mark('ended', { response: { ...head, body: tracedBody(kept, length) } });
    }
  }

  #put(change: Partial<InvocationTrace>): void {
    this.#trace = { ...this.#trace, ...change };
    this.#traces.put(this.#trace);
  }

  #mark(name: Timing, change: Partial<InvocationTrace> = {}): void {
    this.#put({ ...change, timings: { ...this.#trace.timings, [name]: this.#now() } });
  }

  #now(): number {
    return performance.now() - this.#start;
  }

  #log(stream: TracedLog['stream'], text: string): void {
    const { logs } = this.#trace;
    if (logs.length > MAX_LINES) return;
    const line: TracedLog =
      logs.length === MAX_LINES
        ? { at: this.#now(), stream: 'platform', text: '… more lines are in the terminal' }
        : { at: this.#now(), stream, text };
    this.#put({ logs: [...logs, line] });
  }

  #recordMessage(message: TraceMessage): void {
    if (message.type === 'environ') return this.#put({ environ: message.environ });
    const { status, headers, error } = message;
    const call = { status, headers, ...(error !== undefined && { error }) };
    this.#mark('started', { startResponse: [...(this.#trace.startResponse ?? []), call] });
  }
}

function newTrace(request: FrontRequest, target: Target, event: unknown): InvocationTrace {
  return {
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
    limits: [{ name: 'request', used: jsonBytes(event), limit: 6 * MB, unit: 'bytes' }],
    warnings: [],
    ...(request.replayOf !== undefined && { replayOf: request.replayOf }),
  };
}

/** The front may give up before Lambda does. */
function durationLimits(
  { integrationTimeout }: Target,
  { durationMs, timeoutMs, memoryMb, usedMb }: FunctionReport,
): Limit[] {
  const limit = Math.min(timeoutMs, integrationTimeout?.ms ?? timeoutMs);
  const duration: Limit = { name: 'duration', used: durationMs, limit, unit: 'ms' };
  if (usedMb === undefined) return [duration];
  return [duration, { name: 'memory', used: usedMb, limit: memoryMb, unit: 'MB' }];
}

function settingsOf({ request, streams, cors }: Target): FrontSettings {
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
  const first = Buffer.concat(pieces).subarray(0, MAX_BODY);
  return { length, base64: first.toString('base64'), truncated: first.length < length };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown;
  } catch {
    return undefined;
  }
}
