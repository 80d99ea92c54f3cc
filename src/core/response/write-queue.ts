/** Writes in call order, for code that cannot wait for each of them. */
export class WriteQueue {
  #tail: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  /**
   * Settles when every write so far is done, and never rejects. `undefined` when none had to wait.
   */
  get pending(): Promise<void> | undefined {
    return this.#tail;
  }

  /**
   * Runs `write` now, or behind the writes that still wait.
   *
   * @throws what `write` throws when it runs now
   */
  add(write: () => void | PromiseLike<void>): void {
    const done = this.#tail ? this.#tail.then(write) : write();
    if (!done) return;
    this.#tail = Promise.resolve(done).then(undefined, (error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /** @throws the first failure of a write that had to wait */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
