/**
 * The environ's keys for request headers: which header lands where, with what value, and what
 * becomes of repeats.
 */
import { memoize } from '../../base/memoize.ts';
import { encodeNative } from '../../base/native.ts';
import { isToken } from '../../http/headers.ts';
import { isAuthority } from '../../http/host.ts';
import type { HeaderList, NativeString } from '../../types.ts';

/** Headers as platforms give them: name → value, or → values. Nulls are survived. */
export interface HeaderMap {
  readonly [name: string]: string | readonly (string | null | undefined)[] | null | undefined;
}

export function isHeaderList(headers: HeaderMap | HeaderList): headers is HeaderList {
  return Array.isArray(headers);
}

interface EnvironKey {
  readonly key: string;
  /** Whether the name has no capitals: of such names no two have one key. */
  readonly lower: boolean;
  /**
   * Whether the name needs no second look: it has no capitals, is not dropped, and is neither
   * `set-cookie`, of which Node keeps a list, nor a member of every object.
   */
  readonly plain: boolean;
}

/**
 * `accept-language` → `HTTP_ACCEPT_LANGUAGE`; `''` for a header that must not reach an application.
 */
export function environKey(name: string): string {
  return keyOf(name).key;
}

export const keyOf: (name: string) => EnvironKey = memoize((name) => {
  const key = mapName(name);
  const lower = name === name.toLowerCase();
  return { key, lower, plain: lower && key !== '' && name !== 'set-cookie' && !(name in {}) };
});

const DROPPED: ReadonlySet<string> = new Set([
  // httpoxy: CGI's HTTP_PROXY is the variable many HTTP clients take their proxy from. `Proxy` has
  // no meaning to lose.
  'PROXY',
  // Of the connection to the front, which has acted on them already; a stale `chunked` misleads
  // body readers. The headers that `Connection` names stay: an application is the last hop, and a
  // client that names one there could make vanish what a front has added, such as
  // `x-amzn-oidc-identity`.
  'CONNECTION',
  'KEEP-ALIVE',
  'PROXY-CONNECTION',
  'TE',
  'TRANSFER-ENCODING',
  'UPGRADE',
]);

function mapName(name: string): string {
  // `X_Forwarded_For` would land on the key of `X-Forwarded-For` (nginx and Gunicorn drop such
  // names for this reason).
  if (!isToken(name) || name.includes('_')) return '';
  const upper = name.toUpperCase();
  if (DROPPED.has(upper)) return '';
  if (upper === 'CONTENT-TYPE') return 'CONTENT_TYPE';
  if (upper === 'CONTENT-LENGTH') return 'CONTENT_LENGTH';
  return `HTTP_${upper.replaceAll('-', '_')}`;
}

/**
 * `HTTP_ACCEPT_LANGUAGE` → `accept-language`; `''` for a key that is no header, as most keys of an
 * environ are.
 */
export const nameOfKey: (key: string) => string = memoize((key) =>
  key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' || key.startsWith('HTTP_')
    ? key
        .replace(/^HTTP_/, '')
        .toLowerCase()
        .replaceAll('_', '-')
    : '',
);

/**
 * Headers of which a request has one: where several come, the last counts, as in the fronts' own
 * single-value maps.
 */
const SINGLE: ReadonlySet<string> = new Set([
  'CONTENT_TYPE',
  'CONTENT_LENGTH',
  'HTTP_HOST',
  'HTTP_AUTHORIZATION',
]);

/** What the value of a key becomes when another header lands on it. */
export function joinValues(key: string, before: NativeString, value: NativeString): NativeString {
  if (SINGLE.has(key)) return value;
  return `${before}${key === 'HTTP_COOKIE' ? '; ' : ','}${value}`;
}

const NOT_PLAIN = /[^\x20-\x7e]/;
const SPACE = 0x20;
const TAB = 0x09;

/** How text becomes a native string: `encodeNative`, or not at all where it is one already. */
export type Encode = (text: string) => NativeString;

/**
 * A value as native string, without blanks around it; undefined for one that cannot have come
 * through HTTP.
 */
export function cleanValue(value: string, native: Encode = encodeNative): NativeString | undefined {
  if (
    !NOT_PLAIN.test(value) &&
    value.charCodeAt(0) !== SPACE &&
    value.charCodeAt(value.length - 1) !== SPACE
  ) {
    return value;
  }
  const clean = trimBlanks(native(value));
  // A control character other than HTAB, or what is no byte: in a log or a header sent on it would
  // break out.
  return /[\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]/.test(clean) ? undefined : clean;
}

/** As {@link cleanValue}, by the rule of the header's key. A Host that is none is dropped. */
export function headerValue(
  key: string,
  value: string,
  native: Encode = encodeNative,
): NativeString | undefined {
  const clean = cleanValue(value, native);
  // It becomes SERVER_NAME and the host of every URL that an application builds:
  // `good.example@evil.example`, markup.
  return key === 'HTTP_HOST' && clean !== undefined && !isAuthority(clean) ? undefined : clean;
}

/**
 * Without a regular expression: `/[ \t]+$/` takes time in the square of the blanks inside a value,
 * 3 s for 64 KB.
 */
function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  const isBlank = (index: number): boolean => {
    const code = value.charCodeAt(index);
    return code === SPACE || code === TAB;
  };
  while (start < end && isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return value.slice(start, end);
}
