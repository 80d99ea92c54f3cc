/** What is text: by media type, and by its bytes. */
import { memoize } from '../../base/memoize.ts';

/** After `application/`. */
const TEXT: ReadonlySet<string> = new Set([
  'ecmascript',
  'graphql',
  'javascript',
  'json',
  'jsonlines',
  'x-javascript',
  'x-ndjson',
  'x-www-form-urlencoded',
  'xml',
  'yaml',
]);

/** Whether a Content-Type names text. Not by one regular expression: to compile that takes 0.2 ms of every cold start. */
export const isTextType: (contentType: string) => boolean = memoize((contentType) => {
  const [type = '', subtype = ''] = (contentType.split(';', 1)[0] ?? '')
    .trim()
    .toLowerCase()
    .split('/', 2);
  if (type === 'application') {
    // By rule, not by list: application/problem+json must not become base64 (logandk/serverless-wsgi#68).
    return TEXT.has(subtype) || subtype.endsWith('+json') || subtype.endsWith('+xml');
  }
  return type === 'text' || (type === 'image' && subtype === 'svg+xml');
});

/** Bytes as text, a byte order mark included; undefined when they are not UTF-8. */
export function bufferedText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // Invalid bytes became U+FFFD; only then look whether it was one of the text's own.
  if (!text.includes('\uFFFD')) return text;
  return process.getBuiltinModule('node:buffer').isUtf8(bytes) ? text : undefined;
}
