/** The blocks of a response that were written and not yet taken. */

/** Small blocks leave as one of up to so many bytes: each that is pulled costs several promises. */
const JOINED = 16_384;

export class BlockQueue {
  /** Bytes that wait. */
  bytes = 0;
  #blocks: Uint8Array[] = [];
  /** Index of the first block that waits. `shift()` moves all the others, which is quadratic. */
  #head = 0;

  push(block: Uint8Array): void {
    this.bytes += block.length;
    // Most responses are one block, and the first push onto an empty list makes room for 17.
    if (this.#blocks.length === 0) this.#blocks = [block];
    else this.#blocks.push(block);
  }

  /** The next block, or several small ones in one; undefined when none waits. */
  take(): Uint8Array | undefined {
    const blocks = this.#blocks;
    const first = blocks[this.#head];
    if (first === undefined) return undefined;
    let length = first.length;
    let end = this.#head + 1;
    for (; end < blocks.length; end++) {
      const more = blocks[end]?.length ?? 0;
      if (length + more > JOINED) break;
      length += more;
    }
    const block =
      end === this.#head + 1 ? first : Buffer.concat(blocks.slice(this.#head, end), length);
    this.bytes -= length;
    this.#head = end;
    if (end === blocks.length) this.clear();
    else if (end * 2 > blocks.length) {
      // Lets go of what was taken; each block is moved once on average.
      this.#blocks = blocks.slice(end);
      this.#head = 0;
    }
    return block;
  }

  /** All that waits, as a list. */
  takeAll(): Uint8Array[] {
    const blocks = this.#head === 0 ? this.#blocks : this.#blocks.slice(this.#head);
    this.clear();
    return blocks;
  }

  clear(): void {
    this.#blocks = [];
    this.#head = 0;
    this.bytes = 0;
  }
}
