/** Response headers as the maps AWS's replies want. */
import { lowerCase } from '../../http/headers.ts';
import { nativeToText } from '../../base/native.ts';
import type { HeaderList } from '../../types.ts';

/** Without a prototype, so that a response header called `__proto__` or `constructor` is a header like any other. */
function emptyMap<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/**
 * What API Gateway and function URLs set themselves: sent along, they come out as `x-amzn-remapped-content-length`
 * (cargo-lambda/cargo-lambda#862).
 */
const OWN_FRAMING: ReadonlySet<string> = new Set(['content-length']);

/** name → value, repeats folded with a comma; `Set-Cookie`, which cannot be folded, apart. */
export function singleValues(
  headers: HeaderList,
  omitted: ReadonlySet<string> = OWN_FRAMING,
): { headers: Record<string, string>; cookies: string[] } {
  const map = emptyMap<string>();
  const cookies: string[] = [];
  for (const header of headers) {
    const lower = lowerCase(header[0]);
    if (omitted.has(lower)) continue;
    const text = nativeToText(header[1]);
    if (lower === 'set-cookie') cookies.push(text);
    else map[lower] = lower in map ? `${map[lower]}, ${text}` : text;
  }
  return { headers: map, cookies };
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

export const NOTHING: ReadonlySet<string> = new Set<string>();
