/** A response on its way into a `Response`, whose body a host pulls. */
import { findHeader } from '../../http/headers.ts';
import { nativeToText } from '../../base/native.ts';
import { statusCode } from '../../http/status.ts';
import type { Transport } from '../../core/transport.ts';
import type { HeaderList, NativeString } from '../../types.ts';

/** A `Response` with one of these must not have a body, not even an empty one (Fetch standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Bytes up to which copying a block, as a `Response` does with bytes, costs less than a stream: 20 µs. */
const COPIED = 65_536;

interface Head {
  status: NativeString;
  code: number;
  headers: HeaderList;
  /** Bytes of body, where the headers say so. */
  length: number | undefined;
}

const NO_HEAD: Head = { status: '200 OK', code: 200, headers: [], length: undefined };

export class FetchTransport implements Transport {
  /** Settles with the first block, or at the end of a body without one: until then an error can still be a 500. */
  readonly response: Promise<Response>;
  readonly #charset: 'latin1' | 'utf8';
  readonly #onCancel: () => PromiseLike<unknown> | undefined;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #head = NO_HEAD;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Called when the host wants a block. */
  #wanted: (() => void) | undefined;
  #wants: Promise<void> | undefined;
  #answered = false;

  /** `onCancel` settles when the body has been closed. */
  constructor(charset: 'latin1' | 'utf8', onCancel: () => PromiseLike<unknown> | undefined) {
    this.#charset = charset;
    this.#onCancel = onCancel;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  begin(status: NativeString, headers: HeaderList): void {
    const code = statusCode(status);
    if (code > 599) throw new RangeError(`a Response has a status up to 599; got ${status}`);
    const length = findHeader(headers, 'content-length');
    this.#head = { status, code, headers, length: length === undefined ? length : Number(length) };
  }

  send(block: Uint8Array): void | Promise<void> {
    const { code, length } = this.#head;
    if (BODILESS.has(code)) return;
    const isAll = block.length === length && length <= COPIED && !this.#controller;
    // Shared memory a Response does not take.
    if (isAll && block.buffer instanceof ArrayBuffer)
      this.#answer(block as Uint8Array<ArrayBuffer>);
    else return this.#stream(block);
  }

  /** Settles when the host comes for the next block: this one has been taken, and written as far as the host writes. */
  async #stream(block: Uint8Array): Promise<void> {
    if (!this.#controller) this.#open();
    await this.#wants;
    this.#expectDemand();
    this.#controller?.enqueue(block);
    await this.#wants;
  }

  end(): void {
    if (this.#controller) this.#controller.close();
    else if (!this.#answered) this.#answer(null);
  }

  abort(error: unknown): boolean {
    this.#head = NO_HEAD;
    if (!this.#answered) return true;
    this.#controller?.error(error);
    return false;
  }

  /** The application is through. A client that has gone before the first block gets what nobody reads. */
  finished(): void {
    if (!this.#answered) this.#resolve(new Response(null, { status: 499 }));
  }

  failed(error: unknown): void {
    if (!this.#answered) this.#reject(error);
  }

  #open(): void {
    this.#expectDemand();
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted?.();
        },
        cancel: async () => {
          const closed = this.#onCancel();
          this.#wanted?.();
          await closed;
        },
      },
      // Nothing is made ahead of whoever reads.
      { highWaterMark: 0 },
    );
    this.#answer(stream);
  }

  #expectDemand(): void {
    this.#wants = new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  #answer(body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null): void {
    const { status, code, headers, length } = this.#head;
    const response = new Response(BODILESS.has(code) || !body ? null : sized(body, length), {
      status: code,
      statusText: this.#text(status.slice(4)),
      headers: this.#headersOf(headers),
    });
    this.#answered = true;
    this.#resolve(response);
  }

  #headersOf(list: HeaderList): Headers {
    const headers = new Headers();
    for (const [name, value] of list) headers.append(name, this.#text(value));
    return headers;
  }

  /** Workers write text as UTF-8, others byte by byte. */
  #text(value: NativeString): string {
    return this.#charset === 'utf8' ? nativeToText(value) : value;
  }
}

/** Workers send the Content-Length of a stream only through a stream that vouches for it. */
function sized<T extends ReadableStream<Uint8Array> | Uint8Array>(
  body: T,
  length: number | undefined,
): T | ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as unknown as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  if (!FixedLengthStream || length === undefined || !('pipeThrough' in body)) return body;
  return body.pipeThrough(new FixedLengthStream(length));
}

export function errorPage(status: number, reason: string, method: string): Response {
  const page = `${reason}\n`;
  return new Response(method === 'HEAD' ? null : page, {
    status,
    statusText: reason,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(page.length) },
  });
}
