/** What the validator knows of one call of the application, and the counting that `write` and the body share. */
import { isThenable } from '../base/promises.ts';
import { isBodiless } from '../http/status.ts';
import type { Environ } from '../types.ts';
import { createHandover } from './handover.ts';
import type { Handover } from './handover.ts';
import { violation } from './report.ts';
import type { Warn } from './report.ts';
import type { Head } from './response-head.ts';

/** One call of the application, from environ to close. */
export interface Exchange {
  readonly environ: Environ;
  readonly warn: Warn;
  /** As the server sent it: the application may rewrite environ. */
  readonly method: string;
  /** The validated application around this one, when a middleware stands between two validators. */
  readonly outer: Exchange | undefined;
  /** The validated applications that this one, a middleware, has called. */
  readonly inner: Exchange[];
  /** Every block handed over, so that a later change shows. */
  readonly blocks: Handover;
  /** startResponse was called, perhaps in vain. */
  started: boolean;
  /** What the last startResponse that did not throw has announced. */
  head: Head | undefined;
  /** The first bytes were handed over: from here on headers cannot be replaced. */
  sent: boolean;
  /** Bytes handed over, where a body is due. */
  bytes: number;
  /** startResponse has thrown the error it was given. */
  rethrown: boolean;
  /** The application has returned, or its promise has settled. */
  returned: boolean;
  /** The body was handed to the caller. */
  handedOver: boolean;
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
 * Where environ says which validated application is running. A symbol, because it has to survive the copies middleware
 * makes (a spread copies symbols) and should not show in a listing of the variables.
 */
export const EXCHANGE: unique symbol = Symbol('gatecall.validator');

type Linked = Environ & { [EXCHANGE]?: Exchange };

export function openExchange(environ: Linked, warn: Warn): Exchange {
  const outer = environ[EXCHANGE];
  const exchange: Exchange = {
    environ,
    warn,
    method: environ.REQUEST_METHOD,
    outer,
    inner: [],
    blocks: createHandover(),
    started: false,
    head: undefined,
    sent: false,
    bytes: 0,
    rethrown: false,
    returned: false,
    handedOver: false,
    ended: false,
    exhausted: false,
    closed: false,
    unanswered: 0,
    lastItem: undefined,
  };
  outer?.inner.push(exchange);
  return exchange;
}

/**
 * Runs a piece of the application with environ pointing to its exchange, and takes the pointer back afterwards: a
 * middleware that calls two applications with one environ must not look like one inside the other.
 */
export function running<result>(exchange: Exchange, run: () => result): result;
export function running(exchange: Exchange, run: () => unknown): unknown {
  const before = (exchange.environ as Linked)[EXCHANGE];
  point(exchange.environ, exchange);
  const back = (): void => point(exchange.environ, before);
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

// Reflect, because it returns false where an assignment would throw: the application may have frozen its environ.
function point(environ: Environ, exchange: Exchange | undefined): void {
  if (exchange) Reflect.set(environ, EXCHANGE, exchange);
  else Reflect.deleteProperty(environ, EXCHANGE);
}

/** Whether the response has a body at all. */
export function bodyDue({ method, head }: Exchange): boolean {
  return method !== 'HEAD' && !(head && isBodiless(head.code));
}

/** Bytes on their way to the server, by `write` or as an item of the body. */
export function handOver(exchange: Exchange, block: Uint8Array): void {
  if (block.length === 0) return;
  const { head, warn } = exchange;
  if (!head) {
    throw violation('start-before-data', `${block.length} bytes ${startedInVain(exchange)}`);
  }
  if (!bodyDue(exchange)) {
    warn('body-unwanted', `${block.length} bytes for ${exchange.method}, status ${head.code}`);
  } else {
    if (!head.contentType) warn('content-type-missing', `${block.length} bytes without one`);
    exchange.bytes += block.length;
    if (exchange.bytes > head.contentLength) {
      throw violation(
        'body-length',
        `${exchange.bytes} bytes for ${head.contentLength}, and perhaps more`,
      );
    }
  }
  exchange.sent = true;
  exchange.blocks.add(block);
}

/** Why there is no head, in words that go on after what came. */
export function startedInVain({ started }: Exchange): string {
  return started ? 'after a startResponse that threw' : 'without a startResponse';
}
