/** Reading a response body block by block, and stopping it half-way. */
import { isThenable } from '../../base/promises.ts';
import { abortable, type AbortSignalLike } from '../abort.ts';
import type { ResponseBody } from '../../types.ts';

export class BodyReader {
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #signal: AbortSignalLike | undefined;
  /**
   * Whether the iterator stands between two blocks: before, within or after `next()` it has nothing
   * to stop.
   */
  #stoppable = false;

  /** @param signal ends a `next()` that does not answer */
  constructor(body: ResponseBody, signal: AbortSignalLike | undefined) {
    this.#iterator =
      Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
    this.#signal = signal;
  }

  /**
   * The iterator's next result, without a promise where it has none.
   *
   * @throws what the iterator throws; the abort reason (as a rejection) when the signal aborts
   * first
   */
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    // An iterator that throws is finished.
    this.#stoppable = false;
    const step: unknown = this.#iterator.next();
    return isThenable(step) ? this.#later(step) : this.#result(step as IteratorResult<unknown>);
  }

  /** Calls `return()` of an iterator that was left half-way; its promise, if any. */
  stop(): unknown {
    if (!this.#stoppable) return undefined;
    this.#stoppable = false;
    return this.#iterator.return?.();
  }

  /** Whether {@link stop} has something to do. */
  get stoppable(): boolean {
    return this.#stoppable;
  }

  async #later(step: PromiseLike<unknown>): Promise<IteratorResult<unknown>> {
    const signal = this.#signal;
    const result = signal
      ? await abortable(step, signal, () => {
          this.#stoppable = true;
        })
      : await step;
    return this.#result(result as IteratorResult<unknown>);
  }

  #result(result: IteratorResult<unknown>): IteratorResult<unknown> {
    this.#stoppable = result.done !== true;
    return result;
  }
}
