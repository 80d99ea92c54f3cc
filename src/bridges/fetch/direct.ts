/**
 * What of a request can be told from a gateway's facts alone, without the environ that costs half of a small request
 * (decisions/008-gateway-request.md). Only what an environ would say in the same words; whatever it would touch is left to it.
 */
import { memoize } from '../../base/memoize.ts';
import type { HeaderMap, RequestParts } from '../../core/request/environ.ts';
import { environKey, headerValue, joinValues, nameOfKey } from '../../core/request/environ-keys.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Environ } from '../../types.ts';

/** Where a light request finds everything. */
export interface RequestSource {
  readonly environ: Environ;
  readonly parts?: RequestParts;
  readonly signal?: AbortSignalLike | undefined;
}

const METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
]);

/** Written as the standard writes them, and everybody else. */
export function methodFrom({ parts: request }: GatewayRequest): string | undefined {
  return METHODS.has(request.method) ? request.method : undefined;
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
 * All headers, names in lower case and values in turn, by the rules that an environ is made by. Undefined where a length that nobody
 * vouches for, or what Connection names, has a say in them.
 */
export function allHeaders(facts: RequestParts): string[] | undefined {
  const { headers, cookies, body, native } = facts;
  if (Array.isArray(headers) || native || !isBuffered(facts)) return undefined;
  const map = headers as HeaderMap;
  const list: string[] = [];
  const ownCookies = cookies && cookies.length > 0;
  // Keys in lower case are one name each.
  let folded = false;
  for (const key of Object.keys(map)) {
    const name = nameOf(key);
    if (name === '') continue;
    if (name === 'content-length' && body) continue;
    if (name === 'content-length') return undefined;
    if (ownCookies && name === 'cookie') continue;
    folded ||= name !== key;
    const value = map[key];
    if (typeof value === 'string') addHeader(list, name, value, folded);
    else if (Array.isArray(value))
      for (let index = 0; index < value.length; index++)
        addHeader(list, name, value[index] as unknown, folded || index > 0);
  }
  if (ownCookies)
    for (let index = 0; index < cookies.length; index++)
      addHeader(list, 'cookie', cookies[index], index > 0);
  if (body) list.push('content-length', String(body.length));
  return list;
}

/** Whether its body, if it has one, is there already. */
export function isBuffered({ input, contentLength }: RequestParts): boolean {
  return input === undefined && contentLength === undefined;
}

function addHeader(list: string[], name: string, value: unknown, again: boolean): void {
  const clean = typeof value === 'string' ? headerValue(environKey(name), value) : undefined;
  if (clean === undefined) return;
  if (again) {
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] !== name) continue;
      list[index + 1] = joinValues(environKey(name), list[index + 1] ?? '', clean);
      return;
    }
  }
  list.push(name, clean);
}

/** A header's name in lower case; `''` for one that an environ has not. */
const nameOf: (header: string) => string = memoize((header) => nameOfKey(environKey(header)));
