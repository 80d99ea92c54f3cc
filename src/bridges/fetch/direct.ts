/**
 * What of a request can be told from a gateway's facts alone, without the environ that costs half of a small request
 * (decisions/008-gateway-request.md). Only what an environ would say in the same words; whatever it would touch is left to it.
 */
import { memoize } from '../../base/memoize.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
import type { HeaderMap } from '../../core/request/environ-keys.ts';
import { environKey, headerValue, joinValues, nameOfKey } from '../../core/request/environ-keys.ts';
import { MAX_REQUEST_HEADERS } from '../../http/headers.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Environ } from '../../types.ts';

/** Where a light request finds everything. */
export interface RequestSource {
  readonly environ: Environ;
  /** What a gateway knows, where it handed over its own request. */
  readonly parts?: RequestParts;
  readonly signal?: AbortSignalLike | undefined;
}

export interface UrlParts {
  scheme: string;
  host: string | undefined;
  path: string;
  query: string;
}

/** The parts as they came; undefined where a mount, or a platform that decodes paths, makes others of them. */
export function urlPartsFrom(
  { parts: request, server }: GatewayRequest,
  host: string | null,
): UrlParts | undefined {
  const { rawPath, path = rawPath, query = '' } = request;
  if (server.basePath || path !== rawPath || host === null) return undefined;
  const scheme = request.scheme === 'http' ? 'http' : 'https';
  return { scheme, host, path: rawPath, query };
}

/** Of these the body, the event's cookies, or whoever sent the request, has a say in what an environ holds. */
const TOUCHED: ReadonlySet<string> = new Set(['content-length', 'cookie']);

/** The value of a header that came once, in lower case; undefined says nothing of whether there is one. */
export function plainHeader({ headers, native }: RequestParts, name: string): string | undefined {
  if (Array.isArray(headers) || native || nameOf(name) !== name || TOUCHED.has(name))
    return undefined;
  const map = headers as HeaderMap;
  if (!Object.hasOwn(map, name)) return undefined;
  const value = map[name];
  return typeof value === 'string' ? headerValue(environKey(name), value) : undefined;
}

/**
 * All headers, values by lower-case name, by the rules that an environ is made by. Undefined where a length that nobody
 * vouches for, or what Connection names, has a say in them.
 */
export function allHeaders(facts: RequestParts): Map<string, string> | undefined {
  const { headers, cookies, body, native } = facts;
  if (Array.isArray(headers) || native || !isBuffered(facts)) return undefined;
  const map = headers as HeaderMap;
  const values = new Map<string, string>();
  const ownCookies = cookies && cookies.length > 0;
  for (const key of Object.keys(map)) {
    const name = nameOf(key);
    if (name === '') continue;
    if (name === 'content-length' && body) continue;
    if (name === 'content-length') return undefined;
    if (ownCookies && name === 'cookie') continue;
    const value = map[key];
    if (Array.isArray(value)) for (const one of value as unknown[]) addHeader(values, name, one);
    else addHeader(values, name, value);
  }
  if (ownCookies) for (const cookie of cookies) addHeader(values, 'cookie', cookie);
  if (body) values.set('content-length', String(body.length));
  return values;
}

/** How many header values there are. Inherited keys are counted, too: fewer would be no safer. */
export function countHeaders(headers: RequestParts['headers']): number {
  if (Array.isArray(headers)) return headers.length;
  const map = headers as HeaderMap;
  let count = 0;
  for (const name in map) {
    const value = map[name];
    count += Array.isArray(value) ? value.length : 1;
  }
  return count;
}

/** How many headers an environ has, where that is not certainly few. */
export function countEnvironHeaders(environ: Environ): number {
  const keys = Object.keys(environ);
  if (keys.length <= MAX_REQUEST_HEADERS) return keys.length;
  return keys.filter((key) => nameOfKey(key) !== '').length;
}

/** Whether its body, if it has one, is there already. */
export function isBuffered({ input, contentLength }: RequestParts): boolean {
  return input === undefined && contentLength === undefined;
}

function addHeader(values: Map<string, string>, name: string, value: unknown): void {
  const clean = typeof value === 'string' ? headerValue(environKey(name), value) : undefined;
  if (clean === undefined) return;
  const before = values.get(name);
  values.set(name, before === undefined ? clean : joinValues(environKey(name), before, clean));
}

/** A header's name in lower case; `''` for one that an environ has not. */
const nameOf: (header: string) => string = memoize((header) => nameOfKey(environKey(header)));
