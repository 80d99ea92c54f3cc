/**
 * A request of `node:http` as parts for the environ, and which requests are refused before the
 * application sees them.
 */
import type { RequestParts } from '../../core/request/request-parts.ts';
import { isBytes } from '../../base/bytes.ts';
import { lowerCase, omitHeader } from '../../http/headers.ts';
import { percentDecode } from '../../base/native.ts';
import type { Header, InputStream, NativeString } from '../../types.ts';
import { forwardedAddress, forwardedScheme } from './forwarded.ts';
import type { NodeRequest } from './types.ts';

/**
 * A request as parts for the environ, with the order, spelling and repeats of its headers. Every
 * object has the same members, whatever the request has.
 */
export class NodeRequestParts implements RequestParts {
  readonly native = true;
  readonly method: string;
  rawPath: string;
  readonly query: string | undefined;
  headers: Header[] = [];
  scriptName: string | undefined;
  body: Uint8Array | undefined;
  input: InputStream | undefined;
  /** Bytes of body, where the client says so. */
  contentLength: number | undefined;
  scheme: 'http' | 'https' = 'http';
  readonly protocol: string;
  serverName: string | undefined;
  serverPort: string | undefined;
  remoteAddress: string | undefined;
  /** Why it must be refused. */
  refusal: NativeString | undefined;
  hasHost = false;
  /** Whether it has a body, be it an empty one. */
  hasBody = false;
  /** Whether the target is the mount with no slash behind it. */
  isMount = false;

  constructor(request: NodeRequest) {
    const target = latin1(request.url || '/');
    // Not by `new URL`, which resolves dot segments, takes `//a/b` for a host, and throws at some
    // targets that Node accepts.
    const absolute = target.startsWith('/') ? null : /^https?:\/\/([^/?#]*)/i.exec(target);
    const rest = absolute ? target.slice(absolute[0].length) : target;
    const mark = rest.indexOf('?');
    this.method = request.method ?? 'GET';
    this.rawPath = (mark < 0 ? rest : rest.slice(0, mark)) || '/';
    this.query = mark < 0 ? undefined : rest.slice(mark + 1);
    this.protocol = request.httpVersion === '1.1' ? 'HTTP/1.1' : `HTTP/${request.httpVersion}`;
    this.refusal = lineRefusal(this.method, target, request.httpVersion);
    readHeaders(request, this, absolute?.[1]);
  }
}

const BAD = '400 Bad Request';
const NOT_IMPLEMENTED = '501 Not Implemented';
const VERSION_NOT_SUPPORTED = '505 HTTP Version Not Supported';

/** A scheme other than those of HTTP. */
const OTHER_SCHEME = /^(?!https?:\/\/)[a-z][a-z0-9+.-]*:/i;

/**
 * Node's parser takes any of the forms of a target with any method, and the versions 0.9 and 2.0,
 * which have no such request line (RFC 9112 sections 2.3 and 3.2).
 */
function lineRefusal(method: string, target: string, version: string): NativeString | undefined {
  if (version !== '1.1' && version !== '1.0') return VERSION_NOT_SUPPORTED;
  if (target.startsWith('*') && (target !== '*' || method !== 'OPTIONS')) return BAD;
  return OTHER_SCHEME.test(target) ? BAD : undefined;
}

/**
 * A target as bytes. A listener or a framework in front may have put any text into `request.url`,
 * and what no byte can be is percent-encoded.
 */
function latin1(target: string): string {
  return NOT_LATIN1.test(target)
    ? target.replace(/[^\x00-\xff]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    : target;
}
const NOT_LATIN1 = /[^\x00-\xff]/;

/** RFC 3986 section 3.2, without user information. Applications build URLs of it. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?$/;

/** Headers that a request has once: of several, two servers may each read another. */
const ONCE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'authorization',
]);
/** Most other names differ from these in length, which is cheaper to compare. */
const ONCE_LENGTHS: ReadonlySet<number> = new Set([...ONCE].map((name) => name.length));

/**
 * Requests are smuggled where two servers read one request differently (RFC 9112 section 11.2), so
 * a request that can be read in two ways is refused. Node's parser has refused the rest:
 * Content-Length beside a transfer coding, malformed lengths and names, folded lines.
 *
 * @param authority The authority of an absolute-form target, which counts instead of Host (RFC 9112
 * section 3.2.2)
 */
function readHeaders(
  { rawHeaders, httpVersion }: NodeRequest,
  parts: NodeRequestParts,
  authority: string | undefined,
): void {
  const { headers } = parts;
  const once: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lower = ONCE_LENGTHS.has(name.length) ? lowerCase(name) : '';
    headers.push([name, lower === 'host' ? (authority ?? value) : value]);
    if (!ONCE.has(lower)) continue;
    if (once.includes(lower)) parts.refusal ??= BAD;
    once.push(lower);
    if (lower === 'host' && !AUTHORITY.test(value)) parts.refusal ??= BAD;
    else if (lower === 'content-length') parts.contentLength = Number(value);
    else if (lower === 'transfer-encoding') {
      parts.hasBody = true;
      // A front that speaks HTTP/1.0 ignores this header, and has read another body than Node does.
      if (httpVersion === '1.0') parts.refusal ??= BAD;
      // `xchunked` and `gzip, chunked` pass Node's parser, which only decodes chunks.
      else if (value.trim().toLowerCase() !== 'chunked') parts.refusal ??= NOT_IMPLEMENTED;
    }
  }
  if (parts.contentLength !== undefined) parts.hasBody = true;
  parts.hasHost = once.includes('host') || authority !== undefined;
  if (authority === undefined) return;
  if (!AUTHORITY.test(authority)) parts.refusal ??= BAD;
  if (!once.includes('host')) headers.push(['Host', authority]);
}

/** Adds what a request needs that is not refused, except a body that must still be read. */
export function completeParts(
  parts: NodeRequestParts,
  request: NodeRequest,
  trustedProxies: number,
): void {
  const { socket } = request;
  parts.remoteAddress = plainAddress(socket?.remoteAddress);
  if (socket?.encrypted) parts.scheme = 'https';
  if (trustedProxies > 0) {
    parts.remoteAddress = forwardedAddress(parts.headers, trustedProxies) ?? parts.remoteAddress;
    parts.scheme = forwardedScheme(parts.headers, trustedProxies) ?? parts.scheme;
  }
  if (!parts.hasHost) {
    parts.serverName = bracketed(plainAddress(socket?.localAddress));
    if (socket?.localPort !== undefined) parts.serverPort = String(socket.localPort);
  }
  const baseUrl = mountOf(request, parts.rawPath);
  if (baseUrl) {
    parts.isMount = isMountItself(request, baseUrl, parts.rawPath);
    if (parts.isMount) parts.rawPath = baseUrl;
    else parts.scriptName = percentDecode(baseUrl);
  }
  if (parts.contentLength === 0) parts.body = EMPTY;
}

/**
 * The mount that Express or Connect has taken off the path. Connect only leaves the whole target
 * behind.
 */
function mountOf({ baseUrl, originalUrl }: NodeRequest, path: string): string {
  if (typeof baseUrl === 'string') return latin1(baseUrl);
  if (typeof originalUrl !== 'string') return '';
  const whole = pathOf(originalUrl);
  if (whole.endsWith(path)) return whole.slice(0, -path.length);
  // The mount itself, below which Connect shows `/`.
  return path === '/' ? whole : '';
}

/** `PATH_INFO` is empty then, but Express and Connect show `/`. */
function isMountItself({ originalUrl }: NodeRequest, baseUrl: string, path: string): boolean {
  return path === '/' && originalUrl !== undefined && pathOf(originalUrl) === baseUrl;
}

function pathOf(target: string): string {
  return latin1(target.replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0] ?? '');
}

const EMPTY = new Uint8Array(0);

/** Whether Google's functions framework or a body parser has read the body. */
export function isRead(request: NodeRequest): request is NodeRequest & { rawBody: Uint8Array } {
  return isBytes(request.rawBody) && request.readableEnded;
}

/**
 * Takes a body that was read in front, and so decompressed; `Content-Encoding` is that of what was
 * sent.
 */
export function useReadBody(parts: NodeRequestParts, body: Uint8Array): void {
  parts.body = body;
  parts.headers = omitHeader(parts.headers, 'content-encoding');
}

/** To a server that listens on `::` an IPv4 client is `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function bracketed(address: string | undefined): string | undefined {
  return address?.includes(':') ? `[${address}]` : address;
}
