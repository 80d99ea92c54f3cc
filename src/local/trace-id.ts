/** X-Ray's name for an invocation. */
import { randomBytes } from 'node:crypto';

/** A new trace id in the form of `_X_AMZN_TRACE_ID`, not sampled. */
export function newTraceId(): string {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${hex(12)};Parent=${hex(8)};Sampled=0`;
}
