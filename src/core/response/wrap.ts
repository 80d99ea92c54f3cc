/**
 * Wrapping an application: what a middleware does to a response on its way out. Three tools, from
 * the narrow to the wide: {@link mapHead} changes status and headers, {@link wrapResponse} the
 * blocks too, {@link recover} answers in place of an application that failed. Each meets the duties
 * a middleware has on both sides (PEP 3333, "Middleware"): the error argument goes on, a block
 * comes out for each that went in, written data stays written, and the body is closed exactly once.
 */
import { closeUnread, closing, isBody, listOf, mapBody } from './body.ts';
import { isBytes, lengthOf } from '../../base/bytes.ts';
import { callThen, isThenable } from '../../base/promises.ts';
import { ContractError } from '../errors.ts';
import {
  checkHead,
  type ResponseHead,
  START_TWICE,
  WRITE_BEYOND,
  WRITE_LATE,
  WRITE_UNSTARTED,
} from './response-head.ts';
import { WriteQueue } from './write-queue.ts';
import { isBodiless } from '../../http/status.ts';
import type {
  Application,
  Environ,
  ErrorStream,
  HeaderList,
  NativeString,
  ResponseBody,
  StartResponse,
  Write,
} from '../../types.ts';

/** What leaves instead; what is left out leaves as it is. */
export interface HeadChange {
  status?: NativeString;
  headers?: HeaderList;
}

/**
 * An application whose status and headers are changed on their way out; its body stays the very
 * object it was. `prepare` sees the request before the application does; it returns what to do with
 * each head, or nothing to keep out.
 *
 * ```ts
 * const branded: Middleware = (application) =>
 *   mapHead(application, () => ({ headers }) => ({
 *     headers: setHeader(headers, 'X-Powered-By', 'tea'),
 *   }));
 * ```
 */
export function mapHead(
  application: Application,
  prepare: (environ: Environ) => ((head: ResponseHead) => HeadChange) | undefined,
): Application {
  return (environ, startResponse) => {
    const change = prepare(environ);
    if (!change) return application(environ, startResponse);
    return application(environ, (status, headers, error) => {
      const head = acceptable(status, headers);
      // The server refuses it in its own words, and knows that it was asked.
      if (!head) return startResponse(status, headers, error);
      const { status: newStatus = head.status, headers: newHeaders = head.headers } = change(head);
      return startResponse(newStatus, newHeaders, error);
    });
  };
}

function acceptable(status: NativeString, headers: HeaderList): ResponseHead | undefined {
  try {
    return checkHead(status, headers);
  } catch {
    return undefined;
  }
}

/** A response about to leave. */
export interface ResponseStart extends ResponseHead {
  /** The whole body, where it is a list of blocks and nothing was written. */
  blocks: readonly Uint8Array[] | undefined;
  /** Bytes of the body, where they are declared or the body is a list. */
  length: number | undefined;
}

/** What happens to the blocks. A filter is made anew when the application replaces its response. */
export interface BlockFilter {
  /**
   * One block in, never an empty one, and one out: an empty one where there is nothing to give yet.
   */
  block(block: Uint8Array): Uint8Array | PromiseLike<Uint8Array>;
  /** What follows the last block. */
  end?(): Uint8Array | PromiseLike<Uint8Array>;
  /** Frees what the filter holds, once, however the response ends. */
  close?(): void;
}

export interface ResponseChange extends HeadChange {
  /**
   * `'drop'` leaves the body out: it is iterated no further than to its first block, and closed.
   */
  body?: BlockFilter | 'drop' | undefined;
}

/**
 * An application whose response is changed on its way out. The change is decided as late as it can
 * be, so that it can tell a list of blocks from a stream: when the application has returned, or
 * writes, or starts its response after it has returned; and again when it replaces the response
 * with an error.
 *
 * ```ts
 * const shouting: Middleware = (application) =>
 *   wrapResponse(application, () => ({ headers }) => ({
 *     headers: omitHeader(headers, 'content-length'),
 *     body: { block: (block) => upperCase(block) },
 *   }));
 * ```
 *
 * A body with a filter becomes asynchronous; one without stays the very object it was.
 *
 * @param prepare sees the request before the application does; returns nothing to keep out
 */
export function wrapResponse(
  application: Application,
  prepare: (environ: Environ) => ((start: ResponseStart) => ResponseChange) | undefined,
): Application {
  return (environ, startResponse) => {
    const change = prepare(environ);
    if (!change) return application(environ, startResponse);
    const filtered = new FilteredResponse(environ, startResponse, change);
    const fail = (error: unknown): never => {
      filtered.release();
      throw error;
    };
    return callThen(
      () => application(environ, filtered.startResponse),
      (body) => filtered.deliver(body),
      fail,
    );
  };
}

const EMPTY = new Uint8Array(0);

/** One response on its way through {@link wrapResponse}. */
class FilteredResponse {
  readonly #errors: ErrorStream;
  readonly #isHead: boolean;
  readonly #startResponse: StartResponse;
  readonly #change: (start: ResponseStart) => ResponseChange;
  #started = false;
  #head: ResponseHead | undefined;
  /** The error the application passed with its head; kept only until the server has it. */
  #error: unknown;
  /** The server was told. */
  #headSent = false;
  #parentWrite: Write = () => {};
  #filter: BlockFilter | 'drop' | undefined;
  /** The application has returned. */
  #returned = false;
  #written = false;
  /** A block with bytes was taken, or `write` was called: the head can no longer change. */
  #sent = false;
  /**
   * Bytes of the application's that went into a filter. The server can no longer hold them against
   * their Content-Length.
   */
  #bytes = 0;
  /** Writes that wait for the filter. */
  readonly #writes = new WriteQueue();

  constructor(
    environ: Environ,
    startResponse: StartResponse,
    change: (start: ResponseStart) => ResponseChange,
  ) {
    this.#errors = environ['wsgi.errors'];
    this.#isHead = environ.REQUEST_METHOD === 'HEAD';
    this.#startResponse = startResponse;
    this.#change = change;
  }

  readonly startResponse: StartResponse = (status, headers, error) => {
    const replacing = error !== undefined && error !== null;
    if (replacing && this.#sent) throw error;
    if (!replacing && this.#started) throw new ContractError(START_TWICE);
    this.#started = true;
    this.#head = undefined;
    this.#head = checkHead(status, headers);
    this.#error = error;
    if (this.#returned) this.#sendHead(this.#head);
    return this.#write;
  };

  readonly #write: Write = (data) => {
    if (this.#returned) throw new ContractError(WRITE_LATE);
    if (!this.#head) throw new ContractError(WRITE_UNSTARTED);
    this.#written = true;
    if (!this.#headSent || this.#error !== undefined) this.#sendHead(this.#head);
    if (!isBytes(data)) return this.#parentWrite(data);
    if (data.length === 0) {
      // Behind the writes that wait for the filter: the server sends the head now.
      this.#sent = true;
      this.#writes.add(() => this.#parentWrite(data));
      return this.#writes.pending;
    }
    const filter = this.#filter;
    if (typeof filter === 'object' && data.length > this.#room()) {
      throw new ContractError(WRITE_BEYOND);
    }
    this.#sent = true;
    if (filter === 'drop') return;
    if (filter === undefined) return this.#parentWrite(data);
    this.#bytes += data.length;
    this.#writes.add(() => {
      const filtered = filter.block(data);
      return isThenable(filtered)
        ? filtered.then((block) => this.#parentWrite(block))
        : this.#parentWrite(filtered);
    });
    return this.#writes.pending;
  };

  /** What the application has returned, as the server gets it. */
  deliver(returned: unknown): ResponseBody | PromiseLike<ResponseBody> {
    this.#returned = true;
    const { pending } = this.#writes;
    return pending ? pending.then(() => this.#deliverNow(returned)) : this.#deliverNow(returned);
  }

  release(): void {
    const filter = this.#filter;
    this.#filter = undefined;
    if (typeof filter === 'object') filter.close?.();
  }

  #deliverNow(returned: unknown): ResponseBody | PromiseLike<ResponseBody> {
    // What is wrong with it the server says better.
    if (!isBody(returned)) return returned as ResponseBody;
    try {
      this.#writes.throwFailure();
      const blocks = this.#written ? undefined : listOf(returned);
      if (this.#head && (!this.#headSent || this.#error !== undefined)) {
        this.#sendHead(this.#head, blocks);
      }
    } catch (error) {
      this.release();
      return closeAndThrow(returned, error);
    }
    if (this.#filter === 'drop') return closing([], () => closeUnread(returned));
    if (this.#filter === undefined && this.#headSent) return returned;
    const body = mapBody(returned, (inner) => this.#filtered(inner));
    return closing(body, () => this.release());
  }

  #sendHead(head: ResponseHead, blocks?: readonly Uint8Array[]): void {
    this.release();
    const error = this.#error;
    this.#error = undefined;
    const length = head.declared ?? (blocks && lengthOf(blocks));
    const { status, headers, body } = this.#change({ ...head, blocks, length });
    this.#filter = body;
    this.#bytes = 0;
    this.#headSent = true;
    this.#parentWrite = this.#startResponse(status ?? head.status, headers ?? head.headers, error);
  }

  async *#filtered(body: ResponseBody): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const block of body) {
      // What comes too early, or is no block, is the server's to judge.
      if (!this.#headSent || !isBytes(block) || block.length === 0) {
        yield block;
        continue;
      }
      this.#sent = true;
      if (this.#filter === 'drop') {
        yield EMPTY;
        return;
      }
      yield this.#filter ? await this.#filter.block(this.#fitting(block)) : block;
      if (this.#filter && this.#room() === 0) break;
    }
    if (typeof this.#filter !== 'object') return;
    const missing = this.#room();
    if (missing > 0 && missing < Infinity) {
      throw new ContractError(`the body ended ${missing} bytes before its Content-Length`);
    }
    const rest = await this.#filter.end?.();
    if (rest !== undefined && rest.length > 0) yield rest;
  }

  /** Bytes that still fit into what the application has declared. */
  #room(): number {
    const head = this.#head;
    if (head?.declared === undefined || this.#isHead || isBodiless(head.code)) return Infinity;
    return head.declared - this.#bytes;
  }

  #fitting(block: Uint8Array): Uint8Array {
    const room = this.#room();
    this.#bytes += Math.min(block.length, room);
    if (block.length <= room) return block;
    this.#errors.write('the body is longer than its Content-Length; the rest was dropped\n');
    return block.subarray(0, room);
  }
}

async function closeAndThrow(body: ResponseBody, error: unknown): Promise<never> {
  await closeUnread(body);
  throw error;
}

/**
 * An application whose failure becomes an answer, as long as nothing of its own has been sent.
 * `answer` gets what was thrown, by the call or by the body; it returns an application that answers
 * instead, whose response carries the error, or nothing to let the error pass. What was thrown
 * after the first bytes always passes: the response breaks off.
 *
 * ```ts
 * recover(application, (error) =>
 *   error instanceof NotFound ? text('No\n', { status: '404 Not Found' }) : undefined,
 * );
 * ```
 */
export function recover(
  application: Application,
  answer: (error: unknown, environ: Environ) => Application | undefined,
): Application {
  return (environ, startResponse) => {
    let sent = false;
    const start: StartResponse = (...head) => {
      const write = startResponse(...head);
      return (data) => {
        const written = write(data);
        sent = true;
        return written;
      };
    };
    const instead = (error: unknown): ResponseBody | PromiseLike<ResponseBody> => {
      const other = sent ? undefined : answer(error, environ);
      if (!other) throw error;
      return other(environ, (status, headers) => startResponse(status, headers, error));
    };
    async function* guarded(body: ResponseBody): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for await (const block of body) {
          sent ||= block.length > 0;
          yield block;
        }
      } catch (error) {
        const other = await instead(error);
        try {
          yield* other;
        } finally {
          await other.close?.();
        }
      }
    }
    // A list cannot fail.
    const pass = (body: ResponseBody): ResponseBody =>
      isBody(body) && !listOf(body) ? mapBody(body, guarded) : body;
    return callThen(() => application(environ, start), pass, instead);
  };
}
