/**
 * A `ServerResponse` that writes no HTTP. Its headers are where Node keeps them, so that Node's methods read them; instead of text,
 * status and headers go to the exchange as a list, and blocks as blocks. Letting Node build the text, to take it apart again or to throw it
 * away, is what makes the peers slow.
 */
import { type IncomingMessage, nodeHttp } from './builtin.ts';
import type { Exchange } from './exchange.ts';
import { type BridgeResponse, type Callback, internals, nodeError } from './internals.ts';
import { headMethods, implicitHeader } from './response-head.ts';
import type { BridgeSocket } from './socket.ts';

export type ResponseConstructor = new (
  request: IncomingMessage,
  socket: BridgeSocket,
  exchange: Exchange,
) => BridgeResponse;

/** In bytes: what Node lets a response hold back before `write` says false. */
export function highWaterMark(): number {
  return internals().highWaterMark;
}

const { setHeader, storeHeader, flushHeaders, writeRaw } = headMethods;
const NO_BLOCKS: readonly never[] = Object.freeze([]);

/**
 * Responses with the prototype of `app.response`, or with Node's. All that a response has is there from birth, and in one order:
 * symbols first, because V8 turns an object into a slow dictionary when it gets them after a dozen other fields; and less than 40 fields.
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
    exchange: Exchange,
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
    // On the object, not on its prototype, which is the application's.
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

// ── Body ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Chunk = string | Uint8Array;

function write(
  this: BridgeResponse,
  chunk: Chunk,
  encodingOrCallback?: BufferEncoding | Callback | null,
  callbackOrNone?: Callback,
): boolean {
  const [encoding, callback] = trailing(encodingOrCallback, callbackOrNone);
  if (!isChunk(chunk) || this.finished || this.destroyed) return refuse(this, chunk, callback);
  // Node's callback says that the buffer may be used again, which is too early for a gateway that collects the body.
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

function trailing(
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

/** A write that fails, by Node's own rules: it throws, or emits an error, and does nothing else. */
function refuse(response: BridgeResponse, chunk: unknown, callback: Callback | undefined): boolean {
  hearError(response);
  if (response.finished) response._exchange.announceEnd();
  const { write: nodeWrite } = nodeHttp().ServerResponse.prototype;
  return nodeWrite.call(response, chunk, 'utf8', callback);
}

function endAgain(response: BridgeResponse, chunk: unknown, callback: Callback | undefined): void {
  if (chunk) hearError(response);
  // What was ended before is told before.
  response._exchange.announceEnd();
  const { end: nodeEnd } = nodeHttp().ServerResponse.prototype;
  nodeEnd.call(response, chunk, 'utf8', callback);
}

/** An error nobody listens to would end the process, and with it the invocations of others. */
function hearError(response: BridgeResponse): void {
  if (response.listenerCount('error') > 0) return;
  response.once('error', (error: Error) => response._exchange.log(error));
}

/** `strictContentLength`: more than announced, or in the end less, is an error in the caller's face. */
function countBytes(response: BridgeResponse, length: number, last: boolean): void {
  if (!response.strictContentLength) return;
  const { bytesWritten } = internals().symbols;
  const counts = response as unknown as Record<symbol, number>;
  const total = (counts[bytesWritten] ?? 0) + length;
  const declared = response._contentLength;
  const applies = declared !== null && response._hasBody && !response._removedContLen;
  if (applies && (last ? total !== declared : total > declared)) {
    throw nodeError(
      Error,
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
      `Response body's content-length of ${total} byte(s) does not match the content-length of ${declared} byte(s) set in header`,
    );
  }
  counts[bytesWritten] = total;
}

// ── For the exchange ─────────────────────────────────────────────────────────────────────────────────────────────────

function setNeedDrain(response: BridgeResponse, value: boolean): void {
  (response as unknown as Record<symbol, boolean>)[internals().symbols.needDrain] = value;
}

/** The queue is empty again: says so to whom `write` has told to wait. */
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

/** Everything has been sent, and nobody wants to be told. */
export function markFinished(response: BridgeResponse): void {
  (response as unknown as Record<symbol, boolean>)[internals().symbols.writableFinished] = true;
}
