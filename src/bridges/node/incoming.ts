/**
 * What this bridge reads of a request: from an environ, which middleware may have changed, or from
 * the gateway's own request (decisions/008-gateway-request.md). Both must give the same, which
 * test/bridges/node-gateway-request.test.ts checks.
 */
import { joinTarget, requestTarget } from '../../core/request/environ.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import { encodeNative, percentDecode, percentEncode } from '../../base/native.ts';
import {
  directHeaders,
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
  /** Every other version that a front speaks reaches node:http as HTTP/1.1. */
  readonly isHttp10: boolean;
  readonly headers: RequestHeaders;
  readonly errors: ErrorStream;
  readonly signal: AbortSignalLike | undefined;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  /** Whether the whole body is in memory; if not, it is read from `environ['wsgi.input']`. */
  readonly buffered: boolean;
  /** The whole body, if it is in memory. */
  takeBody(): Uint8Array | undefined;
  /** Behind a gateway's own request it is made on first use. */
  readonly environ: Environ;
}

/** A size, because PEP 3333 does not let an application read without one. */
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
    isHttp10: environ.SERVER_PROTOCOL === 'HTTP/1.0',
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
  // Middleware that moves the path on (`shiftPathInfo`, `mount`) leaves the raw one alone.
  const same = typeof raw === 'string' && (raw === path || percentDecode(raw) === path);
  const target = same ? raw : percentEncode(path, PATH);
  return joinTarget(rooted(target, environ.REQUEST_METHOD), environ.QUERY_STRING);
}

/**
 * With a slash in front, or `new URL('http://host' + url)` would be of another host:
 * `@evil.example` makes user information of it, `.evil.example` a domain. `*` is no path, and for
 * OPTIONS alone.
 */
function rooted(path: string, method: string): string {
  if (path.startsWith('/') || (path === '*' && method === 'OPTIONS')) return path;
  // An encoded slash is the one that `PATH_INFO` begins with.
  return `/${path.replace(/^%2f/i, '')}`;
}

const PATH = "/!$&'()*+,:;=@";

function baseUrlOf(whole: string, target: string): string {
  if (whole.endsWith(target)) return whole.slice(0, -target.length);
  // Of the mount alone, `/shop` or `/shop?x=1`, the target below is `/` or `/?x=1`.
  const below = target.slice(1);
  if (!whole.endsWith(below)) return '';
  // `/shop%2Fa`: the slash of the target below was encoded.
  return whole.slice(0, whole.length - below.length).replace(/%2f$/i, '');
}

/**
 * Requests with a base path, a streamed body or a server's own headers are read from the environ.
 */
export function fromGatewayRequest(gatewayRequest: GatewayRequest): Incoming {
  const { parts, server } = gatewayRequest;
  if (server.basePath || parts.input || parts.native) return fromEnviron(gatewayRequest.environ);
  const headers = directHeaders(parts);
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
  readonly isHttp10: boolean;
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
    this.isHttp10 = parts.protocol === 'HTTP/1.0';
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
