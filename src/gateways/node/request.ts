/** What a request of `node:http` says, as facts for the environ; and which requests are refused before any application sees them. */
import type { RequestParts } from '../../core/request/environ.ts';
import { isBytes } from '../../base/bytes.ts';
import { lowerCase, omitHeader } from '../../http/headers.ts';
import { percentDecode } from '../../base/native.ts';
import type { Header, InputStream, NativeString } from '../../types.ts';
import { forwardedAddress, forwardedScheme } from './forwarded.ts';
import type { NodeRequest } from './types.ts';

/**
 * A request as it was read, once, as facts for the environ: order, spelling and repeats of its headers kept. One shape for all requests,
 * whatever they bring.
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
    const target = request.url || '/';
    // By hand: `new URL` resolves dot segments, takes `//a/b` for a host, and throws at some targets that Node accepts.
    const absolute = target.startsWith('/') ? null : /^https?:\/\/([^/?#]*)/i.exec(target);
    const rest = absolute ? target.slice(absolute[0].length) : target;
    const mark = rest.indexOf('?');
    this.method = request.method ?? 'GET';
    this.rawPath = (mark < 0 ? rest : rest.slice(0, mark)) || '/';
    this.query = mark < 0 ? undefined : rest.slice(mark + 1);
    this.protocol = request.httpVersion === '1.1' ? 'HTTP/1.1' : `HTTP/${request.httpVersion}`;
    readHeaders(request, this, absolute?.[1]);
  }
}

const BAD = '400 Bad Request';
const NOT_IMPLEMENTED = '501 Not Implemented';

/** RFC 3986 section 3.2, without user information. What stands here ends up in URLs that applications build. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?$/;

/** Headers that a request has once, or two servers may each believe another of them. */
const ONCE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'authorization',
]);
/** Most names are told from those by their length, which is cheaper than looking them up. */
const ONCE_LENGTHS: ReadonlySet<number> = new Set([...ONCE].map((name) => name.length));

/**
 * Two servers that read one request differently are how requests are smuggled (RFC 9112 section 11.2), so what can be read in two
 * ways is refused. Node's parser has turned down the rest: Content-Length beside a transfer coding, malformed lengths and names,
 * folded lines.
 *
 * @param authority The authority of an absolute-form target, which counts instead of Host (RFC 9112 section 3.2.2)
 */
function readHeaders(
  { rawHeaders, httpVersion }: NodeRequest,
  facts: NodeRequestParts,
  authority: string | undefined,
): void {
  const { headers } = facts;
  const once: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lower = ONCE_LENGTHS.has(name.length) ? lowerCase(name) : '';
    headers.push([name, lower === 'host' ? (authority ?? value) : value]);
    if (!ONCE.has(lower)) continue;
    if (once.includes(lower)) facts.refusal = BAD;
    once.push(lower);
    if (lower === 'host' && !AUTHORITY.test(value)) facts.refusal = BAD;
    else if (lower === 'content-length') facts.contentLength = Number(value);
    else if (lower === 'transfer-encoding') {
      facts.hasBody = true;
      // A front that speaks HTTP/1.0 does not know this header, and has seen another body than Node does.
      if (httpVersion === '1.0') facts.refusal = BAD;
      // `xchunked` and `gzip, chunked` pass Node's parser, which undoes the chunks and no more.
      else if (value.trim().toLowerCase() !== 'chunked') facts.refusal ??= NOT_IMPLEMENTED;
    }
  }
  if (facts.contentLength !== undefined) facts.hasBody = true;
  facts.hasHost = once.includes('host') || authority !== undefined;
  if (authority === undefined) return;
  if (!AUTHORITY.test(authority)) facts.refusal = BAD;
  if (!once.includes('host')) headers.push(['Host', authority]);
}

/** What only a request that is not refused needs, all but a body that has yet to be read. */
export function completeFacts(facts: NodeRequestParts, request: NodeRequest, hops: number): void {
  const { socket } = request;
  facts.remoteAddress = plainAddress(socket?.remoteAddress);
  if (socket?.encrypted) facts.scheme = 'https';
  if (hops > 0) {
    facts.remoteAddress = forwardedAddress(facts.headers, hops) ?? facts.remoteAddress;
    facts.scheme = forwardedScheme(facts.headers, hops) ?? facts.scheme;
  }
  if (!facts.hasHost) {
    facts.serverName = bracketed(plainAddress(socket?.localAddress));
    if (socket?.localPort !== undefined) facts.serverPort = String(socket.localPort);
  }
  // What Express and its like have taken off the path.
  const { baseUrl } = request;
  if (baseUrl) {
    facts.isMount = isMountItself(request, facts.rawPath);
    if (facts.isMount) facts.rawPath = baseUrl;
    else facts.scriptName = percentDecode(baseUrl);
  }
  if (facts.contentLength === 0) facts.body = EMPTY;
}

/** `PATH_INFO` is empty then, but Express and its like show `/`. */
function isMountItself({ baseUrl, originalUrl }: NodeRequest, path: string): boolean {
  return path === '/' && originalUrl?.split('?', 1)[0] === baseUrl;
}

const EMPTY = new Uint8Array(0);

/** Whether somebody in front has read the body: Google's functions framework, a body parser. */
export function isRead(request: NodeRequest): request is NodeRequest & { rawBody: Uint8Array } {
  return isBytes(request.rawBody) && request.readableEnded;
}

/** With a body that was read, and so decompressed, by somebody in front; the headers still speak of what was sent. */
export function useReadBody(facts: NodeRequestParts, body: Uint8Array): void {
  facts.body = body;
  facts.headers = omitHeader(facts.headers, 'content-encoding');
}

/** An IPv4 client of a server that listens on `::` looks like `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function bracketed(address: string | undefined): string | undefined {
  return address?.includes(':') ? `[${address}]` : address;
}
