/**
 * One request and its response. The listener's side is `req`, `res` and their socket; the gateway's side is what an application
 * returns. A response that is ended before anything had to leave becomes a list; any other a body that is pulled block by block.
 */
import type { AsyncResource } from 'node:async_hooks';
import { isThenable } from '../../base/promises.ts';
import { ClientDisconnected } from '../../core/errors.ts';
import { describeError } from '../../core/request/error-stream.ts';
import { escapeLogText } from '../../http/log-format.ts';
import type { HeaderList, ResponseBody, StartResponse } from '../../types.ts';
import { BlockQueue } from './block-queue.ts';
import { bindContext, currentContext, type IncomingMessage } from './builtin.ts';
import type { Incoming } from './incoming.ts';
import { createRequest, type RequestConstructor } from './request.ts';
import type { BridgeResponse } from './internals.ts';
import {
  emitClose,
  emitDrain,
  emitFinish,
  markFinished,
  type ResponseConstructor,
} from './response.ts';
import { BridgeSocket } from './socket.ts';
import { StreamedBody } from './streamed-body.ts';

export interface Constructors {
  Request: RequestConstructor;
  Response: ResponseConstructor;
  highWaterMark: number;
}

/** What handles a request: whatever it returns, if a promise, is watched. */
export type Dispatch = (request: IncomingMessage, response: BridgeResponse) => unknown;

type Callback = (error?: Error | null) => void;

const NO_HEADERS: HeaderList = [];
const SOCKET_ENDED = 'the socket was ended before the response; call response.end() first';
/** Given to `write()`, it sends the head before there is a block. */
const HEAD_ONLY = new Uint8Array(0);

export class Exchange {
  readonly incoming: Incoming;
  readonly highWaterMark: number;
  readonly #startResponse: StartResponse;
  readonly #socket: BridgeSocket;
  readonly #request: IncomingMessage;
  readonly #response: BridgeResponse;

  #status: string | undefined;
  #headers: HeaderList = NO_HEADERS;
  readonly #queue = new BlockQueue();
  #callbacks: Callback[] | undefined;
  /** The response was ended. */
  #ended = false;
  #finishing = false;
  #socketEnded = false;
  /** `close` was emitted, or nothing listens for it. */
  #closed = false;
  /** The async context in which the response was ended, if its body was being pulled then. */
  #endContext: AsyncResource | undefined;
  /** The async context of the write that was told to wait for `drain`. */
  #drainContext: AsyncResource | undefined;
  /** The listener has not returned yet, so what it ends needs no promise. */
  #running = true;
  #commitScheduled = false;
  /** What the application returns, once it is known. */
  #body: ResponseBody | undefined;
  #resolve: ((body: ResponseBody) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #failure: { error: unknown } | undefined;
  /** Somebody has asked for the request's body, and a block of it is on its way. */
  #bodyWanted = false;
  #reading = false;
  /** Listens to the signal, as long as somebody waits for the response. */
  #onAbort: (() => void) | undefined;

  /** The body, where it is pulled. */
  #stream: StreamedBody | undefined;

  constructor(incoming: Incoming, startResponse: StartResponse, constructors: Constructors) {
    this.incoming = incoming;
    this.highWaterMark = constructors.highWaterMark;
    this.#startResponse = startResponse;
    this.#socket = new BridgeSocket(this);
    this.#request = createRequest(constructors.Request, this.#socket, incoming);
    this.#response = new constructors.Response(this.#request, this.#socket, this);
    this.#socket._httpMessage = this.#response;
    if (incoming.buffered) this.#request.complete = true;
  }

  /** Hands the request to the listener. */
  run(dispatch: Dispatch): ResponseBody | Promise<ResponseBody> {
    try {
      const returned = dispatch(this.#request, this.#response);
      if (isThenable(returned)) returned.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
    this.#running = false;
    if (this.#failure) throw this.#failure.error;
    if (this.#body) {
      if (this.#ended) this.announceEnd();
      // A listener of `finish` or `close` may give work to `gatecall.after`, so the gateway gets
      // the body after it was called.
      if (!this.#ended || this.#closed) return this.#body;
    } else this.#watchSignal();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#commitScheduled) this.flush();
    });
  }

  // ── The listener's side ──────────────────────────────────────────────────────────────────────────────────────────

  setHead(status: string, headers: HeaderList): void {
    this.#status = status;
    this.#headers = headers;
  }

  /** Something has to leave, at the end of this turn: until then the response may still become a list. */
  flush(): void {
    if (this.#body || (this.#commitScheduled && !this.#resolve)) return;
    // Without a body it is complete.
    if (!this.#response._hasBody) return this.#commit();
    this.#commitScheduled = true;
    if (this.#resolve) process.nextTick(() => this.#commit());
  }

  /** @returns whether there is room for more */
  push(block: Uint8Array, callback: Callback | undefined): boolean {
    this.flush();
    if (this.#socket.timeout > 0) this.#socket.refreshTimeout();
    if (this.#stream?.stopped || this.#socketEnded) {
      if (callback) process.nextTick(callback);
      return true;
    }
    this.#queue.push(block);
    if (callback) (this.#callbacks ??= []).push(bindContext(callback));
    this.#stream?.wake();
    const more = this.#queue.bytes < this.highWaterMark;
    if (!more) this.#drainContext = currentContext();
    return more;
  }

  /** Bytes written and not yet taken. */
  get queued(): number {
    return this.#queue.bytes;
  }

  end(block: Uint8Array | undefined): void {
    if (this.#socketEnded) return;
    if (block !== undefined && block.length > 0 && !this.#stream?.stopped) this.#queue.push(block);
    this.#ended = true;
    const response = this.#response;
    if (response._events !== undefined) response.emit('prefinish');
    if (!this.#body) this.#commit();
    else if (!this.#stream || this.#stream.stopped) this.announceEnd();
    else {
      if (this.#isHeard()) this.#endContext = currentContext();
      this.#stream.wake();
    }
  }

  /** The listener threw, its promise was rejected, or the response was destroyed. */
  fail(error: unknown, socketError?: Error): void {
    if (this.#failure) return;
    if (this.#complete) return this.log(error);
    this.#failure = { error };
    if (!this.#body) this.#reject?.(error);
    this.#stream?.wake();
    this.#socket.destroy(socketError);
  }

  log(error: unknown): void {
    const { method, originalUrl, errors } = this.incoming;
    const line = escapeLogText(`${method} ${originalUrl}`);
    errors.write(`${line}: after the response had ended\n${describeError(error)}\n`);
  }

  /** Somebody reads the request's body. */
  readBody(): void {
    if (this.#reading) return;
    this.#bodyWanted = true;
    this.#reading = true;
    if (this.incoming.buffered) {
      const body = this.incoming.takeBody();
      if (body) this.#pushBody(body);
      this.#request.push(null);
    } else void this.#readStream();
  }

  async #readStream(): Promise<void> {
    try {
      const block = await this.incoming.environ['wsgi.input'].read(this.highWaterMark);
      if (this.#request.destroyed) return;
      if (block.length === 0) {
        this.#request.complete = true;
        this.#request.push(null);
      } else {
        this.#reading = false;
        this.#pushBody(block);
      }
    } catch (error) {
      this.#request.destroy(error as Error);
    }
  }

  #pushBody(block: Uint8Array): void {
    if (block.length === 0) return;
    const { buffer, byteOffset, length } = block;
    this.#request.push(Buffer.isBuffer(block) ? block : Buffer.from(buffer, byteOffset, length));
  }

  /** The socket was destroyed: as when a client has gone. */
  abandon(error: Error | undefined): void {
    this.#stopWatching();
    this.#runCallbacks(
      Object.assign(new Error('Cannot call write after a stream was destroyed'), {
        code: 'ERR_STREAM_DESTROYED',
      }),
    );
    process.nextTick(() => {
      if (error && this.#socket.listenerCount('error') > 0) this.#socket.emit('error', error);
      this.#socket.emit('close', error !== undefined);
      if (!this.#response._closed) {
        this.#request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
        emitClose(this.#response);
      }
      this.#deliver();
    });
    if (this.#complete || this.#failure) return;
    this.fail(
      error ?? new Error('the response was destroyed before it was ended; no reason was given'),
    );
  }

  /** The socket was ended: what was written still leaves, and nothing after it. */
  endSocket(): void {
    if (this.#complete) return void this.#socket.destroySoon();
    this.#socketEnded = true;
    if (this.#queue.bytes === 0) this.fail(new Error(SOCKET_ENDED));
  }

  /** The last event of the response was emitted, or nothing listens for it. */
  get closed(): boolean {
    return this.#closed;
  }

  timedOut(): void {
    const response = this.#response;
    const request = this.#request;
    this.#socket.emit('timeout');
    const heard = [
      !request.complete && request.emit('timeout', this.#socket),
      response.emit('timeout', this.#socket),
    ];
    if (!heard.includes(true)) {
      this.#socket.destroy(
        new Error(`nothing was written for the ${this.#socket.timeout} ms of setTimeout()`),
      );
    }
  }

  /** The response is whole, whatever comes now. */
  get #complete(): boolean {
    return this.#ended || (this.#body !== undefined && this.#stream === undefined);
  }

  // ── The gateway's side ───────────────────────────────────────────────────────────────────────────────────────────

  /** Fixes status and headers, and with them what kind of body there is. */
  #commit(): void {
    if (this.#body || this.#failure) return;
    if (this.#status === undefined) return;
    const whole = this.#ended || !this.#response._hasBody;
    try {
      const write = this.#startResponse(this.#status, this.#headers);
      // `flushHeaders()` and `write('')` send the head although no block follows them.
      if (!whole && this.#queue.bytes === 0) void write(HEAD_ONLY);
    } catch (error) {
      this.#ended = false;
      return this.fail(error);
    }
    if (whole) this.#body = this.#queue.takeAll();
    else this.#body = this.#stream = new StreamedBody(this);
    if (!this.#ended) this.#resolve?.(this.#body);
    // In the turn and the async context of `end()`. Without listeners it waits for the dispatcher
    // to return, as one may still be added.
    else if (!this.#running || this.#isHeard()) this.announceEnd();
  }

  /** The gateway gets a response that ended after its last event. */
  #deliver(): void {
    this.#closed = true;
    if (this.#body) this.#resolve?.(this.#body);
    this.#stream?.wake();
  }

  /** The next block; undefined at the end; `'later'` when there is none yet. */
  take(): Uint8Array | undefined | 'later' {
    if (this.#failure) throw this.#failure.error;
    // To ask for the next is to have sent the last.
    const block = this.#queue.take();
    if (block) return block;
    this.#runCallbacks();
    if (!this.#ended) {
      if (this.#socketEnded) {
        this.fail(new Error(SOCKET_ENDED));
        return this.take();
      }
      this.#drained();
      return 'later';
    }
    this.announceEnd();
    return this.#closed ? undefined : 'later';
  }

  #drained(): void {
    const context = this.#drainContext;
    this.#drainContext = undefined;
    if (!this.#response.writableNeedDrain) return;
    if (context) context.runInAsyncScope(process.nextTick, process, emitDrain, this.#response);
    else process.nextTick(emitDrain, this.#response);
  }

  /** The gateway wants no more. After the last announced byte that is no fault; before it, the client has gone. */
  stopped(bytes: number): void {
    const declared = this.#response._contentLength;
    this.#queue.clear();
    if (this.#ended || (declared !== null && bytes >= declared)) {
      this.#runCallbacks();
      this.#drained();
      if (this.#ended) this.announceEnd();
    } else this.#socket.destroy();
  }

  #runCallbacks(error?: Error): void {
    const callbacks = this.#callbacks;
    if (!callbacks) return;
    this.#callbacks = undefined;
    for (const callback of callbacks) process.nextTick(callback, error);
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** `finish` and `close`, as node:http emits them: each in a turn of its own, and only where somebody could listen. */
  announceEnd(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#stopWatching();
    this.#socket.stopTimeout();
    this.#runCallbacks();
    const response = this.#response;
    if (!this.#isHeard()) {
      markFinished(response);
      response.destroyed = true;
      response._closed = true;
      return this.#deliver();
    }
    const context = this.#endContext;
    this.#endContext = undefined;
    if (context) context.runInAsyncScope(process.nextTick, process, announceFinish, this);
    else process.nextTick(announceFinish, this);
  }

  announceFinish(): void {
    const response = this.#response;
    if (response.destroyed) return this.#deliver();
    this.#endRequest();
    this.#socket._httpMessage = null;
    try {
      emitFinish(response);
    } finally {
      // A listener that throws must not keep the response back.
      process.nextTick(announceClose, this);
    }
  }

  announceClose(): void {
    try {
      emitClose(this.#response);
      this.#endRequest();
      this.#socket.endWithResponse();
    } finally {
      this.#deliver();
    }
  }

  /** Whether a listener of the request or the response could notice the end. */
  #isHeard(): boolean {
    return this.#response._events !== undefined || hasListeners(this.#request);
  }

  /** A body nobody has asked for is read to its end, so that the request ends as well: to the ears of whoever listens to it. */
  #endRequest(): void {
    if (!this.#bodyWanted && hasListeners(this.#request)) this.#request.resume();
  }

  #watchSignal(): void {
    const { signal } = this.incoming;
    if (!signal) return;
    const onAbort = (): void => {
      // `error` is for what happened to a socket; a client that left and a deadline are none.
      const { reason } = signal;
      if (this.#complete || this.#failure) this.#socket.destroy(socketError(reason));
      else this.fail(reason ?? new ClientDisconnected(), socketError(reason));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // By a name, not as a function written here: V8 takes what is assigned as it is written for a method and puts it among the
    // old objects, from where it keeps the whole request (see `gatecall.after`).
    this.#onAbort = onAbort;
  }

  #stopWatching(): void {
    const onAbort = this.#onAbort;
    if (!onAbort) return;
    this.#onAbort = undefined;
    this.incoming.signal?.removeEventListener('abort', onAbort);
  }
}

function announceFinish(exchange: Exchange): void {
  exchange.announceFinish();
}

function announceClose(exchange: Exchange): void {
  exchange.announceClose();
}

/** The error of a real socket in an abort reason, known by its code. */
function socketError(reason: unknown): Error | undefined {
  const cause = reason instanceof Error ? reason.cause : undefined;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? (cause as Error) : undefined;
}

function hasListeners(emitter: object): boolean {
  return (emitter as { _eventsCount: number })._eventsCount > 0;
}
