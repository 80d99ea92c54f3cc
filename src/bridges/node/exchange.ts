/**
 * One request and its response. The listener's side is `req`, `res` and their socket; the gateway's
 * side is what an application returns. A response that is ended before anything had to leave
 * becomes a list, any other a body that is pulled block by block.
 */
import type { AsyncResource } from 'node:async_hooks';
import { isThenable } from '../../base/promises.ts';
import { ClientDisconnected } from '../../core/errors.ts';
import { describeError } from '../../core/request/error-stream.ts';
import { escapeLogText } from '../../http/log-format.ts';
import type { HeaderList, ResponseBody, StartResponse } from '../../types.ts';
import { currentContext, type IncomingMessage } from './builtin.ts';
import type { Incoming } from './incoming.ts';
import type { BridgeResponse, Callback, Dispatch, ExchangeHooks } from './internals.ts';
import { RequestBodyPump } from './request-body.ts';
import { createRequest, type RequestConstructor } from './request.ts';
import { emitClose, emitFinish, markFinished, type ResponseConstructor } from './response.ts';
import { ResponseQueue } from './response-queue.ts';
import { BridgeSocket } from './socket.ts';
import { type BlockSource, StreamedBody } from './streamed-body.ts';

export interface Constructors {
  Request: RequestConstructor;
  Response: ResponseConstructor;
  highWaterMark: number;
}

// The life of a response, in order. A failure can come at any time before it was ended.
/** Nothing has to leave yet. */
const OPEN = 0;
/** The head leaves at the end of this turn. */
const FLUSHING = 1;
/** The gateway has the head, and pulls blocks. */
const STREAMING = 2;
/** `end()` was called. */
const ENDED = 3;
/** `finish` and `close` are on their way. */
const FINISHING = 4;
/** `close` was emitted, or nothing listens for it. */
const CLOSED = 5;
type State =
  | typeof OPEN
  | typeof FLUSHING
  | typeof STREAMING
  | typeof ENDED
  | typeof FINISHING
  | typeof CLOSED;

const NO_HEADERS: HeaderList = [];
/** Given to `write()`, it sends the head before there is a block. */
const HEAD_ONLY = new Uint8Array(0);

const SOCKET_ENDED = 'the socket was ended before the response; call response.end() first';
const DESTROYED = 'the response was destroyed before it was ended; no reason was given';

export class NodeExchange implements ExchangeHooks, BlockSource {
  readonly incoming: Incoming;
  readonly highWaterMark: number;

  readonly #startResponse: StartResponse;
  readonly #socket: BridgeSocket;
  readonly #request: IncomingMessage;
  readonly #response: BridgeResponse;
  readonly #requestBody: RequestBodyPump;
  readonly #queue: ResponseQueue;

  #state: State = OPEN;
  #status: string | undefined;
  #headers: HeaderList = NO_HEADERS;
  /** What the application returns, once the head is known. */
  #body: ResponseBody | undefined;
  /** The same, where it is pulled. */
  #stream: StreamedBody | undefined;
  #failure: { error: unknown } | undefined;
  /** The gateway's promise, where the listener had not ended the response when it returned. */
  #waiting: { resolve: (body: ResponseBody) => void; reject: (error: unknown) => void } | undefined;
  /** The async context in which the response was ended while its body was being pulled. */
  #endContext: AsyncResource | undefined;
  /** Listens to the gateway's signal, until the response is over. */
  #onAbort: (() => void) | undefined;

  constructor(incoming: Incoming, startResponse: StartResponse, constructors: Constructors) {
    this.incoming = incoming;
    this.highWaterMark = constructors.highWaterMark;
    this.#startResponse = startResponse;
    this.#queue = new ResponseQueue(this.highWaterMark);
    this.#socket = new BridgeSocket(this);
    this.#request = createRequest(constructors.Request, this.#socket, incoming);
    this.#requestBody = new RequestBodyPump(this.#request, incoming, this.highWaterMark);
    this.#response = new constructors.Response(this.#request, this.#socket, this);
    this.#socket._httpMessage = this.#response;
  }

  /** Hands the request to the listener. */
  run(dispatch: Dispatch): ResponseBody | Promise<ResponseBody> {
    try {
      const returned = dispatch(this.#request, this.#response);
      if (isThenable(returned)) returned.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
    if (this.#failure) throw this.#failure.error;
    if (this.#body) {
      if (this.#hasEnded) this.announceEnd();
      // A listener of `finish` or `close` may give work to `gatecall.after`, so the gateway gets
      // the body after it was called.
      if (!this.#hasEnded || this.closed) return this.#body;
    } else this.#watchSignal();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#state === FLUSHING) process.nextTick(commit, this);
    });
  }

  // ── The listener's side ───────────────────────────────────────────────────────────────────────

  setHead(status: string, headers: HeaderList): void {
    this.#status = status;
    this.#headers = headers;
  }

  flush(): void {
    if (this.#body || this.#state === FLUSHING) return;
    // Without a body it is complete.
    if (!this.#response._hasBody) return this.commit();
    this.#state = FLUSHING;
    // In the listener's own turn, `run` does so.
    if (this.#waiting) process.nextTick(commit, this);
  }

  push(block: Uint8Array, callback: Callback | undefined): boolean {
    this.flush();
    if (this.#socket.timeout > 0) this.#socket.refreshTimeout();
    if (this.#stream?.stopped || this.#socket.ended) {
      if (callback) process.nextTick(callback);
      return true;
    }
    const hasRoom = this.#queue.push(block, callback);
    this.#stream?.wake();
    return hasRoom;
  }

  get queued(): number {
    return this.#queue.bytes;
  }

  end(block: Uint8Array | undefined): void {
    if (this.#socket.ended) return;
    if (block && !this.#stream?.stopped) this.#queue.pushLast(block);
    this.#state = ENDED;
    const response = this.#response;
    if (response._events !== undefined) response.emit('prefinish');
    if (!this.#body) this.commit();
    else if (!this.#stream || this.#stream.stopped) this.announceEnd();
    else {
      if (this.#hasListeners) this.#endContext = currentContext();
      this.#stream.wake();
    }
  }

  /** The listener threw, its promise was rejected, or the response was destroyed. */
  fail(error: unknown, socketError?: Error): void {
    if (this.#failure) return;
    if (this.#isComplete) return this.log(error);
    this.#failure = { error };
    if (!this.#body) this.#waiting?.reject(error);
    this.#stream?.wake();
    this.#socket.destroy(socketError);
  }

  log(error: unknown): void {
    const { method, originalUrl, errors } = this.incoming;
    const line = escapeLogText(`${method} ${originalUrl}`);
    errors.write(`${line}: after the response had ended\n${describeError(error)}\n`);
  }

  readBody(): void {
    this.#requestBody.read();
  }

  socketDestroyed(error: Error | undefined): void {
    this.#stopWatching();
    this.#queue.runCallbacks(
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
    if (!this.#isComplete) this.fail(error ?? new Error(DESTROYED));
  }

  socketEnded(): void {
    if (this.#isComplete) this.#socket.destroySoon();
    else if (this.#queue.bytes === 0) this.fail(new Error(SOCKET_ENDED));
  }

  socketTimedOut(): void {
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

  // ── The gateway's side ────────────────────────────────────────────────────────────────────────

  /** Fixes status and headers, and with them what kind of body there is. */
  commit(): void {
    if (this.#body || this.#failure || this.#status === undefined) return;
    const isWhole = this.#hasEnded || !this.#response._hasBody;
    try {
      const write = this.#startResponse(this.#status, this.#headers);
      // `flushHeaders()` and `write('')` send the head although no block follows them.
      if (!isWhole && this.#queue.bytes === 0) void write(HEAD_ONLY);
    } catch (error) {
      this.#state = OPEN;
      return this.fail(error);
    }
    if (isWhole) this.#body = this.#queue.takeAll();
    else {
      this.#state = STREAMING;
      this.#body = this.#stream = new StreamedBody(this);
    }
    if (!this.#hasEnded) this.#waiting?.resolve(this.#body);
    // In the turn and the async context of `end()`. Without listeners it is put off until
    // `dispatch` has returned, because one may still be added.
    else if (this.#waiting || this.#hasListeners) this.announceEnd();
  }

  take(): Uint8Array | undefined | 'later' {
    if (this.#failure) throw this.#failure.error;
    // To ask for the next block is to have sent the last.
    const block = this.#queue.take();
    if (block) return block;
    this.#queue.runCallbacks();
    if (this.#hasEnded) {
      this.announceEnd();
      return this.closed ? undefined : 'later';
    }
    if (this.#socket.ended) {
      this.fail(new Error(SOCKET_ENDED));
      return this.take();
    }
    this.#queue.announceDrain(this.#response);
    return 'later';
  }

  /** After the last byte that was announced this is no fault; before it, the client has gone. */
  bodyStopped(bytes: number): void {
    const declared = this.#response._contentLength;
    this.#queue.clear();
    if (this.#hasEnded || (declared !== null && bytes >= declared)) {
      this.#queue.runCallbacks();
      this.#queue.announceDrain(this.#response);
      if (this.#hasEnded) this.announceEnd();
    } else this.#socket.destroy();
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────

  /** `finish` and `close`, as node:http emits them: each in a turn of its own. */
  announceEnd(): void {
    if (this.#state >= FINISHING) return;
    this.#state = FINISHING;
    this.#stopWatching();
    this.#socket.stopTimeout();
    this.#queue.runCallbacks();
    const response = this.#response;
    if (!this.#hasListeners) {
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
      this.#socket.responseClosed();
    } finally {
      this.#deliver();
    }
  }

  /** The gateway gets a response that was ended, after the last event of it. */
  #deliver(): void {
    this.#state = CLOSED;
    if (this.#body) this.#waiting?.resolve(this.#body);
    this.#stream?.wake();
  }

  get closed(): boolean {
    return this.#state === CLOSED;
  }

  get #hasEnded(): boolean {
    return this.#state >= ENDED;
  }

  /** Whether nothing can change the response any more. */
  get #isComplete(): boolean {
    return this.#hasEnded || (this.#body !== undefined && this.#stream === undefined);
  }

  /** Whether a listener of the request or the response could notice the end. */
  get #hasListeners(): boolean {
    return this.#response._events !== undefined || hasListeners(this.#request);
  }

  /** Reads a body that nothing has asked for, because its listeners wait for the request to end. */
  #endRequest(): void {
    if (!this.#requestBody.asked && hasListeners(this.#request)) this.#request.resume();
  }

  #watchSignal(): void {
    const { signal } = this.incoming;
    if (!signal) return;
    const onAbort = (): void => {
      // `error` is for what happened to a socket; a client that left and a deadline are none.
      const { reason } = signal;
      if (this.#isComplete || this.#failure) this.#socket.destroy(socketError(reason));
      else this.fail(reason ?? new ClientDisconnected(), socketError(reason));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // By a name, not as a function written here: V8 takes what is assigned as it is written for a
    // method and puts it among the old objects, from where it keeps the whole request (see
    // core/after.ts).
    this.#onAbort = onAbort;
  }

  #stopWatching(): void {
    const onAbort = this.#onAbort;
    if (!onAbort) return;
    this.#onAbort = undefined;
    this.incoming.signal?.removeEventListener('abort', onAbort);
  }
}

// Functions of their own for `nextTick`: a closure each would cost every request one.

function commit(exchange: NodeExchange): void {
  exchange.commit();
}

function announceFinish(exchange: NodeExchange): void {
  exchange.announceFinish();
}

function announceClose(exchange: NodeExchange): void {
  exchange.announceClose();
}

/** The error of a real socket in an abort reason, known by its code. */
function socketError(reason: unknown): Error | undefined {
  const cause = reason instanceof Error ? reason.cause : undefined;
  if (!(cause instanceof Error)) return undefined;
  return typeof (cause as NodeJS.ErrnoException).code === 'string' ? cause : undefined;
}

function hasListeners(emitter: object): boolean {
  return (emitter as { _eventsCount: number })._eventsCount > 0;
}
