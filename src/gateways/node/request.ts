/** What a request of `node:http` says, as facts for the environ; and which requests are refused before any application sees them. */
import type { RequestFacts } from '../../environ.ts';
import { isBytes } from '../../bytes.ts';
import { lowerCase, omitHeader } from '../../headers.ts';
import { streamedInput } from '../../input.ts';
import { percentDecode } from '../../native.ts';
import type { Header, HeaderList, NativeString } from '../../types.ts';
import type { RequestBody } from './body.ts';
import { forwardedAddress, forwardedScheme } from './forwarded.ts';
import type { NodeRequest } from './types.ts';

/** A request as it was read, once: order, spelling and repeats of its headers kept. */
export interface Received {
  headers: Header[];
  /** Why it must be refused. */
  refusal: NativeString | undefined;
  /** The authority of an absolute-form target, which counts instead of Host (RFC 9112 section 3.2.2). */
  authority: string | undefined;
  path: string;
  query: string | undefined;
  hasHost: boolean;
  /** Whether it has a body, be it an empty one, and how many bytes where the client says so. */
  hasBody: boolean;
  length: number | undefined;
}

export function receive(request: NodeRequest): Received {
  const target = request.url || '/';
  // By hand: `new URL` resolves dot segments, takes `//a/b` for a host, and throws at some targets that Node accepts.
  const absolute = target.startsWith('/') ? null : /^https?:\/\/([^/?#]*)/i.exec(target);
  const rest = absolute ? target.slice(absolute[0].length) : target;
  const mark = rest.indexOf('?');
  // Key by key: a spread of what another function returns costs 3 µs.
  const received: Received = {
    authority: absolute?.[1],
    path: (mark < 0 ? rest : rest.slice(0, mark)) || '/',
    query: mark < 0 ? undefined : rest.slice(mark + 1),
    headers: [],
    refusal: undefined,
    hasHost: false,
    hasBody: false,
    length: undefined,
  };
  readHeaders(request, received);
  return received;
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

/**
 * Two servers that read one request differently are how requests are smuggled (RFC 9112 section 11.2), so what can be read in two
 * ways is refused. Node's parser has turned down the rest: Content-Length beside a transfer coding, malformed lengths and names,
 * folded lines.
 */
function readHeaders({ rawHeaders, httpVersion }: NodeRequest, received: Received): void {
  const { headers, authority } = received;
  const once: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lower = lowerCase(name);
    headers.push([name, lower === 'host' ? (authority ?? value) : value]);
    if (!ONCE.has(lower)) continue;
    if (once.includes(lower)) received.refusal = BAD;
    once.push(lower);
    if (lower === 'host' && !AUTHORITY.test(value)) received.refusal = BAD;
    else if (lower === 'content-length') received.length = Number(value);
    else if (lower === 'transfer-encoding') {
      received.hasBody = true;
      // A front that speaks HTTP/1.0 does not know this header, and has seen another body than Node does.
      if (httpVersion === '1.0') received.refusal = BAD;
      // `xchunked` and `gzip, chunked` pass Node's parser, which undoes the chunks and no more.
      else if (value.trim().toLowerCase() !== 'chunked') received.refusal ??= NOT_IMPLEMENTED;
    }
  }
  if (received.length !== undefined) received.hasBody = true;
  received.hasHost = once.includes('host') || authority !== undefined;
  if (authority === undefined) return;
  if (!AUTHORITY.test(authority)) received.refusal = BAD;
  if (!once.includes('host')) headers.push(['Host', authority]);
}

/** The facts, all but a body that has yet to be read. */
export function requestFacts(request: NodeRequest, received: Received, hops: number): RequestFacts {
  const { socket } = request;
  const { headers, length } = received;
  const facts: RequestFacts = {
    native: true,
    method: request.method ?? 'GET',
    rawPath: received.path,
    query: received.query,
    headers,
    scheme: socket?.encrypted ? 'https' : 'http',
    protocol: `HTTP/${request.httpVersion}`,
    remoteAddress: plainAddress(socket?.remoteAddress),
  };
  if (hops > 0) {
    facts.remoteAddress = forwardedAddress(headers, hops) ?? facts.remoteAddress;
    facts.scheme = forwardedScheme(headers, hops) ?? facts.scheme;
  }
  if (!received.hasHost) {
    facts.serverName = bracketed(plainAddress(socket?.localAddress));
    if (socket?.localPort !== undefined) facts.serverPort = String(socket.localPort);
  }
  // What Express and its like have taken off the path.
  if (isMountItself(request, received)) facts.rawPath = request.baseUrl ?? '';
  else if (request.baseUrl) facts.scriptName = percentDecode(request.baseUrl);
  if (length === 0) facts.body = EMPTY;
  else facts.contentLength = length;
  return facts;
}

/** Whether the target is the mount with no slash behind it: `PATH_INFO` is empty then, but Express and its like show `/`. */
export function isMountItself(request: NodeRequest, { path }: Received): boolean {
  const { baseUrl, originalUrl } = request;
  return !!baseUrl && path === '/' && originalUrl?.split('?', 1)[0] === baseUrl;
}

const EMPTY = new Uint8Array(0);

/** With a body that arrives while it is read. */
export function useBody(facts: RequestFacts, body: RequestBody): RequestBody {
  const length = facts.contentLength;
  facts.input = streamedInput(body, length === undefined ? {} : { length });
  return body;
}

/** Whether somebody in front has read the body: Google's functions framework, a body parser. */
export function isRead(request: NodeRequest): request is NodeRequest & { rawBody: Uint8Array } {
  return isBytes(request.rawBody) && request.readableEnded;
}

/** With a body that was read, and so decompressed, by somebody in front; the headers still speak of what was sent. */
export function useReadBody(facts: RequestFacts, body: Uint8Array): void {
  facts.body = body;
  facts.headers = omitHeader(facts.headers as HeaderList, 'content-encoding');
}

/** An IPv4 client of a server that listens on `::` looks like `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function bracketed(address: string | undefined): string | undefined {
  return address?.includes(':') ? `[${address}]` : address;
}
