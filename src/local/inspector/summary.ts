/** The part of a trace that a line of the list shows. */
import type { InvocationTrace } from '../trace.ts';

export interface Summary {
  readonly id: string;
  readonly time: number;
  readonly state: InvocationTrace['state'];
  readonly functionId: string;
  readonly frontId: string;
  readonly source: string;
  readonly cold: boolean;
  readonly streamed: boolean;
  readonly method: string;
  readonly target: string;
  readonly status?: number;
  /** From the request's arrival to the end of the answer. */
  readonly ms?: number;
  /** Of the answer's body. */
  readonly bytes?: number;
  readonly warnings: number;
  readonly error?: string;
  readonly replayOf?: string;
}

/** The most characters of a target in the list; a target may have 16 KB. */
const TARGET = 500;

export function summaryOf(trace: InvocationTrace): Summary {
  const { id, time, state, functionId, frontId, source, cold, streamed } = trace;
  const { request, response, timings, error, replayOf } = trace;
  return {
    id,
    time,
    state,
    functionId,
    frontId,
    source,
    cold,
    streamed,
    method: request.method,
    target: request.target.slice(0, TARGET),
    ...(response && { status: response.status, bytes: response.body.length }),
    ...(timings.ended !== undefined && { ms: timings.ended }),
    warnings: trace.warnings.length,
    ...(error && { error: error.type }),
    ...(replayOf !== undefined && { replayOf }),
  };
}
