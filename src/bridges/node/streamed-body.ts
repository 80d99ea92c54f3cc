/** A response's body that leaves while the listener still writes. */
import type { Exchange } from './exchange.ts';

/** Iterated once, by the gateway; blocks are handed over one by one, each when it is asked for. */
export class StreamedBody implements AsyncIterableIterator<Uint8Array> {
  stopped = false;
  readonly #exchange: Exchange;
  #bytes = 0;
  #done = false;
  #waiting:
    | { resolve: (step: IteratorResult<Uint8Array>) => void; reject: (error: unknown) => void }
    | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.wake();
    });
  }

  /** There is a block, the end, or an error. */
  wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    try {
      const block = this.#done ? undefined : this.#exchange.take();
      if (block === 'later') return;
      this.#waiting = undefined;
      this.#done = block === undefined;
      this.#bytes += block?.length ?? 0;
      waiting.resolve(
        block === undefined ? { done: true, value: undefined } : { done: false, value: block },
      );
    } catch (error) {
      this.#waiting = undefined;
      this.#done = true;
      waiting.reject(error);
    }
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.stopped = true;
    this.#exchange.stopped(this.#bytes);
    this.wake();
  }
}
