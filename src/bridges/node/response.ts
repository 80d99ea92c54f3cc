/**
 * A `ServerResponse` that writes no HTTP. Its headers are where Node keeps them, so that Node's own
 * methods read them. Status and headers go to the exchange as a list, and blocks as blocks: other
 * adapters are slow because they let Node build text, and parse it or throw it away.
 */
import { type IncomingMessage, nodeHttp } from './builtin.ts';
import {
  type BridgeResponse,
  type Callback,
  type ExchangeHooks,
  internals,
  member,
  nodeError,
  setMember,
} from './internals.ts';
import { headMethods, implicitHeader } from './response-head.ts';
import type { BridgeSocket } from './socket.ts';

export type ResponseConstructor = new (
  request: IncomingMessage,
  socket: BridgeSocket,
  exchange: ExchangeHooks,
) => BridgeResponse;

/** Bytes that Node lets a response hold back before `write` returns false. */
export function highWaterMark(): number {
  return internals().highWaterMark;
}

const { setHeader, storeHeader, flushHeaders, writeRaw } = headMethods;
const NO_BLOCKS: readonly never[] = Object.freeze([]);

/**
 * Makes responses with the prototype of `app.response`, or with Node's. The constructor sets every
 * member, in one order: symbols first, because V8 turns an object into a slow dictionary when it
 * gets them after a dozen other members; and fewer than 40 in all.
 */
export function responseConstructor(prototype: object): ResponseConstructor {
  const { symbols } = internals();
  const {
    outHeaders,
    needDrain,
    corked,
    errored,
    socket: socketKey,
    chunkedBuffer,
    chunkedLength,
    writableFinished,
    bytesWritten,
  } = symbols;
  const Response = function (
    this: Record<string | symbol, unknown>,
    request: IncomingMessage,
    socket: BridgeSocket,
    exchange: ExchangeHooks,
  ): void {
    this[outHeaders] = null;
    this[needDrain] = false;
    this[corked] = 0;
    this[errored] = null;
    this[socketKey] = socket;
    this[chunkedBuffer] = NO_BLOCKS;
    this[chunkedLength] = 0;
    this[writableFinished] = false;
    this[bytesWritten] = 0;
    this._exchange = exchange;
    this._events = undefined;
    this._eventsCount = 0;
    this._maxListeners = undefined;
    this.outputData = NO_BLOCKS;
    this.outputSize = 0;
    this.writable = true;
    this.destroyed = false;
    this.chunkedEncoding = false;
    this.shouldKeepAlive = true;
    this.useChunkedEncodingByDefault = true;
    this.sendDate = true;
    this.strictContentLength = false;
    this._contentLength = null;
    this._removedContLen = false;
    this._hasBody = request.method !== 'HEAD';
    this.finished = false;
    this._headerSent = false;
    this._closed = false;
    this._header = null;
    this.req = request;
    this.statusCode = 200;
    this.statusMessage = undefined;
    // On the object, because its prototype belongs to the application.
    this._storeHeader = storeHeader;
    this._writeRaw = writeRaw;
    this.write = write;
    this.end = end;
    this.setHeader = setHeader;
    this.flushHeaders = flushHeaders;
  };
  Response.prototype = prototype;
  return Response as unknown as ResponseConstructor;
}

// ── Body ────────────────────────────────────────────────────────────────────────────────────────

type Chunk = string | Uint8Array;

function write(
  this: BridgeResponse,
  chunk: Chunk,
  encodingOrCallback?: BufferEncoding | Callback | null,
  callbackOrNone?: Callback,
): boolean {
  const [encoding, callback] = encodingAndCallback(encodingOrCallback, callbackOrNone);
  if (!isChunk(chunk) || this.finished || this.destroyed) return refuse(this, chunk, callback);
  // After the callback the listener may use its buffer again, and a gateway may still hold it.
  const block = bytesOf(chunk, encoding, callback !== undefined);
  countBytes(this, block.length, false);
  if (!this._header) implicitHeader(this);
  if (!this._hasBody || block.length === 0) {
    this._exchange.flush();
    if (callback) process.nextTick(callback);
    return true;
  }
  const more = this._exchange.push(block, callback);
  if (!more) setNeedDrain(this, true);
  return more;
}

function end(
  this: BridgeResponse,
  chunkOrCallback?: Chunk | Callback | null,
  encodingOrCallback?: BufferEncoding | Callback | null,
  callbackOrNone?: Callback,
): BridgeResponse {
  let chunk: Chunk | null | undefined;
  let encoding: BufferEncoding | undefined;
  let callback: Callback | undefined;
  if (typeof chunkOrCallback === 'function') callback = chunkOrCallback;
  else {
    chunk = chunkOrCallback;
    if (typeof encodingOrCallback === 'function') callback = encodingOrCallback;
    else {
      encoding = encodingOrCallback ?? undefined;
      if (typeof callbackOrNone === 'function') callback = callbackOrNone;
    }
  }
  if (this.finished) {
    endAgain(this, chunk, callback);
    return this;
  }
  let block: Uint8Array | undefined;
  if (chunk) {
    if (!isChunk(chunk)) refuse(this, chunk, undefined);
    block = bytesOf(chunk, encoding, false);
    countBytes(this, block.length, true);
  }
  if (!this._header) {
    this._contentLength = block?.length ?? 0;
    implicitHeader(this);
  }
  if (callback) {
    if (internals().callsBackFirst) this.prependOnceListener('finish', () => callback(null));
    else this.once('finish', callback);
  }
  countBytes(this, 0, true);
  this.finished = true;
  if (this.destroyed) return this;
  this._exchange.end(this._hasBody ? block : undefined);
  return this;
}

function encodingAndCallback(
  encoding: BufferEncoding | Callback | null | undefined,
  callback: Callback | undefined,
): [encoding: BufferEncoding | undefined, callback: Callback | undefined] {
  if (typeof encoding === 'function') return [undefined, encoding];
  return [encoding ?? undefined, typeof callback === 'function' ? callback : undefined];
}

function isChunk(chunk: unknown): chunk is Chunk {
  return typeof chunk === 'string' || chunk instanceof Uint8Array;
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding | undefined, copied: boolean): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  return copied ? Buffer.from(chunk) : chunk;
}

/** Lets Node's own method throw or emit the error of a write that cannot be. */
function refuse(response: BridgeResponse, chunk: unknown, callback: Callback | undefined): boolean {
  ensureErrorListener(response);
  if (response.finished) response._exchange.announceEnd();
  const { write: nodeWrite } = nodeHttp().ServerResponse.prototype;
  return nodeWrite.call(response, chunk, 'utf8', callback);
}

function endAgain(response: BridgeResponse, chunk: unknown, callback: Callback | undefined): void {
  if (chunk) ensureErrorListener(response);
  // The events of the first end come before the error of the second.
  response._exchange.announceEnd();
  const { end: nodeEnd } = nodeHttp().ServerResponse.prototype;
  nodeEnd.call(response, chunk, 'utf8', callback);
}

/** An `error` without a listener would end the process, with all the other requests in it. */
function ensureErrorListener(response: BridgeResponse): void {
  if (response.listenerCount('error') > 0) return;
  response.once('error', (error: Error) => response._exchange.log(error));
}

/** With `strictContentLength`, more bytes than announced, or fewer in the end, throw. */
function countBytes(response: BridgeResponse, length: number, last: boolean): void {
  if (!response.strictContentLength) return;
  const { bytesWritten } = internals().symbols;
  const total = Number(member(response, bytesWritten) ?? 0) + length;
  const declared = response._contentLength;
  const applies = declared !== null && response._hasBody && !response._removedContLen;
  if (applies && (last ? total !== declared : total > declared)) {
    throw nodeError(
      Error,
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
      `Response body's content-length of ${total} byte(s) does not match the content-length of ${declared} byte(s) set in header`,
    );
  }
  setMember(response, bytesWritten, total);
}

// ── For the exchange ────────────────────────────────────────────────────────────────────────────

function setNeedDrain(response: BridgeResponse, value: boolean): void {
  setMember(response, internals().symbols.needDrain, value);
}

/** The queue is empty again, after a `write` that returned false. */
export function emitDrain(response: BridgeResponse): void {
  if (response.finished || response.destroyed || !response.writableNeedDrain) return;
  setNeedDrain(response, false);
  response.emit('drain');
}

export function emitFinish(response: BridgeResponse): void {
  markFinished(response);
  response.emit('finish');
}

export function emitClose(response: BridgeResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

/** What `finish` means, without the event. */
export function markFinished(response: BridgeResponse): void {
  setMember(response, internals().symbols.writableFinished, true);
}
