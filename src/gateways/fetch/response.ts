/** A response on its way into a `Response`, whose body a host pulls. */
import { findHeader } from '../../http/headers.ts';
import { nativeToText } from '../../base/native.ts';
import type { ResponseHead } from '../../core/response/response-head.ts';
import { statusCode } from '../../http/status.ts';
import type { Transport } from '../../core/transport.ts';
import type { HeaderList, NativeString } from '../../types.ts';

/**
 * A `Response` with one of these must not have a body, not even an empty one (Fetch standard, "null
 * body status").
 */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Bytes up to which copying a block, as a `Response` does with bytes, costs less than a stream: 20
 * µs.
 */
const COPIED = 65_536;

/**
 * Status and headers as the core gives them; `declared` is the Content-Length, whether the
 * application or the core added it.
 */
type SentHead = Omit<ResponseHead, 'headers'> & { readonly headers: HeaderList };

const NO_HEAD: SentHead = { status: '200 OK', code: 200, headers: [], declared: undefined };

export class FetchTransport implements Transport {
  /**
   * Settles with the first block, when the head is flushed, or at the end of a body without a
   * block: until then an error can still be a 500.
   */
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
    const declared = length === undefined ? undefined : Number(length);
    this.#head = { status, code, headers, declared };
  }

  send(block: Uint8Array): void | Promise<void> {
    const { code, declared } = this.#head;
    if (BODILESS.has(code)) return;
    const isAll = block.length === declared && declared <= COPIED && !this.#controller;
    // A Response takes no shared memory.
    if (isAll && block.buffer instanceof ArrayBuffer)
      this.#answer(block as Uint8Array<ArrayBuffer>);
    else return this.#stream(block);
  }

  /**
   * Settles when the host comes for the next block: this one has been taken, and written as far as
   * the host writes.
   */
  async #stream(block: Uint8Array): Promise<void> {
    if (!this.#controller) this.#open();
    await this.#wants;
    this.#expectDemand();
    this.#controller?.enqueue(block);
    await this.#wants;
  }

  /** Answers with a stream that has no block yet. */
  flushHead(): void {
    if (this.#answered) return;
    if (BODILESS.has(this.#head.code)) this.#answer(null);
    else this.#open();
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

  /**
   * The application has finished. A client that left before the first block gets an answer that is
   * never read.
   */
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
      // Nothing is made before it is read.
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
    const { status, code, headers, declared } = this.#head;
    const response = new Response(BODILESS.has(code) || !body ? null : sized(body, declared), {
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

/**
 * A response that never reached the application: `'400 Bad Request'` with its reason as the page.
 */
export function errorPage(status: NativeString, method: string): Response {
  const reason = status.slice(4);
  const page = `${reason}\n`;
  return new Response(method === 'HEAD' ? null : page, {
    status: statusCode(status),
    statusText: reason,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(page.length) },
  });
}
