/**
 * Base64 by hand: `btoa` takes a string argument the size of the body, `Buffer` is Node's alone,
 * and `Uint8Array.fromBase64` is younger than our oldest Node. 6 MB take some 50 ms.
 */
import { latin1Bytes, latin1String } from '../base/native.ts';

const ALPHABET = latin1Bytes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = 0x3d;
const VALUES = new Uint8Array(256).fill(255);
for (const [value, code] of ALPHABET.entries()) VALUES[code] = value;

export function encodeBase64(bytes: Uint8Array): string {
  const encoded = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let position = 0;
  for (let index = 0; index < bytes.length; index += 3) {
    // Past the end `?? 0` fills up; the two characters that stand for nothing are overwritten
    // below.
    const group =
      ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) {
      encoded[position++] = ALPHABET[(group >> shift) & 63] ?? 0;
    }
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  encoded.fill(PADDING, encoded.length - missing);
  return latin1String(encoded);
}

/**
 * The bytes, or `undefined` for text that is not base64. Padding may be missing; the URL alphabet
 * is not accepted.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = text.endsWith('==')
    ? text.length - 2
    : text.endsWith('=')
      ? text.length - 1
      : text.length;
  if (length % 4 === 1 || (length !== text.length && text.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let position = 0;
  let bits = 0;
  let count = 0;
  for (let index = 0; index < length; index++) {
    const value = VALUES[text.charCodeAt(index)] ?? 255;
    if (value === 255) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[position++] = (bits >> count) & 255;
    }
  }
  return bytes;
}
