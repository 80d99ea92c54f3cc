/**
 * Calling an application: the one response algorithm, for buffered and streaming platforms alike.
 *
 * PEP 3333 spreads it over "The start_response() Callable", "Handling the Content-Length Header",
 * "Buffering and Streaming", "The write() Callable" and "Error Handling". The reading order here is
 * the order of events.
 */
import { describe, isBytes, lengthOf } from '../base/bytes.ts';
import { isThenable, withTimeout } from '../base/promises.ts';
import { omitHeader } from '../http/headers.ts';
import { escapeLogText } from '../http/log-format.ts';
import { isBodiless } from '../http/status.ts';
import { abortable, type AbortSignalLike, abortReason } from './abort.ts';
import { ClientDisconnected, ContractError, DeadlineExceeded, isA } from './errors.ts';
import { type GatewayRequest, handRequest } from './gateway-request.ts';
import { requestTarget } from './request/environ.ts';
import { describeError } from './request/error-stream.ts';
import { BodyReader } from './response/body-reader.ts';
import { closeUnread, isBody, listOf } from './response/body.ts';
import {
  checkHead,
  type ResponseHead,
  START_TWICE,
  WRITE_BEYOND,
  WRITE_LATE,
  WRITE_UNSTARTED,
} from './response/response-head.ts';
import { WriteQueue } from './response/write-queue.ts';
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

/** Gets an application's error itself, after its text was logged. A promise is waited for. */
export type ErrorCallback = (error: unknown, environ: Environ) => void | PromiseLike<void>;

export interface CallOptions {
  /**
   * Whether an application's error rejects instead of becoming a fixed 500. It is logged either
   * way. Default: `false`.
   */
  throwErrors?: boolean | undefined;
  /** Called with each error of the application, for an error tracker. */
  onError?: ErrorCallback | undefined;
  /**
   * Aborts when the client has gone, which ends the response in silence, or with a {@link
   * DeadlineExceeded} as its reason, which ends it with a 504. A promise of the application is
   * waited for in the first case and left behind in the second; the body it may still come with is
   * closed.
   */
  signal?: AbortSignalLike | undefined;
  /**
   * How long, in ms, a body may take to stop after `signal` aborted, before it is closed
   * regardless. Default: 1000.
   */
  stopTimeout?: number | undefined;
}

/** Where the response goes. Without it, a new {@link BufferedResponse} takes it. */
export interface CallTransport<T extends Transport> {
  transport: T;
}

/**
 * Calls `application` once and sees its response through to the end, whatever it does. Errors are
 * logged to `wsgi.errors`, with the request line; the client gets a 500 without detail, or a broken
 * response if it had already begun. The body is closed exactly once on every way out.
 *
 * ```ts
 * const { status, headers, body } = await callApplication(application, request);
 * ```
 *
 * @param request a gateway's request, or an environ
 * @returns the transport; a promise of it where anything had to be waited for. It never throws, it
 * only rejects.
 * @throws the application's error (as a rejection) with `throwErrors`
 */
export function callApplication(
  application: Application,
  request: GatewayRequest | Environ,
  options?: CallOptions,
): BufferedResponse | Promise<BufferedResponse>;
export function callApplication<T extends Transport>(
  application: Application,
  request: GatewayRequest | Environ,
  options: CallOptions & CallTransport<T>,
): T | Promise<T>;
export function callApplication(
  application: Application,
  request: GatewayRequest | Environ,
  options: CallOptions & Partial<CallTransport<Transport>> = {},
): Transport | Promise<Transport> {
  const transport = options.transport ?? new BufferedResponse();
  const run = new ResponseRun(request, transport, options);
  const steps = run.steps((startResponse) =>
    isEnviron(request)
      ? application(request, startResponse)
      : handRequest(application, request, startResponse),
  );
  const step = steps.next();
  return step.done ? transport : finish(steps, step.value, transport);
}

function isEnviron(request: GatewayRequest | Environ): request is Environ {
  return 'wsgi.errors' in request;
}

type Steps = Generator<PromiseLike<unknown>, void, unknown>;

/** Goes on after the first step that takes time. */
async function finish<T>(steps: Steps, first: PromiseLike<unknown>, transport: T): Promise<T> {
  for (let waiting = first; ;) {
    let step: IteratorResult<PromiseLike<unknown>, void>;
    try {
      step = steps.next(await waiting);
    } catch (error) {
      step = steps.throw(error);
    }
    if (step.done) return transport;
    waiting = step.value;
  }
}

/** One response on its way from the application to the transport. */
class ResponseRun {
  readonly #request: GatewayRequest | Environ;
  readonly #transport: Transport;
  readonly #options: CallOptions;
  readonly #signal: AbortSignalLike | undefined;
  readonly #method: string;
  readonly #target: string | undefined;
  readonly #errors: ErrorStream;

  /** `startResponse` was called, even if that call threw. */
  #started = false;
  #head: ResponseHead | undefined;
  /** `begin` was called: status and headers can no longer change. */
  #sent = false;
  /** Nothing more will be sent. */
  #finished = false;
  /** The application has not returned yet, so `write` may be called. */
  #writeOpen = true;
  /** Made by the first `write`. */
  #writes: WriteQueue | undefined;
  /** Body bytes handed to the transport. */
  #bytesOut = 0;
  #body: ResponseBody | undefined;
  #reader: BodyReader | undefined;

  constructor(request: GatewayRequest | Environ, transport: Transport, options: CallOptions) {
    this.#request = request;
    this.#transport = transport;
    this.#options = options;
    this.#signal = options.signal;
    if (isEnviron(request)) {
      // The application may replace or delete what it finds in its environ, so the server takes its
      // own now.
      this.#method = request.REQUEST_METHOD;
      this.#target = request.REQUEST_URI ?? request.PATH_INFO;
      this.#errors = request['wsgi.errors'];
    } else {
      this.#method = request.parts.method;
      this.#errors = request.server.errors;
    }
  }

  /**
   * The whole way, in the order in which things happen. It yields what must be waited for and is
   * given what came of it, as `await` in an async function. It is a generator because a response
   * that is there at once then costs no promise and no turn of the event loop: 2 to 5 % of a small
   * request, measured on Node 20, 22 and 24.
   */
  *steps(call: (startResponse: StartResponse) => unknown): Steps {
    try {
      const returned = call(this.#startResponse);
      const body: unknown = isThenable(returned) ? yield this.#inTime(returned) : returned;
      this.#writeOpen = false;
      if (isBody(body)) this.#body = body;
      this.#stopIfAborted();
      if (!isBody(body)) throw new ContractError(notABody(body));
      const pending = this.#writes?.pending;
      if (pending) yield pending;
      this.#writes?.throwFailure();

      // PEP 3333 speaks of one block; the sum of several is as true.
      const list = listOf(body);
      const length = list && !this.#writes ? lengthOf(list) : undefined;
      const reader = list ? undefined : (this.#reader = new BodyReader(body, this.#signal));
      for (let index = 0; ; index++) {
        let block = list?.[index];
        if (reader) {
          const next = reader.next();
          // Only a promise is waited for: a body that is there takes no turn of the event loop.
          block = blockOf(next instanceof Promise ? yield next : next);
        }
        if (block === undefined) break;
        this.#stopIfAborted();
        // PEP 3333 lets headers wait for the first non-empty block, so an empty one commits to
        // nothing.
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
      this.#stopIfAborted();
      const ended = this.#end();
      if (ended) yield ended;
    } catch (error) {
      yield this.#fail(error);
    } finally {
      const released = this.#release();
      if (released) yield released;
    }
  }

  /**
   * The application's promise, unless the time runs out first. A client that has gone does not end
   * the wait.
   */
  #inTime(returned: PromiseLike<unknown>): PromiseLike<unknown> {
    const signal = this.#signal;
    if (!signal) return returned;
    return abortable(returned, signal, (reason) => {
      if (!isA(reason, DeadlineExceeded)) return false;
      // A body that comes now is never read, so it is closed.
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
    this.#stopIfAborted();
    const writes = (this.#writes ??= new WriteQueue());
    const total = this.#bytesOut + data.length;
    if (head.declared !== undefined && total > head.declared) {
      throw new ContractError(`${WRITE_BEYOND} of ${head.declared} bytes; ${total} came`);
    }
    if (!this.#sent) writes.add(() => this.#begin(head, undefined));
    // Known at once, whenever the transport gets to it.
    this.#sent = true;
    // PEP 3333 lets headers leave "upon the application's first invocation of the write()
    // callable", so a write of nothing sends them: the way to say "the head now" (decision 013).
    if (data.length === 0) writes.add(() => this.#transport.flushHead?.());
    else if (!this.#bodiless(head)) {
      this.#bytesOut = total;
      writes.add(() => this.#transport.send(data));
    }
    return writes.pending;
  };

  /**
   * Status and headers go out, with the length added where the server knows it and the application
   * did not say it.
   */
  #begin(head: ResponseHead, length: number | undefined): void | PromiseLike<void> {
    this.#sent = true;
    let headers: HeaderList = head.headers;
    // RFC 9110 section 8.6: a 204 has no Content-Length, even where the application gives one.
    if (head.code === 204) headers = omitHeader(headers, 'content-length');
    else if (length !== undefined && head.declared === undefined && head.code !== 304) {
      headers = [...headers, ['Content-Length', String(length)]];
    }
    return this.#transport.begin(head.status, headers);
  }

  #send(block: Uint8Array, { declared = Infinity }: ResponseHead): void | PromiseLike<void> {
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
  #bodiless({ code }: ResponseHead): boolean {
    return this.#method === 'HEAD' || isBodiless(code);
  }

  async #fail(error: unknown): Promise<void> {
    this.#writeOpen = false;
    await this.#writes?.pending;
    // A client that went away is no fault of the application's.
    const late = isA(error, DeadlineExceeded);
    const gone = this.#signal?.aborted === true && !late;
    const reported = gone || isA(error, ClientDisconnected) ? undefined : this.#report(error);
    const dropped = this.#sent ? await this.#transport.abort(error) : true;
    this.#sent = true;
    // Before the page goes out: its reader may be quicker than what follows here.
    this.#finished = true;
    if (!gone && !this.#options.throwErrors && dropped === true) {
      const status = late ? '504 Gateway Timeout' : '500 Internal Server Error';
      await sendErrorPage(this.#transport, status, this.#method !== 'HEAD');
    }
    if (reported) await reported;
    if (!gone && this.#options.throwErrors) throw error;
  }

  /**
   * Logs the application's error and hands it to `onError`, whose own failure is logged and changes
   * nothing.
   */
  #report(error: unknown): Promise<void> | undefined {
    this.#log(describeError(withHint(error)));
    const { onError } = this.#options;
    return onError && this.#callOnError(onError, error);
  }

  async #callOnError(onError: ErrorCallback, error: unknown): Promise<void> {
    const request = this.#request;
    try {
      await this.#awaitUnlessGone(onError(error, isEnviron(request) ? request : request.environ));
    } catch (failure) {
      this.#log(`onError failed\n${describeError(failure)}`);
    }
  }

  /**
   * Stops the iterator if it was left half-way, then closes the body: exactly once, and errors of
   * either are only logged.
   */
  #release(): void | PromiseLike<void> {
    this.#finished = true;
    this.#writeOpen = false;
    const body = this.#body;
    // A list needs no stopping, nor does a body that was read to its end.
    const complete = body === undefined || Array.isArray(body) || this.#reader?.stoppable === false;
    if (complete && !(body && 'close' in body)) return this.#errors.flush();
    return this.#close(body);
  }

  async #close(body: ResponseBody): Promise<void> {
    const reader = this.#reader;
    try {
      // On its own promise `return()` queues behind a `next()` that may never settle once the
      // client has gone.
      if (reader) await this.#awaitUnlessGone(reader.stop());
    } catch (error) {
      this.#log(`stopping the body failed\n${describeError(error)}`);
    }
    try {
      if (typeof body.close === 'function') {
        await this.#awaitUnlessGone(body.close());
      } else if (!reader) await closeUnread(body);
    } catch (error) {
      this.#log(`close() of the body failed\n${describeError(error)}`);
    }
    await this.#errors.flush();
  }

  /**
   * Waits for `work`, but for no longer than `stopTimeout` once the response has lost its client or
   * its time.
   */
  async #awaitUnlessGone(work: unknown): Promise<void> {
    await (this.#signal?.aborted
      ? withTimeout(this.#options.stopTimeout ?? 1000, Promise.resolve(work))
      : work);
  }

  #stopIfAborted(): void {
    if (this.#signal?.aborted) throw abortReason(this.#signal);
  }

  #log(message: string): void {
    const target = this.#target ?? requestTarget((this.#request as GatewayRequest).parts);
    // Both are the client's text, which must not begin a line of its own in the log.
    const line = escapeLogText(`${this.#method} ${target}`);
    this.#errors.write(`${line}: ${message}\n`);
  }
}

function blockOf(result: unknown): Uint8Array | undefined {
  const { done, value } = result as IteratorResult<unknown, unknown>;
  if (done === true) return undefined;
  if (!isBytes(value)) throw new ContractError(notBytes('a body consists of', value));
  return value;
}

// ── What to say ─────────────────────────────────────────────────────────────────────────────────

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

/**
 * PEP 3333 forbids a server to look at what kind of callable it has, so a class is recognised by
 * how its call fails.
 */
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
