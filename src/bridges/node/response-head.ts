/**
 * Status and headers of a response: in Node's own storage, and as the list that the exchange gets.
 */
import { responseName } from '../../http/headers.ts';
import { isBodiless, isStatus } from '../../http/status.ts';
import type { Header } from '../../types.ts';
import { type Http, nodeHttp } from './builtin.ts';
import {
  type BridgeResponse,
  type Callback,
  type HeaderValue,
  internals,
  member,
  nodeError,
  setMember,
} from './internals.ts';

/**
 * Node keeps headers in an object without a prototype, which V8 makes a dictionary. An object with
 * an empty prototype does for Node's methods as well, and is quicker to make and to fill.
 */
const OutHeaders = function () {} as unknown as new () => OutHeaders;
OutHeaders.prototype = Object.create(null) as OutHeaders;
interface OutHeaders {
  [lowerName: string]: [name: string, value: HeaderValue];
}

// What Node's own check refuses in a header's value.
const INVALID_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Does what Node's own method does with valid headers: its checks and its storage are most of the
 * cost of a small response.
 */
function setHeader(this: BridgeResponse, name: string, value: HeaderValue): BridgeResponse {
  const { symbols, setHeader: nodes } = internals();
  const inherited = (Object.getPrototypeOf(this) as BridgeResponse).setHeader;
  const lower = typeof name === 'string' ? responseName(name) : '';
  if (
    lower === '' ||
    (typeof value === 'string' ? INVALID_VALUE.test(value) : typeof value !== 'number') ||
    this._header !== null ||
    // Instrumentation has replaced it.
    inherited !== nodes
  ) {
    return inherited.call(this, name, value);
  }
  let stored = member(this, symbols.outHeaders) as OutHeaders | null;
  if (!stored) setMember(this, symbols.outHeaders, (stored = new OutHeaders()));
  stored[lower] = [name, value];
  return this;
}

/** A code with the reason that Node gives it. */
interface StandardStatus {
  reason: string;
  status: string;
  line: string;
}
const STANDARD_STATUSES = new Map<number, StandardStatus>();

function standardStatus(code: number): StandardStatus | undefined {
  const known = STANDARD_STATUSES.get(code);
  if (known) return known;
  const reason = nodeHttp().STATUS_CODES[code];
  if (reason === undefined) return undefined;
  const status = `${code} ${reason}`;
  const usual = { reason, status, line: `HTTP/1.1 ${status}\r\n` };
  STANDARD_STATUSES.set(code, usual);
  return usual;
}

/**
 * Does what `_implicitHeader` and `writeHead` do, at once where neither was replaced and the reason
 * is Node's.
 */
export function implicitHeader(response: BridgeResponse): void {
  const { symbols, writeHead, implicitHeader: nodes } = internals();
  const { statusCode } = response;
  // Node takes a string for the code as well.
  const final = typeof statusCode === 'number' && statusCode >= 200;
  const usual = final ? standardStatus(statusCode) : undefined;
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
  storeHeader.call(response, usual.line, member(response, symbols.outHeaders));
}

/**
 * `writeHead` calls this with a valid status and merged headers. Node's own method makes text of
 * them.
 */
function storeHeader(this: BridgeResponse, statusLine: string, headers: unknown): void {
  const list: Header[] = [];
  const { outHeaders } = internals().symbols;
  const whole = this._contentLength;
  this._contentLength = null;
  if (headers === undefined || headers === null) {
    // None.
  } else if (headers === member(this, outHeaders)) {
    const stored = headers as Record<string, [name: string, value: HeaderValue]>;
    for (const key of Object.keys(stored)) {
      const entry = stored[key] as [string, HeaderValue];
      addHeader(this, list, key, entry[0], entry[1]);
    }
  } else if (Array.isArray(headers)) {
    for (const [name, value] of pairsOf(headers)) addChecked(this, list, name, value);
  } else {
    const named = headers as Record<string, HeaderValue>;
    for (const name of Object.keys(named)) addChecked(this, list, name, named[name] as HeaderValue);
  }
  // As Node does for a response that is ended in one go.
  if (whole !== null && this._contentLength === null && this._hasBody && !this._removedContLen) {
    list.push(['Content-Length', String(whole)]);
    this._contentLength = whole;
  }
  // Not the text that Node would send: other code only asks whether there is one.
  this._header = statusLine;
  this._headerSent = true;
  const { statusCode, statusMessage } = this;
  const usual = standardStatus(statusCode);
  const status =
    usual && usual.reason === statusMessage ? usual.status : statusOf(statusCode, statusMessage);
  this._exchange.setHead(status, list);
}

function statusOf(code: number, message: string | undefined): string {
  const status = `${code} ${message}`;
  return isStatus(status) ? status : `${code} ${(message ?? '').trim()}`;
}

/** Node takes pairs, or names and values in turn. */
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

/** Headers that came with `writeHead` alone are not checked yet. */
function addChecked(
  response: BridgeResponse,
  list: Header[],
  name: string,
  value: HeaderValue,
): void {
  let lower = responseName(name);
  if (
    lower === '' ||
    (typeof value === 'string' ? INVALID_VALUE.test(value) : typeof value !== 'number')
  ) {
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
  // As Node does: several lines, but one of `Cookie`.
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

/**
 * `writeContinue`, `writeProcessing` and `writeEarlyHints` call this. No gateway can pass an
 * informational response on.
 */
function writeRaw(
  this: BridgeResponse,
  _text: string,
  _encoding: unknown,
  callback?: Callback,
): boolean {
  if (typeof callback === 'function') process.nextTick(callback);
  return true;
}

/** The methods that each response gets for its head. */
export const headMethods: {
  readonly setHeader: typeof setHeader;
  readonly storeHeader: typeof storeHeader;
  readonly flushHeaders: typeof flushHeaders;
  readonly writeRaw: typeof writeRaw;
} = { setHeader, storeHeader, flushHeaders, writeRaw };
