/** Header names and header lists: what a name may be, and how to find one. */
import { memoize } from '../base/memoize.ts';
import type { Header, HeaderList, NativeString } from '../types.ts';

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/**
 * The eight of `wsgiref.util.is_hop_by_hop`, and the two it misses: the real `Trailer`, and
 * `Proxy-Connection`.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The most headers of a request that the fetch bridge and the fetch gateway take; for more they
 * answer 431. Node's own server keeps about 1,000: Node 20 drops the rest in silence, 22.23 and
 * 24.21 answer 431 themselves. A load balancer lets 64 KB through, which is 13,000 short ones.
 */
export const MAX_REQUEST_HEADERS = 2000;

export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/**
 * Whether a header speaks of one connection only, so that no application may send it (RFC 9110
 * section 7.6.1).
 */
export function isHopByHop(name: NativeString): boolean {
  return HOP_BY_HOP.has(lowerCase(name));
}

/**
 * A header name in lower case. Names are tokens, so ASCII rules suffice. To know the dozen names
 * that every response repeats is 14 times faster than to make them.
 */
export const lowerCase: (name: NativeString) => string = memoize((name) => name.toLowerCase());

/**
 * In lower case, a name that an application may give to a header of its response; `''` for any
 * other.
 */
export const responseName: (name: string) => string = memoize((name) => {
  const lower = lowerCase(name);
  // `Status` is no header to WSGI (PEP 3333, "The start_response() Callable").
  return isToken(name) && !HOP_BY_HOP.has(lower) && lower !== 'status' ? lower : '';
});

/** The first value of a header, its name given in lower case. */
export function findHeader(headers: HeaderList, lowerName: string): NativeString | undefined {
  for (const header of headers) if (lowerCase(header[0]) === lowerName) return header[1];
  return undefined;
}

/** Every value of a header, in order. */
export function findHeaders(headers: HeaderList, lowerName: string): NativeString[] {
  return headers.filter(([name]) => lowerCase(name) === lowerName).map(([, value]) => value);
}

/** The list without a header. */
export function omitHeader(headers: HeaderList, lowerName: string): Header[] {
  return headers.filter(([name]) => lowerCase(name) !== lowerName);
}

/** The list with one header of this name, at its end. */
export function setHeader(headers: HeaderList, name: NativeString, value: NativeString): Header[] {
  return [...omitHeader(headers, lowerCase(name)), [name, value]];
}

/** The list with these names in `Vary`, once each; `Vary: *` says them all already. */
export function addVary(headers: HeaderList, ...names: readonly NativeString[]): HeaderList {
  const present = findHeaders(headers, 'vary').flatMap(listItems);
  const known = new Set(present.map(lowerCase));
  const missing = names.filter((name) => !known.has(lowerCase(name)));
  if (missing.length === 0 || known.has('*')) return headers;
  return setHeader(headers, 'Vary', [...present, ...missing].join(', '));
}

/**
 * The items of a comma-separated value without quoted strings (RFC 9110 section 5.6.1), empty ones
 * left out.
 */
export function listItems(value: NativeString): NativeString[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Whether `Cache-Control` has a directive, given in lower case. */
export function hasDirective(headers: HeaderList, directive: string): boolean {
  return findHeaders(headers, 'cache-control')
    .flatMap(listItems)
    .some((item) => item.split('=', 1)[0]?.trimEnd().toLowerCase() === directive);
}
