/**
 * Blocks that now belong to the server. Python's bytes cannot change; a `Uint8Array` can, and one read buffer used for
 * every block is the classic way to send the last block many times. So each block is hashed when it is handed over, and
 * again later.
 */
import { violation } from './report.ts';

/** All throw an `ApplicationError` where a block has changed. */
export interface SentBlocks {
  add(block: Uint8Array): void;
  /** Looks at the last block only: the buffer used again shows here, before any more of it leaves. */
  checkLast(): void;
  /** Looks at every block still kept: at the end of the body, and again after close, while a server may hold them. */
  check(): void;
}

interface Kept {
  block: Uint8Array;
  length: number;
  hash: number;
}

/** Blocks are kept up to this many bytes, the last one always: an endless body must not fill the memory. */
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
  // A server may transfer the memory of what it was given; a stream of bytes in a worker does.
  if (block.length === 0) return;
  if (block.length !== length || hash(block) !== before) {
    throw violation('body-changed', `other bytes in a block of ${length}`);
  }
}

/** FNV-1a with 32 bits: about a nanosecond a byte, and any change of a single byte shows. */
function hash(block: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < block.length; index++) {
    sum = Math.imul(sum ^ (block[index] ?? 0), 0x01000193);
  }
  return sum;
}
