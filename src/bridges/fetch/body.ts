/**
 * The body of a request or a response (Fetch standard, "Body mixin"): where its bytes are, and
 * whether they were read.
 */
import type { UnderlyingByteSource } from 'node:stream/web';
import { joinBytes } from '../../base/bytes.ts';
import type { InputStream } from '../../types.ts';
import { isDisturbed } from './stream-state.ts';
import { encodeUtf8 } from './utf8.ts';

/** Text is encoded when bytes are read; an `InputStream` is `wsgi.input`. */
export type BodySource = string | Uint8Array | Blob | InputStream | ReadableStream<Uint8Array>;

/**
 * Bytes that a promise can be resolved with. A promise asks its value for `then`, and bytes inherit
 * one that a dependency has put on `Object.prototype`. This object inherits nothing.
 */
export interface HeldBytes {
  readonly bytes: Uint8Array;
}

function hold(bytes: Uint8Array): HeldBytes {
  return Object.assign(Object.create(null) as object, { bytes });
}

const BLOCK = 65_536;
let decoder: InstanceType<typeof TextDecoder> | undefined;
/** The part of a byte controller that Node's types lack. */
type Byob = { byobRequest?: { respond(bytes: number): void } | null };

export class BodyContent {
  #source: BodySource;
  #stream: ReadableStream<Uint8Array> | undefined;
  #used = false;

  constructor(source: BodySource) {
    this.#source = source;
    if (isStream(source)) this.#stream = source;
  }

  /** Made on first use. */
  get stream(): ReadableStream<Uint8Array> {
    this.#stream ??= this.#used ? leaveRead(new ReadableStream()) : streamOf(this.#source);
    return this.#stream;
  }

  get used(): boolean {
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  /** Whether it can no longer be read. */
  get unusable(): boolean {
    return this.used || this.#stream?.locked === true;
  }

  /** Reads bytes that are there already; `undefined` where they must be waited for. */
  take(): Uint8Array | undefined {
    const source = this.#source;
    if (this.#stream !== undefined) return undefined;
    if (typeof source === 'string') {
      this.#used = true;
      return encodeUtf8(source);
    }
    if (!(source instanceof Uint8Array)) return undefined;
    this.#used = true;
    return source;
  }

  /** @throws {TypeError} when it has been read, or is being read */
  async bytes(): Promise<HeldBytes> {
    if (this.unusable) throw new TypeError('Body is unusable: Body has already been read');
    const source = this.#source;
    if (source === this.#stream) return readAll(this.#stream);
    this.#use();
    if (typeof source === 'string') return hold(encodeUtf8(source));
    if (source instanceof Uint8Array) return hold(source);
    if (isBlob(source)) return hold(new Uint8Array(await source.arrayBuffer()));
    return hold(await (source as InputStream).read());
  }

  async text(): Promise<string> {
    const source = this.#source;
    if (typeof source === 'string' && !this.unusable && !source.startsWith('\ufeff')) {
      this.#use();
      return source;
    }
    decoder ??= new TextDecoder();
    return decoder.decode((await this.bytes()).bytes);
  }

  /** The source is read past a stream that was made of it; that stream then counts as read, too. */
  #use(): void {
    this.#used = true;
    if (this.#stream) leaveRead(this.#stream);
  }

  /** The same bytes a second time; from here on each of the two is read on its own. */
  clone(): BodyContent {
    if (this.unusable) throw new TypeError('clone: Body has already been consumed.');
    const source = this.#source;
    if (!this.#stream && (typeof source === 'string' || isBytes(source) || isBlob(source))) {
      return new BodyContent(source);
    }
    const [own, other] = this.stream.tee();
    this.#stream = own;
    this.#source = own;
    return new BodyContent(other);
  }
}

const isBytes = (source: unknown): source is Uint8Array => source instanceof Uint8Array;
const isBlob = (source: unknown): source is Blob =>
  tagOf(source) === 'Blob' || tagOf(source) === 'File';

export function isStream(source: unknown): source is ReadableStream<Uint8Array> {
  return tagOf(source) === 'ReadableStream';
}

export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Leaves a stream as a body that was read has it: closed, with a reader that keeps its lock. */
function leaveRead(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  stream
    .getReader()
    .cancel()
    .catch(() => undefined);
  return stream;
}

function streamOf(source: BodySource): ReadableStream<Uint8Array> {
  if (isStream(source)) return source;
  if (isBlob(source)) return source.stream() as ReadableStream<Uint8Array>;
  const blocks = typeof source === 'string' || isBytes(source) ? once(source) : inputBlocks(source);
  const bytes: UnderlyingByteSource = {
    type: 'bytes',
    async pull(controller) {
      const block = await blocks();
      // A byte stream transfers the whole buffer, and a block may be a window on one with other
      // bytes.
      if (block.length > 0) controller.enqueue(new Uint8Array(block));
      else {
        controller.close();
        (controller as unknown as Byob).byobRequest?.respond(0);
      }
    },
  };
  // Nothing is read before the body is.
  return new ReadableStream(bytes, { highWaterMark: 0 });
}

function inputBlocks(input: InputStream): () => Promise<Uint8Array> {
  return () => input.read(BLOCK);
}

/** All bytes, then none. */
function once(source: string | Uint8Array): () => Uint8Array {
  let left: Uint8Array | undefined = typeof source === 'string' ? encodeUtf8(source) : source;
  return () => {
    const block = left ?? new Uint8Array(0);
    left = undefined;
    return block;
  };
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<HeldBytes> {
  const reader = stream.getReader();
  const blocks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hold(joinBytes(blocks));
    if (!isBytes(value)) throw new TypeError('Received non-Uint8Array chunk');
    blocks.push(value);
  }
}

// ── The readers of requests and responses ───────────────────────────────────────────────────────

/** Bytes for the caller alone: those of a content may be a window on a buffer with other bytes. */
async function copyBytes(content: BodyContent | null): Promise<{ bytes: Uint8Array<ArrayBuffer> }> {
  const { bytes } = content ? await content.bytes() : NO_BYTES;
  return Object.assign(Object.create(null) as object, { bytes: new Uint8Array(bytes) });
}

const NO_BYTES = hold(new Uint8Array(0));

export async function readBytes(content: BodyContent | null): Promise<Uint8Array<ArrayBuffer>> {
  return (await copyBytes(content)).bytes;
}

export async function readArrayBuffer(content: BodyContent | null): Promise<ArrayBuffer> {
  return (await copyBytes(content)).bytes.buffer;
}

export async function readBlob(content: BodyContent | null, type: string | null): Promise<Blob> {
  return new Blob([(await copyBytes(content)).bytes], { type: type ?? '' });
}

export async function readText(content: BodyContent | null): Promise<string> {
  return content ? content.text() : '';
}

export async function readJson(content: BodyContent | null): Promise<unknown> {
  return JSON.parse(await readText(content));
}

export type ResponseClass = new (
  body: Uint8Array<ArrayBuffer>,
  init: { headers: Record<string, string> },
) => Response;

/**
 * Reads a form, which the platform's own `Response` parses.
 *
 * @throws {TypeError} for what is no form
 */
export async function readForm(
  content: BodyContent | null,
  type: string | null,
  Standard: ResponseClass,
): Promise<FormData> {
  const { bytes } = await copyBytes(content);
  return new Standard(bytes, { headers: type === null ? {} : { 'content-type': type } }).formData();
}
