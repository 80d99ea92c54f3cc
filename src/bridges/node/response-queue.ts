/** What was written to a response and not yet taken, with the callbacks that wait for it. */
import type { AsyncResource } from 'node:async_hooks';
import { bindContext, currentContext } from './builtin.ts';
import type { BridgeResponse, Callback } from './internals.ts';
import { emitDrain } from './response.ts';

/** Small blocks leave as one of up to so many bytes: each that is pulled costs several promises. */
const JOINED = 16_384;

export class ResponseQueue {
  /** Bytes that wait. */
  bytes = 0;
  readonly #highWaterMark: number;
  #blocks: Uint8Array[] = [];
  /** Index of the first block that waits. `shift()` moves all the others, which is quadratic. */
  #head = 0;
  #callbacks: Callback[] | undefined;
  /** The async context of the write that returned false. */
  #drainContext: AsyncResource | undefined;

  constructor(highWaterMark: number) {
    this.#highWaterMark = highWaterMark;
  }

  /** @returns whether there is room for more */
  push(block: Uint8Array, callback: Callback | undefined): boolean {
    this.#add(block);
    // node:http calls back in the context of the write.
    if (callback) (this.#callbacks ??= []).push(bindContext(callback));
    const hasRoom = this.bytes < this.#highWaterMark;
    if (!hasRoom) this.#drainContext = currentContext();
    return hasRoom;
  }

  /** The last block of all. */
  pushLast(block: Uint8Array): void {
    if (block.length > 0) this.#add(block);
  }

  #add(block: Uint8Array): void {
    this.bytes += block.length;
    // Most responses are one block, and the first push onto an empty list makes room for 17.
    if (this.#blocks.length === 0) this.#blocks = [block];
    else this.#blocks.push(block);
  }

  /** The next block, or several small ones joined; undefined when none waits. */
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

  /** Calls back every write so far, each in a turn of its own. */
  runCallbacks(error?: Error): void {
    const callbacks = this.#callbacks;
    if (!callbacks) return;
    this.#callbacks = undefined;
    for (const callback of callbacks) process.nextTick(callback, error);
  }

  /** Emits `drain` if a write returned false. */
  announceDrain(response: BridgeResponse): void {
    const context = this.#drainContext;
    this.#drainContext = undefined;
    if (!response.writableNeedDrain) return;
    if (context) context.runInAsyncScope(process.nextTick, process, emitDrain, response);
    else process.nextTick(emitDrain, response);
  }
}
