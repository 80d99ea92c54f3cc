/** Bodies in and out of JSON. */
import { bufferedText } from './text.ts';
import type { BufferedResponse } from '../../core/transport.ts';
import { findHeader } from '../../http/headers.ts';
import type { EncodedBody } from './source.ts';

/** The request's bytes; undefined when it has no body. */
export function decodeBody(body: unknown, isBase64Encoded: unknown): Uint8Array | undefined {
  if (typeof body !== 'string' || body === '') return undefined;
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
}

/**
 * A string where the body is text by its type, unencoded, and really UTF-8; base64 for everything else. Never by type
 * alone: `text/html; charset=iso-8859-1` would be re-encoded on its way.
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
