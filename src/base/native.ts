/**
 * Native strings: bytes as code points U+0000 to U+00FF (PEP 3333, "Unicode Issues"), the same set
 * as WebIDL's ByteString. Every boundary that receives JavaScript text encodes it here once; every
 * boundary that hands native strings to a JSON platform decodes them here once.
 */
import type { NativeString } from '../types.ts';

const NOT_ASCII = /[^\x00-\x7f]/;
const NOT_LATIN1 = /[^\x00-\xff]/;
const RESERVED = /[^\w.~-]/g;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;

const encoder = new TextEncoder();
// Loaded on first use: a TextDecoder costs more at start-up than a request without non-ASCII text
// ever gains.
let lenient: InstanceType<typeof TextDecoder> | undefined;
let strict: InstanceType<typeof TextDecoder> | undefined;

/**
 * Text to native string: its UTF-8 bytes as code points. Lone surrogates become U+FFFD.
 *
 * ```ts
 * encodeNative('é') === '\u00c3\u00a9';
 * ```
 */
export function encodeNative(text: string): NativeString {
  return NOT_ASCII.test(text) ? latin1String(encoder.encode(text)) : text;
}

/**
 * Native string to text: the bytes read as UTF-8, with U+FFFD for what is not.
 *
 * ```ts
 * decodeNative(environ.PATH_INFO); // '/café'
 * ```
 */
export function decodeNative(native: NativeString): string {
  if (!NOT_ASCII.test(native)) return native;
  lenient ??= new TextDecoder('utf-8', { ignoreBOM: true });
  return lenient.decode(latin1Bytes(native));
}

/**
 * As {@link decodeNative}, but a value that is not UTF-8 keeps its bytes as latin-1 text. JSON
 * platforms carry text, and a latin-1 `é` in a response header is better delivered as `é` than
 * lost, or than failing the invocation as Mangum does.
 */
export function nativeToText(native: NativeString): string {
  if (!NOT_ASCII.test(native)) return native;
  strict ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return strict.decode(latin1Bytes(native));
  } catch {
    return native;
  }
}

/**
 * Percent-decode once, byte by byte; a malformed `%` stays as it is. `decodeURIComponent` throws on
 * `%E9`, and `new URL` rewrites `/a/../b`, so neither can serve for a path.
 *
 * ```ts
 * percentDecode('/caf%C3%A9/%zz') === '/caf\u00c3\u00a9/%zz';
 * ```
 */
export function percentDecode(text: string): NativeString {
  const native = encodeNative(text);
  if (!native.includes('%')) return native;
  return native.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * Percent-encode the bytes of a native string, except letters, digits, `_.-~` and the characters in
 * `safe` (Python's `urllib.parse.quote` on latin-1, as PEP 3333 "URL Reconstruction" asks).
 *
 * @throws {RangeError} above U+00FF
 */
export function percentEncode(native: NativeString, safe = '/'): string {
  requireNative(native);
  return native.replace(RESERVED, (character) =>
    safe.includes(character) ? character : `%${hex(character.charCodeAt(0))}`,
  );
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/**
 * The bytes of a native string. The only permitted encoder: `Buffer.from(text, 'latin1')` silently
 * truncates, so that `'\u010D\u010A'` becomes CR LF, a header injection by harmless-looking
 * letters.
 *
 * @throws {RangeError} above U+00FF
 */
export function latin1Bytes(native: NativeString): Uint8Array {
  requireNative(native);
  const bytes = new Uint8Array(native.length);
  for (let index = 0; index < native.length; index++) bytes[index] = native.charCodeAt(index);
  return bytes;
}

function requireNative(text: string): void {
  const offender = NOT_LATIN1.exec(text);
  if (!offender) return;
  throw new RangeError(
    `not a native string: ${JSON.stringify(offender[0])} at index ${offender.index} is above U+00FF; use encodeNative(text)`,
  );
}

/** Bytes to native string. In blocks, because `fromCharCode` takes its arguments from the stack. */
export function latin1String(bytes: Uint8Array): NativeString {
  const BLOCK = 8192;
  if (bytes.length <= BLOCK) return String.fromCharCode(...bytes);
  let native = '';
  for (let start = 0; start < bytes.length; start += BLOCK) {
    native += String.fromCharCode(...bytes.subarray(start, start + BLOCK));
  }
  return native;
}
