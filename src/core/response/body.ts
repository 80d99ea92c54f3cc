/**
 * Response bodies: what one is, closing it exactly once, and wrapping it without losing its
 * `close`.
 */
import { isBytes } from '../../base/bytes.ts';
import { isThenable } from '../../base/promises.ts';
import type { AsyncResponseBody, ResponseBody } from '../../types.ts';

/**
 * A body that runs callbacks when it is closed: what a middleware returns when it has something to
 * finish. The inner `close` goes first, then each callback, each exactly once, all of them even if
 * one throws (the first error is then thrown on). Iteration, laziness and early stopping pass
 * through; a list stays a list, so that a server still knows its length.
 *
 * ```ts
 * const timed: Middleware = (application) => async (environ, startResponse) => {
 *   const start = performance.now();
 *   const body = await application(environ, startResponse);
 *   return closing(body, () => report(performance.now() - start));
 * };
 * ```
 */
export function closing(
  body: ResponseBody,
  ...callbacks: readonly (() => void | PromiseLike<void>)[]
): ResponseBody {
  let closed = false;
  const close = (): void | PromiseLike<void> => {
    if (closed) return;
    closed = true;
    return callAll([() => body.close?.(), ...callbacks]);
  };
  // One kind of iteration, the body's own: an array stays synchronous, a stream asynchronous.
  if (Symbol.asyncIterator in body) {
    return { [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](), close };
  }
  const list = listOf(body);
  if (list) return Object.assign([...list], { close });
  return { [Symbol.iterator]: () => body[Symbol.iterator](), close };
}

/**
 * A body with other blocks and the same `close`. `blocks` iterates the body given to it, best by
 * `for await`, which stops the iterator where the server stops early; it yields a block, if only an
 * empty one, for each it takes.
 */
export function mapBody(
  body: ResponseBody,
  blocks: (body: ResponseBody) => AsyncIterator<Uint8Array>,
): AsyncResponseBody {
  let begun = false;
  return {
    [Symbol.asyncIterator]: () => {
      begun = true;
      return blocks(body);
    },
    close: () => (begun ? body.close?.() : closeUnread(body)),
  };
}

/**
 * Closes a body that was never iterated. Its `close`, or, for a Node or web stream whose iterator
 * never started, what frees its descriptor: its iterator's `return()` would not. The one place
 * where more of a body is touched than iteration and `close`.
 */
export function closeUnread(body: ResponseBody): void | PromiseLike<void> {
  if (typeof body.close === 'function') return body.close();
  const stream = body as { destroy?: unknown; cancel?: unknown };
  const stop = stream.destroy ?? stream.cancel;
  if (typeof stop === 'function') return stop.call(stream) as void | PromiseLike<void>;
}

/** Whether an application may return this. */
export function isBody(value: unknown): value is ResponseBody {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/**
 * The blocks of a body that is a list, without iterating it; undefined for any other, and for a
 * list of other things.
 */
export function listOf(body: ResponseBody): readonly Uint8Array[] | undefined {
  return Array.isArray(body) && !(Symbol.asyncIterator in body) && body.every(isBytes)
    ? body
    : undefined;
}

/** Calls one after the other; stays synchronous as long as they do. */
function callAll(actions: readonly (() => void | PromiseLike<void>)[]): void | PromiseLike<void> {
  const errors: unknown[] = [];
  for (const [index, action] of actions.entries()) {
    try {
      const done = action();
      if (isThenable(done)) return callRest(done, actions.slice(index + 1), errors);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function callRest(
  first: PromiseLike<unknown>,
  rest: readonly (() => void | PromiseLike<void>)[],
  errors: unknown[],
): Promise<void> {
  for (const action of [() => first, ...rest]) {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
