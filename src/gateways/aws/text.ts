/** Whether a body is text, by its media type and by its bytes. */
import { memoize } from '../../base/memoize.ts';

/** Subtypes of `application/` that are text. */
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

/**
 * Whether a Content-Type names text. One regular expression for this would take 0.2 ms of each cold
 * start to compile.
 */
export const isTextType: (contentType: string) => boolean = memoize((contentType) => {
  const [type = '', subtype = ''] = (contentType.split(';', 1)[0] ?? '')
    .trim()
    .toLowerCase()
    .split('/', 2);
  if (type === 'application') {
    // A rule and not a list: application/problem+json must not become base64
    // (logandk/serverless-wsgi#68).
    return TEXT.has(subtype) || subtype.endsWith('+json') || subtype.endsWith('+xml');
  }
  return type === 'text' || (type === 'image' && subtype === 'svg+xml');
});

/** Bytes as text, a byte order mark included; undefined when they are not UTF-8. */
export function bufferedText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // Invalid bytes become U+FFFD. A text may also have that character itself, so only then are the
  // bytes checked.
  if (!text.includes('\uFFFD')) return text;
  return process.getBuiltinModule('node:buffer').isUtf8(bytes) ? text : undefined;
}
