/**
 * `wsgi.input` (PEP 3333, "Input and Error Streams"): Python's buffered file, with promises. Reads
 * share one position, queue in call order, and the end is sticky. Serve a body that is in memory
 * with {@link bufferedInput}, one that still arrives with {@link streamedInput}.
 */
import { joinBytes } from '../../base/bytes.ts';
import { ClientDisconnected } from '../errors.ts';
import type { BufferedInputStream, InputStream } from '../../types.ts';

const EMPTY = new Uint8Array(0);
const NEWLINE = 0x0a;

/**
 * An input over bytes in memory. Blocks are views, not copies.
 *
 * ```ts
 * const input = bufferedInput(new TextEncoder().encode('abc\ndef'));
 * input.readlineSync(); // 'abc\n'
 * await input.read();   // 'def'
 * ```
 */
export function bufferedInput(body: Uint8Array = EMPTY): BufferedInputStream {
  return new BufferedInput(body);
}

class BufferedInput implements BufferedInputStream {
  #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readSync(size?: number): Uint8Array {
    const rest = this.#bytes.length - this.#position;
    return this.#take(Math.min(limitOf(size), rest));
  }

  readlineSync(size?: number): Uint8Array {
    const newline = this.#bytes.indexOf(NEWLINE, this.#position);
    const lineEnd = newline < 0 ? this.#bytes.length : newline + 1;
    return this.#take(Math.min(limitOf(size), lineEnd - this.#position));
  }

  readlinesSync(hint?: number): Uint8Array[] {
    const enough = limitOf(hint === 0 ? undefined : hint);
    const lines: Uint8Array[] = [];
    let bytes = 0;
    for (const line of this) {
      lines.push(line);
      bytes += line.length;
      if (bytes >= enough) break;
    }
    return lines;
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (let line = this.readlineSync(); line.length > 0; line = this.readlineSync()) yield line;
  }

  async read(size?: number): Promise<Uint8Array> {
    return this.readSync(size);
  }

  async readline(size?: number): Promise<Uint8Array> {
    return this.readlineSync(size);
  }

  async readlines(hint?: number): Promise<Uint8Array[]> {
    return this.readlinesSync(hint);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    // Not `yield* this`, which in here means this very method.
    for (const line of this) yield line;
  }

  #take(size: number): Uint8Array {
    const start = this.#position;
    this.#position += size;
    return this.#bytes.subarray(start, this.#position);
  }
}

export interface StreamedInputOptions {
  /**
   * `CONTENT_LENGTH` in bytes. The end is simulated there; a source that ends earlier makes reads
   * fail.
   */
  length?: number;
  /**
   * Lines longer than this many bytes are handed out in pieces, so that a client cannot make one
   * line of its whole body.
   */
  maxLine?: number;
}

/**
 * An input over bytes that still arrive. Nothing is pulled before a read asks for it.
 *
 * @throws {ClientDisconnected} (from the reads) when the source ends before `length` bytes: a
 * cut-off body must not look like a short, complete one. It is thrown again by every later read.
 */
export function streamedInput(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: StreamedInputOptions = {},
): InputStream {
  return new StreamedInput(source, options);
}

class StreamedInput implements InputStream {
  #source: AsyncIterator<Uint8Array, unknown> | Iterator<Uint8Array, unknown>;
  /** Bytes still to come from the source; infinite where the length is unknown. */
  #due: number;
  #declared: boolean;
  #maxLine: number;
  #blocks: Uint8Array[] = [];
  #buffered = 0;
  #ended = false;
  /**
   * Why the body cannot be had whole. Thrown by every read from then on, even where earlier bytes
   * are still here.
   */
  #failure: { error: unknown } | undefined;
  /** A read is under way; those that wait for it, in call order. */
  #reading = false;
  #waiting: (() => void)[] = [];

  constructor(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { length, maxLine }: StreamedInputOptions,
  ) {
    this.#source =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#declared = length !== undefined;
    this.#due = length ?? Infinity;
    this.#maxLine = maxLine ?? Infinity;
  }

  read(size?: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const wanted = limitOf(size);
      while (this.#buffered < wanted && (await this.#pull()));
      return this.#take(Math.min(wanted, this.#buffered));
    });
  }

  readline(size?: number): Promise<Uint8Array> {
    return this.#inTurn(() => this.#nextLine(limitOf(size)));
  }

  readlines(hint?: number): Promise<Uint8Array[]> {
    return this.#inTurn(async () => {
      const enough = limitOf(hint === 0 ? undefined : hint);
      const lines: Uint8Array[] = [];
      let bytes = 0;
      while (bytes < enough) {
        const line = await this.#nextLine(Infinity);
        if (line.length === 0) break;
        lines.push(line);
        bytes += line.length;
      }
      return lines;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return;
      yield line;
    }
  }

  /**
   * Runs reads one after the other, in call order. A failed read does not keep later ones from
   * (failing) in turn.
   */
  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#reading = true;
    try {
      if (this.#failure) throw this.#failure.error;
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#reading = false;
    }
  }

  async #nextLine(size: number): Promise<Uint8Array> {
    const limit = Math.min(size, this.#maxLine);
    let scanned = 0;
    for (let block = 0; ; block++) {
      if (scanned >= limit) return this.#take(limit);
      if (block === this.#blocks.length && !(await this.#pull())) return this.#take(this.#buffered);
      const bytes = this.#blocks[block] ?? EMPTY;
      const newline = bytes.indexOf(NEWLINE);
      if (newline >= 0) return this.#take(Math.min(limit, scanned + newline + 1));
      scanned += bytes.length;
    }
  }

  /**
   * One more block from the source, never an empty one, cut at the declared length. False at the
   * end.
   */
  async #pull(): Promise<boolean> {
    while (!this.#ended && this.#due > 0) {
      try {
        const step = await this.#source.next();
        if (step.done === true) {
          if (this.#declared) throw new ClientDisconnected(endedEarly(this.#due));
          this.#ended = true;
          return false;
        }
        const block =
          step.value.length > this.#due ? step.value.subarray(0, this.#due) : step.value;
        this.#due -= block.length;
        if (block.length === 0) continue;
        this.#blocks.push(block);
        this.#buffered += block.length;
        return true;
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
    }
    return false;
  }

  #take(size: number): Uint8Array {
    const taken: Uint8Array[] = [];
    let missing = size;
    while (missing > 0) {
      const block = this.#blocks[0] ?? EMPTY;
      if (block.length > missing) {
        taken.push(block.subarray(0, missing));
        this.#blocks[0] = block.subarray(missing);
        missing = 0;
      } else {
        taken.push(block);
        this.#blocks.shift();
        missing -= block.length;
      }
    }
    this.#buffered -= size;
    return taken.length === 0 ? EMPTY : joinBytes(taken);
  }
}

function endedEarly(missing: number): string {
  return `the request body ended ${missing} bytes before its Content-Length`;
}

/** A size argument as Python means it: absent or negative is "everything". */
function limitOf(size: number | undefined): number {
  if (size === undefined) return Infinity;
  if (!Number.isInteger(size)) {
    throw new TypeError(`a size is a whole number of bytes; got ${String(size)}`);
  }
  return size < 0 ? Infinity : size;
}
