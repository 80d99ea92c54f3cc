/**
 * The state of one validated call of the application, and the counts that `write` and the body
 * share.
 */
import { isThenable } from '../base/promises.ts';
import { isBodiless } from '../http/status.ts';
import type { Environ } from '../types.ts';
import { createSentBlocks } from './sent-blocks.ts';
import type { SentBlocks } from './sent-blocks.ts';
import { violation } from './report.ts';
import type { Warn } from './report.ts';
import type { CheckedHead } from './response-head.ts';

/** One call of the application, from environ to close. */
export interface CheckedCall {
  readonly environ: Environ;
  readonly warn: Warn;
  /** From the server: the application may change its environ. */
  readonly method: string;
  /** The validated application around this one, when a middleware stands between two validators. */
  readonly outer: CheckedCall | undefined;
  /** The validated applications that this one, a middleware, has called. */
  readonly inner: CheckedCall[];
  /** Every block that was sent, so that a later change shows. */
  readonly blocks: SentBlocks;
  /** startResponse was called, even if it threw. */
  started: boolean;
  /** Status and headers of the last startResponse that did not throw. */
  head: CheckedHead | undefined;
  /** `write` was called, or the body has given bytes: the headers can no longer be replaced. */
  sent: boolean;
  /** Bytes that were sent, if the response has a body. */
  bytes: number;
  /** startResponse has thrown the error it was given. */
  rethrown: boolean;
  /** The application has returned, or its promise has settled. */
  returned: boolean;
  /** The body was returned to the caller. */
  delivered: boolean;
  /** The body came to its end, or something was thrown. */
  ended: boolean;
  /** The body was read to its end. */
  exhausted: boolean;
  closed: boolean;
  /** Items the middleware has taken from this body since it last yielded one itself. */
  unanswered: number;
  lastItem: Uint8Array | undefined;
}

/**
 * The key of environ that holds the validated call which is running. A symbol: it survives the
 * copies that middleware makes (a spread copies symbols), and a list of the variables does not show
 * it.
 */
export const CHECKED_CALL: unique symbol = Symbol('gatecall.validator');

type Linked = Environ & { [CHECKED_CALL]?: CheckedCall };

export function openCall(environ: Linked, warn: Warn): CheckedCall {
  const outer = environ[CHECKED_CALL];
  const call: CheckedCall = {
    environ,
    warn,
    method: environ.REQUEST_METHOD,
    outer,
    inner: [],
    blocks: createSentBlocks(),
    started: false,
    head: undefined,
    sent: false,
    bytes: 0,
    rethrown: false,
    returned: false,
    delivered: false,
    ended: false,
    exhausted: false,
    closed: false,
    unanswered: 0,
    lastItem: undefined,
  };
  outer?.inner.push(call);
  return call;
}

/**
 * Runs a part of the application while environ points to its call, and restores the pointer
 * afterwards: without that, two applications that a middleware calls with one environ would look
 * nested.
 */
export function runWithin<result>(call: CheckedCall, run: () => result): result;
export function runWithin(call: CheckedCall, run: () => unknown): unknown {
  const before = (call.environ as Linked)[CHECKED_CALL];
  point(call.environ, call);
  const back = (): void => point(call.environ, before);
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    back();
    throw error;
  }
  if (!isThenable(result)) {
    back();
    return result;
  }
  return result.then(
    (value) => {
      back();
      return value;
    },
    (error: unknown) => {
      back();
      throw error;
    },
  );
}

// The application may have frozen its environ: Reflect then returns false, where an assignment
// throws.
function point(environ: Environ, call: CheckedCall | undefined): void {
  if (call) Reflect.set(environ, CHECKED_CALL, call);
  else Reflect.deleteProperty(environ, CHECKED_CALL);
}

/** Whether the response has a body at all. */
export function bodyDue({ method, head }: CheckedCall): boolean {
  return method !== 'HEAD' && !(head && isBodiless(head.code));
}

/**
 * The first call of `write` sends the headers, even without bytes (PEP 3333, "start_response()").
 */
export function recordHeadSent(call: CheckedCall, block: Uint8Array): void {
  if (!call.head) {
    throw violation('start-before-data', `a write of ${block.length} bytes ${describeStart(call)}`);
  }
  call.sent = true;
}

/** Bytes on their way to the server, by `write` or as an item of the body. */
export function recordBlock(call: CheckedCall, block: Uint8Array): void {
  if (block.length === 0) return;
  const { head, warn } = call;
  if (!head) {
    throw violation('start-before-data', `${block.length} bytes ${describeStart(call)}`);
  }
  if (!bodyDue(call)) {
    warn('body-unwanted', `${block.length} bytes for ${call.method}, status ${head.code}`);
  } else {
    if (!head.contentType) warn('content-type-missing', `${block.length} bytes without one`);
    call.bytes += block.length;
    if (call.bytes > head.contentLength) {
      throw violation(
        'body-length',
        `${call.bytes} bytes for ${head.contentLength}, and perhaps more`,
      );
    }
  }
  call.sent = true;
  call.blocks.add(block);
}

/** The reason why there is no head, as the end of a message. */
export function describeStart({ started }: CheckedCall): string {
  return started ? 'after a startResponse that threw' : 'without a startResponse';
}
