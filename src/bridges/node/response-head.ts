/** Status and headers of a response: where Node keeps them until they leave, and on their way to the exchange as a list. */
import { responseName } from '../../http/headers.ts';
import { isBodiless, isStatus } from '../../http/status.ts';
import type { Header } from '../../types.ts';
import { type Http, nodeHttp } from './builtin.ts';
import {
  type BridgeResponse,
  type Callback,
  type HeaderValue,
  internals,
  nodeError,
} from './internals.ts';

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
export function implicitHeader(response: BridgeResponse): void {
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

/** What a response has of its own for its head. */
export const headMethods: {
  readonly setHeader: typeof setHeader;
  readonly storeHeader: typeof storeHeader;
  readonly flushHeaders: typeof flushHeaders;
  readonly writeRaw: typeof writeRaw;
} = { setHeader, storeHeader, flushHeaders, writeRaw };
