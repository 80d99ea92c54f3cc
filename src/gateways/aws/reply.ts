/** Response headers as the maps that AWS's replies have. */
import { lowerCase } from '../../http/headers.ts';
import { isSingleField } from '../../http/single-fields.ts';
import { nativeToText } from '../../base/native.ts';
import type { HeaderList } from '../../types.ts';

/**
 * A map without a prototype, so that a header called `__proto__` or `constructor` is one like any
 * other.
 */
function emptyMap<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/**
 * Headers that API Gateway and function URLs set themselves. They rename an application's own to
 * `x-amzn-remapped-content-length` (cargo-lambda/cargo-lambda#862).
 */
const OWN_FRAMING: ReadonlySet<string> = new Set(['content-length']);

/** Logs a problem of one response. */
export type Log = (problem: string) => void;

/**
 * name → value. Repeats of a list are folded with a comma, and cookies, which cannot be folded,
 * stand apart. Of a field that is no list the first value is sent: node:http's client keeps the
 * first one, too, and so does RFC 6797 (section 8.1) for `Strict-Transport-Security`.
 */
export function singleValues(
  headers: HeaderList,
  log: Log,
  omitted: ReadonlySet<string> = OWN_FRAMING,
): { headers: Record<string, string>; cookies: string[] } {
  const map = emptyMap<string>();
  const cookies: string[] = [];
  let repeated: Set<string> | undefined;
  for (const header of headers) {
    const lower = lowerCase(header[0]);
    if (omitted.has(lower)) continue;
    const text = nativeToText(header[1]);
    if (lower === 'set-cookie') cookies.push(text);
    else if (!(lower in map)) map[lower] = text;
    else if (isSingleField(lower)) (repeated ??= new Set()).add(lower);
    else map[lower] += `, ${text}`;
  }
  if (repeated) {
    const names = [...repeated].join(', ');
    log(`the response has several values of ${names}; the first is sent, as these are no lists`);
  }
  return { headers: map, cookies };
}

/**
 * Adds cookies to a map of one value a name, under names that differ in case: `set-cookie`,
 * `Set-cookie`, `sEt-cookie`, … Fronts with such maps read names without regard to case, so each is
 * a cookie of its own. Two cookies in one value would be one cookie with the other's text in it
 * (CVE-2026-54287).
 */
export function addCookies(
  headers: Record<string, string>,
  cookies: readonly string[],
  log: Log,
): void {
  if (cookies.length > SPELLINGS) {
    log(`the response has ${cookies.length} cookies, of which ${SPELLINGS} can be sent`);
  }
  for (const [index, cookie] of cookies.slice(0, SPELLINGS).entries()) {
    headers[cookieName(index)] = cookie;
  }
}

/** Ways to spell the nine letters of `set-cookie`. */
const SPELLINGS = 2 ** 9;

/** The bits of `index` say which letters are capitals. */
function cookieName(index: number): string {
  let bit = 0;
  return 'set-cookie'.replace(/[a-z]/g, (letter) =>
    (index >> bit++) & 1 ? letter.toUpperCase() : letter,
  );
}

/** name → all its values, in order. */
export function multiValues(
  headers: HeaderList,
  omitted: ReadonlySet<string> = OWN_FRAMING,
): Record<string, string[]> {
  const map = emptyMap<string[]>();
  for (const header of headers) {
    const lower = lowerCase(header[0]);
    if (!omitted.has(lower)) (map[lower] ??= []).push(nativeToText(header[1]));
  }
  return map;
}

export const NO_NAMES: ReadonlySet<string> = new Set<string>();
