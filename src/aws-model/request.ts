/**
 * What AWS's front doors have in common: the request they received, before each writes it down in
 * its own way.
 */
import { isHopByHop } from '../http/headers.ts';
import {
  decodeNative,
  encodeNative,
  latin1String,
  nativeToText,
  percentDecode,
} from '../base/native.ts';
import { testRequest } from './message.ts';
import type { TestRequestOptions } from './message.ts';
import { encodeBase64 } from './base64.ts';

/** The settings of a source. Each source ignores those of others. */
export interface SourceOptions {
  /** API Gateway's stage. Default `'live'` for REST APIs, `'$default'` for HTTP APIs. */
  stage?: string;
  /**
   * The name the source is addressed by without a custom domain; also the Host header where the
   * request has none.
   */
  domainName?: string;
  /** API Gateway: a custom domain name in front, so that the stage is not in the URL. */
  customDomain?: string;
  /**
   * API Gateway: the base path (API mapping key) of the custom domain, `'shop'` or `'/shop'`.
   * Implies `customDomain`.
   */
  basePath?: string;
  /**
   * REST API, custom domain: `false` if the mapping names no stage, so that the URL has to. Default
   * `true`.
   */
  stageMapped?: boolean;
  /**
   * REST API, custom domain: a routing rule strips the base path, and `rawPath` keeps it. Default
   * `false`.
   */
  stripBasePath?: boolean;
  /**
   * REST API: the resource, default `'/{proxy+}'`. HTTP API: the route, default `'$default'`, else
   * `'GET /x/{id}'`.
   */
  route?: string;
  stageVariables?: Record<string, string>;
  /**
   * `requestContext.authorizer`, as the source writes it; Lattice V2: members of
   * `requestContext.identity`.
   */
  authorizer?: Record<string, unknown>;
  /** REST API: which media types are binary. Default every one. */
  binaryMediaTypes?: readonly string[];
  /**
   * The address of the client. Default the request's `clientAddress`, else an address of RFC 5737.
   */
  sourceIp?: string;
  /** The port the client came to, for X-Forwarded-Port. Default that of the scheme. */
  port?: number;
  /** X-Ray's trace, `Root=1-…`, where the client sends none. */
  traceId?: string;
  /** REST API: the key the client was let in with. */
  apiKey?: string;
  /**
   * Lattice V2: `path` carries the query too, as in the event that Powertools recorded. Default
   * `false`.
   */
  queryInPath?: boolean;
  /** ALB: write the client's port beside its address in X-Forwarded-For. */
  clientPort?: number;
  /** ALB: what becomes of the client's X-Forwarded-For. Default `'append'`. */
  forwardedFor?: 'append' | 'preserve' | 'remove';
  /**
   * ALB: the event of a health check, which has neither Host nor X-Forwarded-*. Default `false`.
   */
  healthCheck?: boolean;
  /** ALB: deliver the values of one header in reverse, as the real one does. Default `false`. */
  reverse?: boolean;
  /** Edge: the setting *Include body*. Default `true`. */
  includeBody?: boolean;
  /**
   * Edge, origin request: whether the whole viewer request is forwarded (the policy *AllViewer*),
   * default `true`. If not, Host is the origin's, User-Agent is CloudFront's, and cookies and query
   * are gone.
   */
  allViewer?: boolean;
  /** The platform's id of the request. */
  requestId?: string;
  /**
   * When it arrived, in ms since 1970. A fixed moment by default, so that events are reproducible.
   */
  time?: number;
}

/** A request and how the source that receives it is set up. */
export type LambdaRequest = TestRequestOptions & SourceOptions;

export type Pair = readonly [name: string, value: string];

/** A request as a source receives it. Strings are text, as JSON needs. */
export interface Received {
  method: string;
  /** Undecoded. */
  path: string;
  /** Undecoded, without `?`; `''` when there is none. */
  query: string;
  /** Without those of the connection; names as sent. */
  headers: Pair[];
  /** Absent when empty. */
  body?: Uint8Array;
  scheme: 'http' | 'https';
  protocol: string;
  clientAddress: string;
  userAgent: string | undefined;
  time: number;
  port: string;
  traceId: string | undefined;
}

/** 10 January 2026, 09:30:00 UTC. */
const DEFAULT_TIME = Date.UTC(2026, 0, 10, 9, 30);
const DEFAULT_ADDRESS = '203.0.113.7';

/** Reads a request as any front does; `host` is the Host header if the client sends none. */
export function receive(options: LambdaRequest, host: string): Received {
  const request = testRequest(options);
  const target = originForm(request.target);
  const at = target.path.indexOf('?');
  let headers = forwardable(request.headers);
  if (target.authority !== undefined) headers = withHeader(headers, 'Host', target.authority);
  if (lookup(headers, 'host') === undefined) headers = [['Host', host], ...headers];
  const received: Received = {
    method: request.method,
    path: nativeToText(at < 0 ? target.path : target.path.slice(0, at)),
    query: at < 0 ? '' : nativeToText(target.path.slice(at + 1)),
    headers: withContentLength(headers, request.body),
    scheme: request.scheme ?? 'https',
    protocol: request.protocol ?? 'HTTP/1.1',
    clientAddress: options.sourceIp ?? request.clientAddress ?? DEFAULT_ADDRESS,
    userAgent: lookup(headers, 'user-agent'),
    time: options.time ?? DEFAULT_TIME,
    port: String(options.port ?? (request.scheme === 'http' ? 80 : 443)),
    traceId: options.traceId,
  };
  if (request.body?.length) received.body = request.body;
  return received;
}

/** RFC 9112 section 3.2.2: of an absolute target the authority replaces Host. */
function originForm(target: string): { path: string; authority?: string } {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  if (!absolute) return { path: target };
  const [, authority = '', rest = ''] = absolute;
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

/** Drops what belongs to the connection, also what `Connection` names (RFC 9110 section 7.6.1). */
function forwardable(headers: readonly Pair[]): Pair[] {
  const named = new Set(
    headers
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.toLowerCase().split(','))
      .map((name) => name.trim()),
  );
  return headers
    .filter(([name]) => !isHopByHop(name) && !named.has(name.toLowerCase()))
    .map(([name, value]) => [nativeToText(name), nativeToText(trimEnds(value, ' \t'))]);
}

/**
 * The text without these characters at either end. `/[ \t]+$/` took 4 s for a value of 64 KB of
 * blanks between two letters: it tries anew from each of them.
 */
export function trimEnds(text: string, characters: string): string {
  let [start, end] = [0, text.length];
  while (start < end && characters.includes(text.charAt(start))) start++;
  while (end > start && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Every front buffers the whole body, so the length it writes is the true one, chunked or not. */
function withContentLength(headers: Pair[], body: Uint8Array | undefined): Pair[] {
  if (!body?.length && lookup(headers, 'content-length') === undefined) return headers;
  return withHeader(headers, 'Content-Length', String(body?.length ?? 0));
}

/** The last value of a header, its name given in lower case. */
export function lookup(headers: readonly Pair[], lowerName: string): string | undefined {
  return headers.findLast(([name]) => name.toLowerCase() === lowerName)?.[1];
}

export function without(headers: readonly Pair[], ...lowerNames: string[]): Pair[] {
  return headers.filter(([name]) => !lowerNames.includes(name.toLowerCase()));
}

/** Sets a header, in its place and its spelling if it is there, at the end if not. */
export function withHeader(headers: readonly Pair[], name: string, value: string): Pair[] {
  const lower = name.toLowerCase();
  const at = headers.findIndex(([candidate]) => candidate.toLowerCase() === lower);
  if (at < 0) return [...headers, [name, value]];
  return headers.flatMap(([candidate, old], index): Pair[] => {
    if (candidate.toLowerCase() !== lower) return [[candidate, old]];
    return index === at ? [[candidate, value]] : [];
  });
}

/** Joins several Cookie lines by `; `: HTTP/2 splits them (RFC 9113, section 8.2.3). */
export function withOneCookie(headers: readonly Pair[]): Pair[] {
  const cookies = headers.filter(([name]) => name.toLowerCase() === 'cookie');
  if (cookies.length < 2) return [...headers];
  return withHeader(headers, 'Cookie', cookies.map(([, value]) => value).join('; '));
}

/**
 * Adds X-Forwarded-For, -Port and -Proto: the client's chain is kept and lengthened, the other two
 * are replaced.
 */
export function withForwarded(received: Received, separator = ', '): Pair[] {
  const chain = received.headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .map(([, value]) => value);
  let headers = withHeader(
    received.headers,
    'X-Forwarded-For',
    [...chain, received.clientAddress].join(separator),
  );
  headers = withHeader(headers, 'X-Forwarded-Port', received.port);
  return withHeader(headers, 'X-Forwarded-Proto', received.scheme);
}

/** X-Ray's header: the client's own if it sent one. */
export function withTraceId(headers: readonly Pair[], { time, traceId }: Received): Pair[] {
  if (lookup(headers, 'x-amzn-trace-id') !== undefined) return [...headers];
  if (traceId !== undefined) return [...headers, ['X-Amzn-Trace-Id', traceId]];
  const seconds = Math.floor(time / 1000)
    .toString(16)
    .padStart(8, '0');
  return [...headers, ['X-Amzn-Trace-Id', `Root=1-${seconds}-6a7463616c6c2d7465737421`]];
}

/**
 * Pairs of a query, undecoded; a key without `=` has the value `''`, as every parsing source writes
 * it.
 */
export function queryPairs(query: string, separator: RegExp | string = '&'): Pair[] {
  return query
    .split(separator)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const at = piece.indexOf('=');
      return at < 0 ? [piece, ''] : [piece.slice(0, at), piece.slice(at + 1)];
    });
}

/** As API Gateway decodes queries: `+` is a space, bytes that are no UTF-8 are lost. */
export function decodePairs(pairs: readonly Pair[]): Pair[] {
  const decode = (text: string): string => decodePercent(text.replaceAll('+', ' '));
  return pairs.map(([name, value]) => [decode(name), decode(value)]);
}

/**
 * Percent-decoded to text, a malformed `%` kept; U+FFFD for bytes that are no UTF-8, which JSON
 * cannot carry.
 */
export function decodePercent(text: string): string {
  return decodeNative(percentDecode(text));
}

type Groups = [name: string, values: string[]][];

/**
 * Values by name in order of first appearance. `same` says under which key two names are the same.
 */
export function groupPairs(
  pairs: readonly Pair[],
  same: (name: string) => string = String,
): Groups {
  const groups = new Map<string, [name: string, values: string[]]>();
  for (const [name, value] of pairs) {
    const group = groups.get(same(name));
    if (group) group[1].push(value);
    else groups.set(same(name), [name, [value]]);
  }
  return [...groups.values()];
}

/** Headers by name, whatever the case of each line. */
export function groupHeaders(headers: readonly Pair[]): Groups {
  return groupPairs(headers, (name) => name.toLowerCase());
}

export function lowerCaseNames(headers: readonly Pair[]): Pair[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value]);
}

// `Object.fromEntries` defines own members, so a header called `__proto__` is a member like any
// other.
export const lastOfGroups = (groups: Groups): Record<string, string> =>
  Object.fromEntries(groups.map(([name, values]) => [name, values.at(-1) ?? '']));
export const joinGroups = (groups: Groups): Record<string, string> =>
  Object.fromEntries(groups.map(([name, values]) => [name, values.join(',')]));
export const allOfGroups = (groups: Groups): Record<string, string[]> => Object.fromEntries(groups);

export interface EventBody {
  body: string;
  isBase64Encoded: boolean;
}

/** The body as text if it may be and can be, else in base64. */
export function eventBody(bytes: Uint8Array, mayBeText: boolean): EventBody {
  const text = mayBeText ? utf8Text(bytes) : undefined;
  if (text === undefined) return { body: encodeBase64(bytes), isBase64Encoded: true };
  return { body: text, isBase64Encoded: false };
}

/** The text of bytes that are valid UTF-8, else `undefined`. */
function utf8Text(bytes: Uint8Array): string | undefined {
  const native = latin1String(bytes);
  const text = decodeNative(native);
  return encodeNative(text) === native ? text : undefined;
}

/** `image/png` of `Image/PNG; q=1`. */
export function mediaType(value: string | undefined): string {
  return (value ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * What a path template such as `/users/{id}/{rest+}` captures, slashes of a greedy one's end lost
 * as API Gateway does; `null` when it captures nothing.
 */
export function pathParameters(template: string, path: string): Record<string, string> | null {
  const parts = trimEnds(path, '/').split('/');
  const names = template.replace(/^\/|\/$/g, '').split('/');
  const captured = names.flatMap((name, index): Pair[] => {
    const [, key, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(name) ?? [];
    if (key === undefined) return [];
    const value = greedy ? parts.slice(index).join('/') : parts[index];
    return value ? [[key, value]] : [];
  });
  return captured.length === 0 ? null : Object.fromEntries(captured);
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `10/Jan/2026:09:30:00 +0000`, the log format API Gateway uses. */
export function logTime(time: number): string {
  const date = new Date(time);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const clock = date.toISOString().slice(11, 19);
  return `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000`;
}

export const firstLabel = (host: string): string => host.split('.', 1)[0] ?? '';
