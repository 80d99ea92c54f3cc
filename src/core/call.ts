/**
 * Calling an application: the one response algorithm, for buffered and streaming platforms alike.
 *
 * PEP 3333 spreads it over "The start_response() Callable", "Handling the Content-Length Header", "Buffering and
 * Streaming", "The write() Callable" and "Error Handling". The reading order here is the order of events.
 */
import { closeUnread, isBody, listOf } from './response/body.ts';
import { describe, isBytes, isThenable, lengthOf } from '../base/bytes.ts';
import { describeError } from './request/error-stream.ts';
import { ClientDisconnected, ContractError, DeadlineExceeded, isA } from './errors.ts';
import {
  checkHead,
  type Head,
  START_TWICE,
  WRITE_BEYOND,
  WRITE_LATE,
  WRITE_UNSTARTED,
} from './response/response-head.ts';
import { omitHeader } from '../http/headers.ts';
import { atMost, type Interruption, interruption, raceAbort } from './abort.ts';
import { enter, type Received } from './gateway-request.ts';
import { requestTarget } from './request/environ.ts';
import { isBodiless } from '../http/status.ts';
import { BufferedResponse, sendErrorPage, type Transport } from './transport.ts';
import type {
  Application,
  Environ,
  ErrorStream,
  HeaderList,
  ResponseBody,
  StartResponse,
  Write,
} from '../types.ts';

export interface CallOptions {
  /** What an application's error becomes: a logged, fixed 500 (`'respond'`, the default), or a rejection with that error. */
  onError?: 'respond' | 'throw';
  /**
   * An `AbortSignal`. Aborts when the client has gone, which ends the response in silence, or with a {@link DeadlineExceeded} as its reason, which
   * ends it with a 504. An application's promise is waited for in the first case and left behind in the second; the body it
   * may still come with is closed.
   */
  signal?: Interruption | undefined;
  /** How long, in ms, an interrupted body may take to stop before it is closed regardless. 1000 unless told. */
  stopTimeout?: number;
}

/**
 * Calls `application` once and sees its response through to the end, whatever it does. Errors are logged to the environ's
 * `wsgi.errors`, with the request line; the client gets a 500 without detail, or a broken response if it had already
 * begun. The body is closed exactly once on every way out.
 *
 * ```ts
 * const { status, headers, body } = await callApplication(application, environ);
 * ```
 *
 * @throws the application's error with `onError: 'throw'`
 */
export function callApplication(
  application: Application,
  environ: Environ,
  transport?: undefined,
  options?: CallOptions,
): Promise<BufferedResponse>;
export function callApplication<T extends Transport>(
  application: Application,
  environ: Environ,
  transport: T,
  options?: CallOptions,
): Promise<T>;
export async function callApplication(
  application: Application,
  environ: Environ,
  transport: Transport = new BufferedResponse(),
  options: CallOptions = {},
): Promise<Transport> {
  // The application may replace or delete what it finds in its environ, so the server takes its own now.
  const target = environ.REQUEST_URI ?? environ.PATH_INFO;
  const { REQUEST_METHOD: method, 'wsgi.errors': errors } = environ;
  const exchange = new Exchange(method, () => target, errors, transport, options);
  const rest = exchange.respond((startResponse) => application(environ, startResponse));
  if (rest) await rest;
  return transport;
}

/**
 * {@link callApplication} for gateways that make an environ only for an application that reads one: no bridge does. Nothing is
 * returned where the response was complete at once, so that there is nothing to wait for.
 */
export function callReceived(
  application: Application,
  received: Received,
  transport: Transport,
  options: CallOptions,
): void | Promise<void> {
  const { request, server } = received;
  const target = (): string => requestTarget(request);
  return new Exchange(request.method, target, server.errors, transport, options).respond(
    (startResponse) => enter(application, received, startResponse),
  );
}

type Steps = Generator<PromiseLike<unknown>, void, unknown>;

/** Goes on after the first step that takes time. */
async function finish(steps: Steps, first: PromiseLike<unknown>): Promise<void> {
  for (let waiting = first; ;) {
    let step: IteratorResult<PromiseLike<unknown>, void>;
    try {
      step = steps.next(await waiting);
    } catch (error) {
      step = steps.throw(error);
    }
    if (step.done) return;
    waiting = step.value;
  }
}

/** One request on its way through. */
class Exchange {
  readonly #transport: Transport;
  readonly #options: CallOptions;
  readonly #signal: Interruption | undefined;
  readonly #method: string;
  readonly #target: () => string;
  readonly #errors: ErrorStream;

  /** `startResponse` was called, even if that call threw. */
  #started = false;
  #head: Head | undefined;
  /** `begin` was called: status and headers can no longer change. */
  #sent = false;
  /** Nothing more will be sent. */
  #finished = false;
  /** The application has not returned yet, so `write` may be called. */
  #writeOpen = true;
  #writeUsed = false;
  /** Body bytes handed to the transport. */
  #bytesOut = 0;
  /** Writes waiting for the transport, and the first of its failures. */
  #queue: Promise<void> | undefined;
  #queueError: { error: unknown } | undefined;

  #body: ResponseBody | undefined;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  /** The iterator has ended or thrown, so there is nothing to stop. */
  #exhausted = false;

  constructor(
    method: string,
    target: () => string,
    errors: ErrorStream,
    transport: Transport,
    options: CallOptions,
  ) {
    this.#transport = transport;
    this.#options = options;
    this.#signal = options.signal;
    this.#method = method;
    this.#target = target;
    this.#errors = errors;
  }

  /** Sees it through; what it returns is to be waited for. */
  respond(call: (startResponse: StartResponse) => unknown): void | Promise<void> {
    const steps = this.#steps(call);
    const step = steps.next();
    return step.done ? undefined : finish(steps, step.value);
  }

  /**
   * The whole way, in the order in which things happen. It yields what must be waited for and is given what came of it, as an async
   * function's `await`; but a response that is there at once costs no promise and no turn.
   */
  *#steps(call: (startResponse: StartResponse) => unknown): Steps {
    try {
      const returned = call(this.#startResponse);
      const body: unknown = isThenable(returned) ? yield this.#inTime(returned) : returned;
      this.#writeOpen = false;
      if (isBody(body)) this.#body = body;
      this.#stopIfGone();
      if (!isBody(body)) throw new ContractError(notABody(body));
      if (this.#queue) yield this.#queue;
      if (this.#queueError) throw this.#queueError.error;

      // PEP 3333 speaks of one block; the sum of several is as true.
      const list = listOf(body);
      const length = list && !this.#writeUsed ? lengthOf(list) : undefined;
      const iterator = list ? undefined : (this.#iterator = iteratorOf(body));
      for (let index = 0; ; index++) {
        const next = iterator ? this.#nextBlock(iterator) : list?.[index];
        // Nothing is waited for that is no promise: a list of bytes takes no turn of the event loop.
        const block = next instanceof Promise ? ((yield next) as Uint8Array | undefined) : next;
        if (block === undefined) break;
        this.#stopIfGone();
        // PEP 3333 lets headers wait for the first non-empty block, so an empty one commits to nothing.
        if (block.length === 0) continue;
        const head = this.#head;
        if (!head)
          throw new ContractError('the first block came before startResponse() was called');
        if (!this.#sent) {
          const begun = this.#begin(head, length);
          if (begun) yield begun;
        }
        if (this.#bodiless(head)) break;
        const sent = this.#send(block, head);
        if (sent) yield sent;
        if (this.#bytesOut === head.declared) break;
      }
      this.#stopIfGone();
      const ended = this.#end();
      if (ended) yield ended;
    } catch (error) {
      yield this.#fail(error);
    } finally {
      const released = this.#release();
      if (released) yield released;
    }
  }

  /** The application's promise, unless the time runs out first. A client that has gone is no reason not to wait for it. */
  #inTime(returned: PromiseLike<unknown>): PromiseLike<unknown> {
    const signal = this.#signal;
    if (!signal) return returned;
    return raceAbort(returned, signal, (reason) => {
      if (!isA(reason, DeadlineExceeded)) return false;
      // What it still comes with has nobody to read it.
      returned.then(
        (body) => (isBody(body) ? this.#close(body) : undefined),
        () => undefined,
      );
      return true;
    });
  }

  // An own function each, not a method: it is called without `this`, and middleware passes it on.
  readonly #startResponse: StartResponse = (status, headers, error) => {
    if (this.#finished) {
      throw new ContractError('startResponse() was called after the response had ended');
    }
    if (error !== undefined && error !== null) {
      // The same value, not a wrapper: the server above recognises it and logs it once.
      if (this.#sent) throw error;
    } else if (this.#started) {
      throw new ContractError(START_TWICE);
    }
    // Before the checks, so that a call that fails them still counts as a call.
    this.#started = true;
    this.#head = undefined;
    this.#head = checkHead(status, headers);
    return this.#write;
  };

  readonly #write: Write = (data) => {
    const head = this.#head;
    if (!this.#writeOpen) throw new ContractError(WRITE_LATE);
    if (!head) throw new ContractError(WRITE_UNSTARTED);
    if (!isBytes(data)) throw new ContractError(notBytes('write() takes', data));
    this.#stopIfGone();
    this.#writeUsed = true;
    if (data.length === 0) return this.#queue;
    const total = this.#bytesOut + data.length;
    if (head.declared !== undefined && total > head.declared) {
      throw new ContractError(`${WRITE_BEYOND} of ${head.declared} bytes; ${total} came`);
    }
    if (!this.#sent) this.#enqueue(() => this.#begin(head, undefined));
    // Known at once, whenever the transport gets to it.
    this.#sent = true;
    if (!this.#bodiless(head)) {
      this.#bytesOut = total;
      this.#enqueue(() => this.#transport.send(data));
    }
    return this.#queue;
  };

  /** Hands on at once what can go at once, and the rest in call order. The promise never rejects: nobody has to await it. */
  #enqueue(action: () => void | PromiseLike<void>): void {
    const done = this.#queue ? this.#queue.then(action) : action();
    if (done) {
      this.#queue = Promise.resolve(done).then(undefined, (error: unknown) => {
        this.#queueError ??= { error };
      });
    }
  }

  #nextBlock(
    iterator: Iterator<unknown> | AsyncIterator<unknown>,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    // Until it has answered there is nothing to stop: after a throw an iterator is finished.
    this.#exhausted = true;
    const step: unknown = iterator.next();
    return isThenable(step)
      ? this.#blockLater(step)
      : this.#blockOf(step as IteratorResult<unknown>);
  }

  async #blockLater(step: PromiseLike<unknown>): Promise<Uint8Array | undefined> {
    const signal = this.#signal;
    const result = signal
      ? await raceAbort(step, signal, () => {
          this.#exhausted = false;
        })
      : await step;
    return this.#blockOf(result as IteratorResult<unknown>);
  }

  #blockOf(result: IteratorResult<unknown>): Uint8Array | undefined {
    if (result.done === true) return undefined;
    this.#exhausted = false;
    if (!isBytes(result.value))
      throw new ContractError(notBytes('a body consists of', result.value));
    return result.value;
  }

  /** Status and headers go out, with the length added where the server knows it and the application did not say it. */
  #begin(head: Head, length: number | undefined): void | PromiseLike<void> {
    this.#sent = true;
    let headers: HeaderList = head.headers;
    // RFC 9110 section 8.6: a 204 has no Content-Length, whoever asks for it.
    if (head.code === 204) headers = omitHeader(headers, 'content-length');
    else if (length !== undefined && head.declared === undefined && head.code !== 304) {
      headers = [...headers, ['Content-Length', String(length)]];
    }
    return this.#transport.begin(head.status, headers);
  }

  #send(block: Uint8Array, { declared = Infinity }: Head): void | PromiseLike<void> {
    const room = declared - this.#bytesOut;
    let part = block;
    if (block.length > room) {
      this.#log(
        `the body is longer than its Content-Length of ${declared} bytes; the rest was dropped`,
      );
      part = block.subarray(0, room);
    }
    this.#bytesOut += part.length;
    return part.length > 0 ? this.#transport.send(part) : undefined;
  }

  #end(): void | PromiseLike<void> {
    const head = this.#head;
    if (!head) throw new ContractError('the application never called startResponse()');
    if (!this.#sent) {
      const begun = this.#begin(head, this.#method === 'HEAD' ? undefined : 0);
      if (begun) return begun.then(() => this.#end());
    }
    const { declared } = head;
    if (declared !== undefined && this.#bytesOut < declared && !this.#bodiless(head)) {
      throw new ContractError(
        `the body ended after ${this.#bytesOut} of the ${declared} bytes that Content-Length declares`,
      );
    }
    return this.#transport.end();
  }

  /** Whether no body may be sent. */
  #bodiless({ code }: Head): boolean {
    return this.#method === 'HEAD' || isBodiless(code);
  }

  async #fail(error: unknown): Promise<void> {
    this.#writeOpen = false;
    await this.#queue;
    // A client that went away is no fault of the application's.
    const late = isA(error, DeadlineExceeded);
    const gone = this.#signal?.aborted === true && !late;
    if (!gone && !isA(error, ClientDisconnected)) this.#log(describeError(withHint(error)));
    const dropped = this.#sent ? await this.#transport.abort(error) : true;
    this.#sent = true;
    // Before the page goes out: who reads it may be quicker than what follows here.
    this.#finished = true;
    if (gone) return;
    if (this.#options.onError === 'throw') throw error;
    if (dropped === true) {
      const status = late ? '504 Gateway Timeout' : '500 Internal Server Error';
      await sendErrorPage(this.#transport, status, this.#method !== 'HEAD');
    }
  }

  /** Stops the iterator if it was left half-way, then closes the body: exactly once, and its errors change nothing any more. */
  #release(): void | PromiseLike<void> {
    this.#finished = true;
    this.#writeOpen = false;
    const body = this.#body;
    // A list needs no stopping, nor does a body that was read to its end: then there is nothing to wait for.
    const over = body === undefined || this.#exhausted || Array.isArray(body);
    if (over && !(body && 'close' in body)) return this.#errors.flush();
    return this.#close(body);
  }

  async #close(body: ResponseBody): Promise<void> {
    const iterator = this.#iterator;
    try {
      // On its own promise `return()` queues behind a `next()` that may never settle once the client has gone.
      if (!this.#exhausted && iterator) await this.#patiently(iterator.return?.());
    } catch (error) {
      this.#log(`stopping the body failed\n${describeError(error)}`);
    }
    try {
      if (typeof body.close === 'function') {
        await this.#patiently(body.close());
      } else if (!iterator) await closeUnread(body);
    } catch (error) {
      this.#log(`close() of the body failed\n${describeError(error)}`);
    }
    await this.#errors.flush();
  }

  /** Waits, but not for ever once nobody waits for the response any more. */
  async #patiently(work: unknown): Promise<void> {
    await (this.#signal?.aborted
      ? atMost(this.#options.stopTimeout ?? 1000, Promise.resolve(work))
      : work);
  }

  #stopIfGone(): void {
    if (this.#signal?.aborted) throw interruption(this.#signal);
  }

  #log(message: string): void {
    this.#errors.write(`${this.#method} ${this.#target()}: ${message}\n`);
  }
}

function iteratorOf(body: ResponseBody): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

// ── What to say ──────────────────────────────────────────────────────────────────────────────────────────────────────

function notABody(value: unknown): string {
  const remedy = isBytes(value)
    ? 'wrap it in a list: [bytes]'
    : 'return a list or an iterable of Uint8Array blocks';
  return `an application returns an iterable of blocks; got ${describe(value)}: ${remedy}`;
}

function notBytes(what: string, value: unknown): string {
  const remedy = typeof value === 'string' ? ' (encode text: new TextEncoder().encode(text))' : '';
  return `${what} Uint8Array blocks; got ${describe(value)}${remedy}`;
}

/** PEP 3333 forbids a server to look at what kind of callable it has, so a class is recognised by how its call fails. */
function withHint(error: unknown): unknown {
  if (
    isA(error, TypeError) &&
    /^Class constructor .* cannot be invoked without 'new'$/.test(error.message)
  ) {
    return new ContractError('the application is a class; wrap it: fromClass(Application)', {
      cause: error,
    });
  }
  return error;
}
