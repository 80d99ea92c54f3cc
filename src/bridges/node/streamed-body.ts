/** A response's body that leaves while the listener still writes. */

/** Where the blocks come from. */
export interface BlockSource {
  /**
   * The next block; undefined at the end; `'later'` when there is none yet.
   *
   * @throws what made the response fail
   */
  take(): Uint8Array | undefined | 'later';
  /** The gateway wants no more after so many bytes. */
  bodyStopped(bytes: number): void;
}

/** Iterated once, by the gateway, which is given a block whenever it asks for one. */
export class StreamedBody implements AsyncIterableIterator<Uint8Array> {
  stopped = false;
  readonly #source: BlockSource;
  #bytes = 0;
  #done = false;
  #waiting:
    | { resolve: (step: IteratorResult<Uint8Array>) => void; reject: (error: unknown) => void }
    | undefined;

  constructor(source: BlockSource) {
    this.#source = source;
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
      const block = this.#done ? undefined : this.#source.take();
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
    this.#source.bodyStopped(this.#bytes);
    this.wake();
  }
}
