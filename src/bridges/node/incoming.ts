/**
 * What a bridge wants of a request, by either door: of an environ, which middleware may have changed, or of what the gateway knows
 * (decisions/008-gateway-request.md). Both must say the same; test/bridges/node-gateway-request.test.ts holds them to it.
 */
import { joinTarget, requestTarget } from '../../core/request/environ.ts';
import {
  cleanValue,
  environKey,
  headerValue,
  type HeaderMap,
} from '../../core/request/environ-keys.ts';
import { lowerCase } from '../../http/headers.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import { encodeNative, percentDecode, percentEncode } from '../../base/native.ts';
import {
  isChunked,
  type RequestHeaders,
  requestHeaders,
} from '../../core/request/request-headers.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { BufferedInputStream, Environ, ErrorStream } from '../../types.ts';

export interface Incoming {
  readonly method: string;
  /** Below the mount, undecoded. */
  readonly url: string;
  /** With the mount. */
  readonly originalUrl: string;
  /** The mount, undecoded. */
  readonly baseUrl: string;
  /** Whether a part of the path belongs to a mount or a stage. */
  readonly mounted: boolean;
  /** HTTP/1.0. What else a front speaks reaches node:http as HTTP/1.1. */
  readonly old: boolean;
  readonly headers: RequestHeaders;
  readonly errors: ErrorStream;
  readonly signal: AbortSignalLike | undefined;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  /** Whether the body is all there; if not, it is read from `environ['wsgi.input']`. */
  readonly buffered: boolean;
  /** All of it, where it is. */
  takeBody(): Uint8Array | undefined;
  /** Made when it is asked for, by the side door. */
  readonly environ: Environ;
}

/** As a size, because the contract does not let an application read without one. */
const ALL = Number.MAX_SAFE_INTEGER;

export function fromEnviron(environ: Environ): Incoming {
  const url = targetOf(environ);
  const originalUrl = rooted(environ.REQUEST_URI ?? url, environ.REQUEST_METHOD);
  const headers = requestHeaders(environ);
  if (environ.CONTENT_LENGTH === undefined && isChunked(environ)) {
    headers.list.push('transfer-encoding', 'chunked');
    if (headers.byName) headers.byName['transfer-encoding'] = 'chunked';
  }
  return {
    method: environ.REQUEST_METHOD,
    url,
    originalUrl,
    baseUrl: environ.SCRIPT_NAME === '' ? '' : baseUrlOf(originalUrl, url),
    mounted: environ.SCRIPT_NAME !== '',
    old: environ.SERVER_PROTOCOL === 'HTTP/1.0',
    headers,
    // The application may replace what it finds in the environ.
    errors: environ['wsgi.errors'],
    signal: environ['gatecall.signal'] as AbortSignal | undefined,
    remoteAddress: environ.REMOTE_ADDR,
    secure: environ['wsgi.url_scheme'] === 'https',
    buffered: environ['gatecall.input_buffered'] === true,
    takeBody: () => (environ['wsgi.input'] as BufferedInputStream).readSync(ALL),
    environ,
  };
}

/** What is left of the target below the mount, undecoded. */
function targetOf(environ: Environ): string {
  const raw = environ['gatecall.raw_path'];
  const path = environ.PATH_INFO;
  // Middleware that moves the path on (`shiftPathInfo`, `mount`) knows nothing of the raw one.
  const same = typeof raw === 'string' && (raw === path || percentDecode(raw) === path);
  const target = same ? raw : percentEncode(path, PATH);
  return joinTarget(rooted(target, environ.REQUEST_METHOD), environ.QUERY_STRING);
}

/**
 * With a slash in front, or `new URL('http://host' + url)` would be of another host: `@evil.example`
 * makes user information of it, `.evil.example` a domain. `*` is no path, and for OPTIONS alone.
 */
function rooted(path: string, method: string): string {
  if (path.startsWith('/') || (path === '*' && method === 'OPTIONS')) return path;
  // An encoded slash is the one that `PATH_INFO` begins with.
  return `/${path.replace(/^%2f/i, '')}`;
}

const PATH = "/!$&'()*+,:;=@";

function baseUrlOf(whole: string, target: string): string {
  if (whole.endsWith(target)) return whole.slice(0, -target.length);
  // The mount alone, `/shop` or `/shop?x=1`, of which the target below is `/` or `/?x=1`.
  const below = target.slice(1);
  if (!whole.endsWith(below)) return '';
  // `/shop%2Fa`: the slash of the target below was encoded.
  return whole.slice(0, whole.length - below.length).replace(/%2f$/i, '');
}

/** What is not plain (a mount to be cut off, a streamed body, headers of the connection) goes by way of the environ. */
export function fromGatewayRequest(gatewayRequest: GatewayRequest): Incoming {
  const { parts, server } = gatewayRequest;
  if (server.basePath || parts.input || parts.native) return fromEnviron(gatewayRequest.environ);
  const headers = headersOf(gatewayRequest);
  return headers
    ? new DirectIncoming(gatewayRequest, headers)
    : fromEnviron(gatewayRequest.environ);
}

class DirectIncoming implements Incoming {
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly mounted: boolean;
  readonly old: boolean;
  readonly headers: RequestHeaders;
  readonly buffered = true;
  readonly #request: GatewayRequest;

  constructor(request: GatewayRequest, headers: RequestHeaders) {
    const { parts } = request;
    this.method = encodeNative(parts.method);
    this.url = requestTarget(parts);
    this.mounted = Boolean(parts.scriptName);
    this.baseUrl = parts.scriptName ? percentEncode(encodeNative(parts.scriptName)) : '';
    this.originalUrl = this.baseUrl + this.url;
    this.old = parts.protocol === 'HTTP/1.0';
    this.headers = headers;
    this.#request = request;
  }

  get errors(): ErrorStream {
    return this.#request.server.errors;
  }

  get signal(): AbortSignalLike | undefined {
    return this.#request.signal;
  }

  get remoteAddress(): string | undefined {
    return this.#request.parts.remoteAddress ?? undefined;
  }

  get secure(): boolean {
    return this.#request.parts.scheme !== 'http';
  }

  takeBody(): Uint8Array | undefined {
    return this.#request.parts.body;
  }

  get environ(): Environ {
    return this.#request.environ;
  }
}

/** As `createEnviron` treats them; undefined where it does more than pick and clean, and where a header comes twice. */
function headersOf({ parts: request }: GatewayRequest): RequestHeaders | undefined {
  const { body } = request;
  if (Array.isArray(request.headers)) return undefined;
  const given = request.headers as HeaderMap;
  const cookies = request.cookies && request.cookies.length > 0 ? request.cookies : undefined;
  const length = body?.length ?? request.contentLength;
  const withoutCookie = cookies !== undefined;
  const grows = withoutCookie || length !== undefined;
  const headers = asTheyCame(given, withoutCookie, grows) ?? cleaned(given, withoutCookie);
  if (!headers) return undefined;
  const { list, byName } = headers;
  if (cookies) {
    const clean = joinedCookies(cookies);
    if (clean === undefined) return undefined;
    list.push('cookie', clean);
    byName['cookie'] = clean;
  }
  if (length !== undefined || byName['content-length'] !== undefined) {
    const measured = String(length ?? 0);
    if (byName['content-length'] === undefined) list.push('content-length', measured);
    else list[lengthIn(list)] = measured;
    byName['content-length'] = measured;
  }
  return headers;
}

/** Where the value of `Content-Length` is. */
function lengthIn(list: readonly string[]): number {
  let index = 0;
  while (lowerCase(list[index] ?? '') !== 'content-length') index += 2;
  return index + 1;
}

interface OneEach {
  list: string[];
  byName: Record<string, string>;
}

/**
 * The usual case: small names, and one clean value each, so that the object can be copied as it is.
 */
function asTheyCame(
  headers: HeaderMap,
  withoutCookie: boolean,
  grows: boolean,
): OneEach | undefined {
  const list: string[] = [];
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    const known = headerName(name);
    if (
      typeof value !== 'string' ||
      known.lower !== name ||
      headerValue(known.key, value) !== value
    ) {
      return undefined;
    }
    list.push(name, value);
  }
  const byName = copyOf(headers, grows) as Record<string, string>;
  return withoutCookie && byName['cookie'] !== undefined ? undefined : { list, byName };
}

/**
 * A spread takes a quarter of what it takes to add the names one by one. But on Node 20 what is added to its result afterwards, a cookie for
 * example, makes a hidden class for each object, which costs a third of a small request.
 */
const copyOf: (headers: HeaderMap, grows: boolean) => object = process.version.startsWith('v20.')
  ? (headers, grows) => (grows ? Object.assign({}, headers) : { ...headers })
  : (headers) => ({ ...headers });

let requests = 0;

/** Undefined where two names differ in case only, and for what {@link headersOf} does not do. */
function cleaned(headers: HeaderMap, withoutCookie: boolean): OneEach | undefined {
  const list: string[] = [];
  const byName: Record<string, string> = {};
  // To count the names of the object that is made takes longer than to mark those that came.
  const request = ++requests;
  const before = cleared;
  for (const name of Object.keys(headers)) {
    const given = headers[name];
    const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
    if (value === null || value === undefined) continue;
    const known = headerName(name);
    const { lower } = known;
    if (known.dropped || (lower === 'cookie' && withoutCookie)) continue;
    if (lower === undefined || typeof value !== 'string' || name.length > CACHED_LENGTH)
      return undefined;
    const clean = headerValue(known.key, value);
    if (clean === undefined) continue;
    if (known.request === request) return undefined;
    known.request = request;
    list.push(name, clean);
    byName[lower] = clean;
  }
  return cleared === before ? { list, byName } : undefined;
}

function joinedCookies(cookies: readonly unknown[]): string | undefined {
  let joined: string | undefined;
  for (const cookie of cookies) {
    const clean = typeof cookie === 'string' ? cleanValue(cookie) : undefined;
    if (clean === undefined) return undefined;
    joined = joined === undefined ? clean : `${joined}; ${clean}`;
  }
  return joined;
}

/** What is known of a header's name: one object for all its spellings. */
class HeaderName {
  /** As Node has it in `headers`; undefined where a header needs more than that. */
  readonly lower: string | undefined;
  /** It must not reach an application. */
  readonly dropped: boolean;
  /** The last request that came with it. */
  request = 0;

  /** The environ's key. */
  readonly key: string;

  constructor(lower: string, key: string) {
    this.key = key;
    // Node keeps a list of `Set-Cookie`, and a name may be one that every object has.
    const unusual = lower === 'set-cookie' || lower in {};
    this.dropped = key === '';
    this.lower = this.dropped || unusual ? undefined : lower;
  }
}

// Bounded as the cache of environ keys is, and for the same reason.
const NAMES = new Map<string, HeaderName>();
const CACHED_NAMES = 1000;
const CACHED_LENGTH = 64;
/** How often it was full. */
let cleared = 0;

function headerName(name: string): HeaderName {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  if (NAMES.size >= CACHED_NAMES) {
    NAMES.clear();
    cleared++;
  }
  const lower = lowerCase(name);
  const key = environKey(name);
  // A name that is none may have one in lower case: of the Kelvin sign that is a k.
  const found = (key !== '' && NAMES.get(lower)) || new HeaderName(lower, key);
  if (name.length > CACHED_LENGTH) return found;
  NAMES.set(name, found);
  if (key !== '') NAMES.set(lower, found);
  return found;
}
