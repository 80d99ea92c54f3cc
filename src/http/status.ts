/**
 * Status lines: `'404 Not Found'`, three digits, one space, a reason (PEP 3333, "The
 * start_response() Callable").
 */
import type { NativeString } from '../types.ts';

// No control characters, no space at either end of the reason; 1xx is no response an application
// may start.
const STATUS =
  /^[2-9][0-9]{2} (?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

export function isStatus(status: unknown): status is NativeString {
  return typeof status === 'string' && STATUS.test(status);
}

/** What the three digits `000` would come to. */
const ZEROS = 48 * 111;

/** `'404 Not Found'` → 404. */
export function statusCode(status: NativeString): number {
  // By hand: `parseInt` takes ten times as long, and every reply asks three times.
  return status.charCodeAt(0) * 100 + status.charCodeAt(1) * 10 + status.charCodeAt(2) - ZEROS;
}

/** Whether a response with this status never has a body (RFC 9110 sections 15.3.5 and 15.4.5). */
export function isBodiless(code: number): boolean {
  return code === 204 || code === 304;
}
