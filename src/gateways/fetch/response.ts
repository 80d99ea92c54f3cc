/** A response on its way into a `Response`, whose body a host pulls. */
import { lowerCase } from '../../headers.ts';
import { nativeToText } from '../../native.ts';
import { statusCode } from '../../status.ts';
import type { Transport } from '../../transport.ts';
import type { HeaderList, NativeString } from '../../types.ts';

/** A `Response` with one of these must not have a body, not even an empty one (Fetch standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

interface Head {
  status: NativeString;
  headers: HeaderList;
}

export class FetchTransport implements Transport {
  /** Settles with the first block, or at the end of a body without one: until then an error can still be a 500. */
  readonly response: Promise<Response>;
  readonly #charset: 'latin1' | 'utf8';
  readonly #onCancel: () => PromiseLike<unknown>;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #head: Head | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Called when the host wants a block. */
  #wanted: (() => void) | undefined;
  #wants: Promise<void> | undefined;
  #answered = false;

  /** `onCancel` settles when the body has been closed. */
  constructor(charset: 'latin1' | 'utf8', onCancel: () => PromiseLike<unknown>) {
    this.#charset = charset;
    this.#onCancel = onCancel;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  begin(status: NativeString, headers: HeaderList): void {
    if (statusCode(status) > 599) {
      throw new RangeError(`a Response has a status up to 599; got ${status}`);
    }
    this.#head = { status, headers };
  }

  /** Settles when the host comes for the next block: this one has been taken, and written as far as the host writes. */
  async send(block: Uint8Array): Promise<void> {
    if (BODILESS.has(this.#code)) return;
    if (!this.#controller) this.#open();
    await this.#wants;
    this.#expectDemand();
    this.#controller?.enqueue(block);
    await this.#wants;
  }

  end(): void {
    if (this.#controller) this.#controller.close();
    else this.#answer(null);
  }

  abort(error: unknown): boolean {
    this.#head = undefined;
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

  get #code(): number {
    return this.#head ? statusCode(this.#head.status) : 0;
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

  #answer(body: ReadableStream<Uint8Array> | null): void {
    const { status, headers } = this.#head ?? { status: '200 OK', headers: [] };
    const code = statusCode(status);
    const bodiless = BODILESS.has(code);
    const response = new Response(bodiless || !body ? null : sized(body, headers), {
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
function sized(body: ReadableStream<Uint8Array>, headers: HeaderList): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as unknown as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  const length = headers.find(([name]) => lowerCase(name) === 'content-length')?.[1];
  if (!FixedLengthStream || length === undefined) return body;
  return body.pipeThrough(new FixedLengthStream(Number(length)));
}

export function errorPage(status: number, reason: string, method: string): Response {
  const page = `${reason}\n`;
  return new Response(method === 'HEAD' ? null : page, {
    status,
    statusText: reason,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(page.length) },
  });
}
