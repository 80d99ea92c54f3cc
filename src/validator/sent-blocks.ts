/**
 * Blocks that belong to the server. Python's bytes cannot change, but a `Uint8Array` can: an
 * application that fills one buffer for every block sends the last block many times. So the
 * validator hashes each block when it is sent, and again later.
 */
import { violation } from './report.ts';

/** Each method throws an `ApplicationError` if a block has changed. */
export interface SentBlocks {
  add(block: Uint8Array): void;
  /** Checks only the last block: a reused buffer shows here before more of it is sent. */
  checkLast(): void;
  /**
   * Checks every block in the window: at the end of the body and after close, because a server may
   * still hold them.
   */
  check(): void;
}

interface Kept {
  block: Uint8Array;
  length: number;
  hash: number;
}

/**
 * Bytes of the window, which always has the last block: an endless body must not fill the memory.
 */
const WINDOW = 1024 * 1024;

export function createSentBlocks(): SentBlocks {
  let kept: Kept[] = [];
  /** Index of the oldest block that is kept: `shift()` takes time for each block behind it. */
  let first = 0;
  let bytes = 0;
  return {
    add(block) {
      kept.push({ block, length: block.length, hash: hash(block) });
      bytes += block.length;
      while (bytes > WINDOW && kept.length - first > 1) {
        const oldest = kept[first++];
        if (!oldest) return;
        bytes -= oldest.length;
        compare(oldest);
      }
      if (first > kept.length / 2) {
        kept = kept.slice(first);
        first = 0;
      }
    },
    checkLast() {
      const last = kept.at(-1);
      if (last) compare(last);
    },
    check() {
      for (let index = first; index < kept.length; index++) compare(kept[index] as Kept);
    },
  };
}

function compare({ block, length, hash: before }: Kept): void {
  // The server may have transferred the memory of the block, as a byte stream in a worker does.
  if (block.length === 0) return;
  if (block.length !== length || hash(block) !== before) {
    throw violation('body-changed', `other bytes in a block of ${length}`);
  }
}

/** FNV-1a with 32 bits: a nanosecond for each byte, and every change of one byte shows. */
function hash(block: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < block.length; index++) {
    sum = Math.imul(sum ^ (block[index] ?? 0), 0x01000193);
  }
  return sum;
}
