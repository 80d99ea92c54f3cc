/**
 * Where responses go: the interface, the one in memory, and the one page a server has of its own.
 */
import { joinBytes } from '../base/bytes.ts';
import type { HeaderList, NativeString } from '../types.ts';

/**
 * Where a response goes. Promises are back-pressure: the next block is not asked for before they
 * settle.
 */
export interface Transport {
  /**
   * Status and headers, once: just before the first non-empty block, at the first `write`, or at
   * the end of an empty body.
   */
  begin(status: NativeString, headers: HeaderList): void | PromiseLike<void>;
  /** One non-empty block. Settles when it is on its way. */
  send(block: Uint8Array): void | PromiseLike<void>;
  /**
   * Sends the head now, without a block: the application wrote an empty one after `begin`. A
   * transport that sends each head at once, or only whole responses, has no need of it.
   */
  flushHead?(): void | PromiseLike<void>;
  /** The response is complete. */
  end(): void | PromiseLike<void>;
  /**
   * The response broke after `begin`. Make that visible to the client (no clean end), or return
   * `true` to say that nothing has left yet and all of it has been dropped: a complete 500 follows,
   * from `begin` on.
   */
  abort(error: unknown): boolean | void | PromiseLike<boolean | void>;
}

/** What to do about a response too large for its platform. */
export const SEND_LESS = 'send less, stream it, or redirect to a file store';

/** A response in memory: what a buffering platform gets to see. */
export class BufferedResponse implements Transport {
  /** `'200 OK'` */
  status: NativeString = '';
  headers: HeaderList = [];
  /** Whether it is complete. */
  ended = false;
  #blocks: Uint8Array[] = [];
  #length = 0;
  #limit: number;

  /**
   * @param limit Bytes of body that the platform can take at most. A body that goes on is stopped
   * there: one without an end would
   *   take the process's memory, and with it the answers of all.
   */
  constructor(limit: number = Infinity) {
    this.#limit = limit;
  }

  begin(status: NativeString, headers: HeaderList): void {
    this.status = status;
    this.headers = headers;
  }

  send(block: Uint8Array): void {
    this.#length += block.length;
    if (this.#length > this.#limit) {
      throw new RangeError(`the body exceeds the platform's ${this.#limit} bytes; ${SEND_LESS}`);
    }
    // Most bodies are one block, and the first push onto an empty list makes room for 17.
    if (this.#blocks.length === 0) this.#blocks = [block];
    else this.#blocks.push(block);
  }

  end(): void {
    this.ended = true;
  }

  abort(): boolean {
    this.#blocks = [];
    this.#length = 0;
    return true;
  }

  /** The whole body; not a copy when the application sent a single block. */
  get body(): Uint8Array {
    return joinBytes(this.#blocks);
  }
}

/** A complete, fixed answer without detail, whose text is the status's own reason. */
export async function sendErrorPage(
  transport: Transport,
  status: NativeString,
  withBody = true,
): Promise<void> {
  const page = new TextEncoder().encode(`${status.slice(4)}\n`);
  await transport.begin(status, [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(page.length)],
  ]);
  if (withBody) await transport.send(page);
  await transport.end();
}
