/**
 * The body on its way from the application to the server: one iterator, one item at a time, one
 * close.
 */
import { describe, isBytes } from '../base/bytes.ts';
import { isThenable } from '../base/promises.ts';
import type { ResponseBody } from '../types.ts';
import { bodyDue, recordBlock, runWithin, describeStart } from './checked-call.ts';
import type { CheckedCall } from './checked-call.ts';
import { violation } from './report.ts';

interface Wrapped {
  readonly body: object;
  readonly call: CheckedCall;
  iterators: number;
  /** next() was called at least once. */
  pulled: boolean;
  /** A next() is under way. */
  pulling: boolean;
  /** Done, failed or returned: the server may no longer call the iterator. */
  over: boolean;
  /** The iterator has a `return`. */
  returnable: boolean;
}

/** The body for the server: `close`, and the kind of iteration that the application chose. */
export function wrapBody(
  body: unknown,
  call: CheckedCall,
): ResponseBody & { close(): void | PromiseLike<void> } {
  if (typeof body === 'string' || ArrayBuffer.isView(body)) {
    throw violation('body-bare', describe(body));
  }
  if (!isIterable(body)) throw violation('body-iterable', describe(body));
  if ('close' in body && body.close !== undefined && typeof body.close !== 'function') {
    throw violation('body-close', describe(body.close));
  }
  const wrapped: Wrapped = {
    body,
    call,
    iterators: 0,
    pulled: false,
    pulling: false,
    over: false,
    returnable: false,
  };
  const close = (): void | PromiseLike<void> => closeBody(wrapped);
  // Servers prefer the asynchronous iterator of a body that has both.
  if (Symbol.asyncIterator in body) {
    return { [Symbol.asyncIterator]: () => asyncIterator(body, wrapped), close };
  }
  return { [Symbol.iterator]: () => syncIterator(body, wrapped), close };
}

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

function isIterable(body: unknown): body is AnyIterable {
  if ((typeof body !== 'object' && typeof body !== 'function') || body === null) return false;
  return Symbol.asyncIterator in body || Symbol.iterator in body;
}

function syncIterator(body: Iterable<unknown>, wrapped: Wrapped): Iterator<Uint8Array> {
  const inner = openIterator(wrapped, () => body[Symbol.iterator]());
  const iterator: Iterator<Uint8Array> = {
    next() {
      beforePull(wrapped);
      let result: IteratorResult<unknown>;
      try {
        result = runWithin(wrapped.call, () => inner.next());
      } catch (error) {
        throw recordFailure(wrapped, error);
      }
      return settle(wrapped, inner, result);
    },
  };
  if (typeof inner.return === 'function') {
    iterator.return = () => {
      wrapped.over = true;
      runWithin(wrapped.call, () => inner.return?.());
      return { done: true, value: undefined };
    };
    wrapped.returnable = true;
  }
  return iterator;
}

function asyncIterator(body: AsyncIterable<unknown>, wrapped: Wrapped): AsyncIterator<Uint8Array> {
  const inner = openIterator(wrapped, () => body[Symbol.asyncIterator]());
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      beforePull(wrapped);
      let result: IteratorResult<unknown>;
      try {
        result = await runWithin(wrapped.call, () => inner.next());
      } catch (error) {
        throw recordFailure(wrapped, error);
      }
      return settle(wrapped, inner, result);
    },
  };
  if (typeof inner.return === 'function') {
    iterator.return = async () => {
      wrapped.over = true;
      await runWithin(wrapped.call, () => inner.return?.());
      return { done: true, value: undefined };
    };
    wrapped.returnable = true;
  }
  return iterator;
}

function openIterator<iterator>(wrapped: Wrapped, open: () => iterator): iterator {
  wrapped.iterators++;
  if (wrapped.iterators > 1) throw violation('body-one-iterator', 'a second one');
  try {
    return runWithin(wrapped.call, open);
  } catch (error) {
    throw recordFailure(wrapped, error);
  }
}

function beforePull(wrapped: Wrapped): void {
  if (wrapped.pulling) throw violation('body-overlap', 'a next() while another was under way');
  if (wrapped.call.closed) throw violation('body-after-end', 'a next() after close');
  if (wrapped.over) throw violation('body-after-end', 'a next() after the end');
  wrapped.pulled = true;
  wrapped.pulling = true;
}

/** Records that the iterator failed; returns the same error. */
function recordFailure(wrapped: Wrapped, error: unknown): unknown {
  wrapped.pulling = false;
  wrapped.over = true;
  wrapped.call.ended = true;
  return error;
}

function settle(
  wrapped: Wrapped,
  inner: { return?(): unknown },
  result: IteratorResult<unknown>,
): IteratorResult<Uint8Array> {
  wrapped.pulling = false;
  try {
    return checkResult(wrapped, result);
  } catch (error) {
    // A server does not call return() after a next() that throws, but here the application is not
    // at its end.
    if (!result.done) stop(inner);
    throw recordFailure(wrapped, error);
  }
}

function stop(inner: { return?(): unknown }): void {
  try {
    const stopped = inner.return?.();
    if (isThenable(stopped)) stopped.then(undefined, () => {});
  } catch {
    // The error that is being thrown already is the better one.
  }
}

function checkResult(
  wrapped: Wrapped,
  result: IteratorResult<unknown>,
): IteratorResult<Uint8Array> {
  const { call } = wrapped;
  if (result.done) wrapped.over = true;
  if (call.rethrown) {
    throw violation('start-swallowed', result.done ? 'the end of the body' : 'another item');
  }
  if (result.done) {
    call.ended = true;
    call.exhausted = true;
    checkEnd(call);
    return { done: true, value: undefined };
  }
  call.blocks.checkLast();
  const item = result.value;
  if (!isBytes(item)) throw violation('body-item', describe(item));
  if (item.length === 0 && !call.head) {
    call.warn('start-before-item', `an empty item ${describeStart(call)}`);
  }
  recordBlock(call, item);
  countItem(call, item);
  return { done: false, value: item };
}

function checkEnd(call: CheckedCall): void {
  const { head, bytes } = call;
  if (!head) throw violation('start-never', `the end of the body ${describeStart(call)}`);
  if (bodyDue(call) && head.contentLength !== Infinity && bytes !== head.contentLength) {
    throw violation('body-length', `${bytes} bytes for ${head.contentLength}`);
  }
  call.blocks.check();
  // Only for a body that was read to its end: an error page may have replaced another.
  const silent = call.inner.find(({ exhausted, unanswered }) => exhausted && unanswered > 0);
  if (silent) throw violation('middleware-yield', 'its end after an item it gave nothing for');
}

/**
 * PEP 3333, "Middleware Handling of Block Boundaries". Rack::Lint counts through a stack in this
 * way.
 */
function countItem(call: CheckedCall, item: Uint8Array): void {
  for (const inner of call.inner) inner.unanswered = 0;
  call.lastItem = item;
  call.unanswered++;
  const { outer } = call;
  if (outer && !outer.ended && !outer.closed && call.unanswered > 1) {
    throw violation('middleware-yield', `${call.unanswered} items taken and none given`);
  }
}

function closeBody(wrapped: Wrapped): void | PromiseLike<void> {
  const { call } = wrapped;
  if (call.closed) throw violation('close-once', 'a second call');
  call.closed = true;
  const closing = runWithin(call, () => release(wrapped));
  if (isThenable(closing)) return closing.then(() => checkClosed(wrapped));
  checkClosed(wrapped);
}

/**
 * Calls the body's `close`. A stream without `close` that was never read is destroyed, as servers
 * do: the `return()` of its iterator would not destroy an unread Node stream.
 */
function release({ body, pulled }: Wrapped): unknown {
  const closable: { close?: unknown; destroy?: unknown; cancel?: unknown } = body;
  const { close } = closable;
  if (typeof close === 'function') return Reflect.apply(close, body, []);
  if (pulled) return undefined;
  const { destroy } = closable;
  if (typeof destroy === 'function') return void Reflect.apply(destroy, body, []);
  const { cancel } = closable;
  return typeof cancel === 'function' ? Reflect.apply(cancel, body, []) : undefined;
}

function checkClosed({ call, pulled, over, returnable }: Wrapped): void {
  call.blocks.check();
  if (call.inner.some(({ delivered, closed }) => delivered && !closed)) {
    throw violation('middleware-close', 'its own close without theirs');
  }
  if (pulled && !over && returnable) call.warn('body-return', 'close alone');
}
