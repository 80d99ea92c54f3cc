/** Bodies of events and replies. */
import { classOf, describe } from '../../base/bytes.ts';
import { bufferedText } from './text.ts';
import type { BufferedResponse } from '../../core/transport.ts';
import { findHeader, lowerCase } from '../../http/headers.ts';
import { type HeaderMap, isHeaderList } from '../../core/request/environ-keys.ts';
import type { HeaderList } from '../../types.ts';
import type { EncodedBody } from './source.ts';

/**
 * The request's bytes; undefined when it has no body. AWS sends text. Middleware in front of the
 * handler (middy's body parsers) and tests leave bytes or a parsed value there.
 *
 * @throws {TypeError} for what is neither text nor bytes, and what JSON would lose
 */
export function decodeBody(body: unknown, isBase64Encoded: unknown): Uint8Array | undefined {
  if (body === undefined || body === null || body === '') return undefined;
  if (typeof body === 'string')
    return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
  return bytesOf(body) ?? jsonOf(body);
}

function bytesOf(body: {}): Uint8Array | undefined {
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  if (/^(?:Shared)?ArrayBuffer$/.test(classOf(body))) return Buffer.from(body as ArrayBuffer);
  // A Buffer that went through JSON.
  const { type, data } = body as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) && data.every(isByte)
    ? Buffer.from(data)
    : undefined;
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function jsonOf(body: {}): Uint8Array {
  let cause: unknown;
  try {
    const text = isJsonValue(body) ? (JSON.stringify(body) as string | undefined) : undefined;
    if (text !== undefined) return Buffer.from(text);
  } catch (error) {
    // A cycle, a BigInt, or a `toJSON` that throws.
    cause = error;
  }
  throw new TypeError(
    `the body of the event is ${describe(body)} that JSON cannot hold; give text, bytes or JSON`,
    { cause },
  );
}

/** JSON would keep nothing of a Map, a stream or a FormData. */
function isJsonValue(body: {}): boolean {
  if (typeof body !== 'object') return typeof body === 'number' || typeof body === 'boolean';
  if (Array.isArray(body) || typeof (body as { toJSON?: unknown }).toJSON === 'function')
    return true;
  return (
    classOf(body) === 'Object' && !(Symbol.iterator in body) && !(Symbol.asyncIterator in body)
  );
}

/**
 * Whether a header announces a body whose length it does not say. Behind node:http a body parser
 * takes `Transfer-Encoding` for the sign of a body. That header does not reach an application, so
 * `CONTENT_LENGTH` 0 tells the parser the same.
 */
export function announcesBody(headers: HeaderMap | HeaderList): boolean {
  if (isHeaderList(headers)) return headers.some(([name]) => isTransferEncoding(name));
  for (const name of Object.keys(headers)) if (isTransferEncoding(name)) return true;
  return false;
}

/** Most names differ in their length or in their first letter. */
function isTransferEncoding(name: string): boolean {
  return (
    name.length === TRANSFER_ENCODING.length &&
    (name.charCodeAt(0) | 32) === LETTER_T &&
    lowerCase(name) === TRANSFER_ENCODING
  );
}
const LETTER_T = 116;
const TRANSFER_ENCODING = 'transfer-encoding';

/**
 * A body for a reply: as a string where its type is text, no content coding is applied and its
 * bytes are UTF-8, else as base64. The type alone does not decide, because the front would
 * re-encode `text/html; charset=iso-8859-1`.
 */
export function encodeBody(
  response: BufferedResponse,
  isText: (contentType: string) => boolean,
): EncodedBody {
  const { body, headers } = response;
  if (body.length === 0) return { body: '', isBase64Encoded: false };
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const type = findHeader(headers, 'content-type');
  if (type !== undefined && isIdentity(findHeader(headers, 'content-encoding')) && isText(type)) {
    const text = bufferedText(bytes);
    if (text !== undefined) return { body: text, isBase64Encoded: false };
  }
  return { body: bytes.toString('base64'), isBase64Encoded: true };
}

function isIdentity(encoding: string | undefined): boolean {
  return encoding === undefined || /^(?:identity)?$/i.test(encoding.trim());
}
