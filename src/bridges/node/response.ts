/**
 * A `ServerResponse` that writes no HTTP. Its headers are where Node keeps them, so that Node's methods read them; instead of text,
 * status and headers go to the exchange as a list, and blocks as blocks. Letting Node build the text, to take it apart again or to throw it
 * away, is what makes the peers slow.
 */
import { responseName } from '../../headers.ts';
import { isBodiless, isStatus } from '../../status.ts';
import type { Header } from '../../types.ts';
import { type Http, type IncomingMessage, nodeHttp, type ServerResponse } from './builtin.ts';
import type { Exchange } from './exchange.ts';
import type { BridgeSocket } from './socket.ts';

export type ResponseConstructor = new (
  request: IncomingMessage,
  socket: BridgeSocket,
  exchange: Exchange,
) => BridgeResponse;

/** Node's own members that its types leave out, and the exchange. */
export interface BridgeResponse extends ServerResponse {
  _events: object | undefined;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _closed: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _implicitHeader(): void;
  _exchange: Exchange;
}

type HeaderValue = string | number | readonly string[];
type Callback = (error?: Error | null) => void;

/** The symbols under which Node keeps a response's state, found on a real one by what they are called. */
interface Symbols {
  outHeaders: symbol;
  needDrain: symbol;
  corked: symbol;
  errored: symbol;
  socket: symbol | 'socket';
  chunkedBuffer: symbol;
  chunkedLength: symbol;
  writableFinished: symbol;
  bytesWritten: symbol;
}

interface Internals {
  symbols: Symbols;
  /** Node's own methods, as they are on its prototypes now. */
  setHeader: ServerResponse['setHeader'];
  writeHead: ServerResponse['writeHead'];
  implicitHeader: () => void;
  highWaterMark: number;
  /** Node 24 calls back who ended a response before it emits `finish`; its forerunners made a listener of the callback. */
  callsBackFirst: boolean;
}

let known: Internals | undefined;

function internals(): Internals {
  if (known) return known;
  const { ServerResponse } = nodeHttp();
  const sample = new ServerResponse({
    method: 'GET',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  } as never);
  const own = Object.getOwnPropertySymbols(sample);
  const find = (name: string): symbol =>
    own.find(({ description }) => description === name) ?? Symbol(name);
  const { setHeader, writeHead, _implicitHeader } = ServerResponse.prototype as BridgeResponse;
  known = {
    setHeader,
    writeHead,
    implicitHeader: _implicitHeader,
    symbols: {
      outHeaders: find('kOutHeaders'),
      needDrain: find('kNeedDrain'),
      corked: find('corked'),
      errored: find('errored'),
      socket: Object.hasOwn(sample, 'socket') ? 'socket' : find('kSocket'),
      chunkedBuffer: find('kChunkedBuffer'),
      chunkedLength: find('kChunkedLength'),
      writableFinished: find('kWritableFinished'),
      bytesWritten: find('kBytesWritten'),
    },
    highWaterMark: sample.writableHighWaterMark,
    callsBackFirst: own.some(({ description }) => description === 'kEndCallbacks'),
  };
  return known;
}

/** In bytes: what Node lets a response hold back before `write` says false. */
export function highWaterMark(): number {
  return internals().highWaterMark;
}

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

// ── Status and headers ───────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What Node keeps headers in is an object without a prototype, which V8 makes a dictionary. An object whose prototype is empty is as
 * good to Node's methods, and quicker to make and to fill.
 */
const OutHeaders = function () {} as unknown as new () => OutHeaders;
OutHeaders.prototype = Object.create(null) as OutHeaders;
interface OutHeaders {
  [lowerName: string]: [name: string, value: HeaderValue];
}

// As Node's own check: what is unfit for a header's value.
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/;

/** Node's own, where there is nothing to complain of: its checks and its storage cost a small response more than all else does. */
function setHeader(this: BridgeResponse, name: string, value: HeaderValue): BridgeResponse {
  const { symbols, setHeader: nodes } = internals();
  const inherited = (Object.getPrototypeOf(this) as BridgeResponse).setHeader;
  const lower = typeof name === 'string' ? responseName(name) : '';
  if (
    lower === '' ||
    (typeof value === 'string' ? UNFIT.test(value) : typeof value !== 'number') ||
    this._header !== null ||
    // Somebody has put another in its place.
    inherited !== nodes
  ) {
    return inherited.call(this, name, value);
  }
  const stores = this as unknown as Record<symbol, OutHeaders | null>;
  const stored = (stores[symbols.outHeaders] ??= new OutHeaders());
  stored[lower] = [name, value];
  return this;
}

/** A code with the reason that Node gives it. */
interface UsualStatus {
  reason: string;
  status: string;
  line: string;
}
const USUAL = new Map<number, UsualStatus>();

function usualStatus(code: number): UsualStatus | undefined {
  const known = USUAL.get(code);
  if (known) return known;
  const reason = nodeHttp().STATUS_CODES[code];
  if (reason === undefined) return undefined;
  const status = `${code} ${reason}`;
  const usual = { reason, status, line: `HTTP/1.1 ${status}\r\n` };
  USUAL.set(code, usual);
  return usual;
}

/** `_implicitHeader` and the `writeHead` that it calls, without the detour where nobody has changed either and the status is a usual one. */
function implicitHeader(response: BridgeResponse): void {
  const { symbols, writeHead, implicitHeader: nodes } = internals();
  const { statusCode } = response;
  // A code may be a string, too, of which Node makes a number.
  const final = typeof statusCode === 'number' && statusCode >= 200;
  const usual = final ? usualStatus(statusCode) : undefined;
  if (
    usual === undefined ||
    response.statusMessage ||
    response.writeHead !== writeHead ||
    response._implicitHeader !== nodes
  ) {
    return response._implicitHeader();
  }
  response.statusMessage = usual.reason;
  if (isBodiless(statusCode)) response._hasBody = false;
  const headers = (response as unknown as Record<symbol, unknown>)[symbols.outHeaders];
  storeHeader.call(response, usual.line, headers);
}

/** Where `writeHead` arrives once it has checked the status and merged the headers: Node would make text of them here. */
function storeHeader(this: BridgeResponse, statusLine: string, headers: unknown): void {
  const list: Header[] = [];
  const { outHeaders } = internals().symbols;
  const whole = this._contentLength;
  this._contentLength = null;
  if (headers === undefined || headers === null) {
    // None.
  } else if (headers === (this as unknown as Record<symbol, unknown>)[outHeaders]) {
    const stored = headers as Record<string, [name: string, value: HeaderValue]>;
    for (const key in stored) {
      const entry = stored[key] as [string, HeaderValue];
      addHeader(this, list, key, entry[0], entry[1]);
    }
  } else if (Array.isArray(headers)) {
    for (const [name, value] of pairsOf(headers)) addChecked(this, list, name, value);
  } else {
    const named = headers as Record<string, HeaderValue>;
    for (const name of Object.keys(named)) addChecked(this, list, name, named[name] as HeaderValue);
  }
  // As Node: who ends a response in one go need not count.
  if (whole !== null && this._contentLength === null && this._hasBody && !this._removedContLen) {
    list.push(['Content-Length', String(whole)]);
    this._contentLength = whole;
  }
  // Not the text Node would send; what others ask is whether there is one.
  this._header = statusLine;
  this._headerSent = true;
  const { statusCode, statusMessage } = this;
  const usual = usualStatus(statusCode);
  const status =
    usual && usual.reason === statusMessage ? usual.status : statusOf(statusCode, statusMessage);
  this._exchange.setHead(status, list);
}

function statusOf(code: number, message: string | undefined): string {
  const status = `${code} ${message}`;
  return isStatus(status) ? status : `${code} ${(message ?? '').trim()}`;
}

/** Node takes pairs, and names and values in turn. */
function pairsOf(headers: readonly unknown[]): [name: string, value: HeaderValue][] {
  if (Array.isArray(headers[0])) return headers as [string, HeaderValue][];
  if (headers.length % 2 !== 0) {
    throw nodeError(
      TypeError,
      'ERR_INVALID_ARG_VALUE',
      "The argument 'headers' is invalid: names and values in turn are an even number of items",
    );
  }
  const pairs: [string, HeaderValue][] = [];
  for (let index = 0; index < headers.length; index += 2) {
    pairs.push([headers[index] as string, headers[index + 1] as HeaderValue]);
  }
  return pairs;
}

/** Headers that came with `writeHead` alone have been checked by nobody yet. */
function addChecked(
  response: BridgeResponse,
  list: Header[],
  name: string,
  value: HeaderValue,
): void {
  let lower = responseName(name);
  if (lower === '' || (typeof value === 'string' ? UNFIT.test(value) : typeof value !== 'number')) {
    const { validateHeaderName, validateHeaderValue }: Http = nodeHttp();
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? (value as string[]) : [value]) {
      validateHeaderValue(name, one as string);
    }
    lower = name.toLowerCase();
  }
  addHeader(response, list, lower, name, value);
}

function addHeader(
  response: BridgeResponse,
  list: Header[],
  lowerName: string,
  name: string,
  value: HeaderValue,
): void {
  // Framing is the gateway's.
  if (responseName(lowerName) === '') return;
  if (typeof value === 'string') list.push([name, value]);
  else if (!Array.isArray(value)) list.push([name, String(value)]);
  // As Node: several lines, but of cookies a client sends, one.
  else if (lowerName === 'cookie' && value.length > 1) list.push([name, value.join('; ')]);
  else for (const one of value as unknown[]) list.push([name, String(one)]);
  if (lowerName === 'content-length') {
    response._contentLength = Number(value);
    response._removedContLen = false;
  }
}

function flushHeaders(this: BridgeResponse): void {
  if (!this._header) implicitHeader(this);
  this._exchange.flush();
}

/** Where `writeContinue`, `writeProcessing` and `writeEarlyHints` arrive: no gateway can pass an informational response on. */
function writeRaw(
  this: BridgeResponse,
  _text: string,
  _encoding: unknown,
  callback?: Callback,
): boolean {
  if (typeof callback === 'function') process.nextTick(callback);
  return true;
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

function nodeError(type: ErrorConstructor, code: string, message: string): Error {
  return Object.assign(new type(message), { code });
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
