/** What is text: by media type, and by its bytes. */

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

// A bounded cache of a pure function; the types are the application's own.
const KNOWN = new Map<string, boolean>();
const CACHED_TYPES = 200;

/** Whether a Content-Type names text. */
export function isTextType(contentType: string): boolean {
  let known = KNOWN.get(contentType);
  if (known === undefined) {
    known = isText(contentType);
    if (KNOWN.size >= CACHED_TYPES) KNOWN.clear();
    KNOWN.set(contentType, known);
  }
  return known;
}

// Not one regular expression: compiling that takes 0.2 ms of every cold start.
function isText(contentType: string): boolean {
  const [type = '', subtype = ''] = (contentType.split(';', 1)[0] ?? '')
    .trim()
    .toLowerCase()
    .split('/', 2);
  if (type === 'application') {
    // By rule, not by list: application/problem+json must not become base64 (logandk/serverless-wsgi#68).
    return TEXT.has(subtype) || subtype.endsWith('+json') || subtype.endsWith('+xml');
  }
  return type === 'text' || (type === 'image' && subtype === 'svg+xml');
}

/** Bytes as text, a byte order mark included; undefined when they are not UTF-8. */
export function bufferedText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // Invalid bytes became U+FFFD; only then look whether it was one of the text's own.
  if (!text.includes('\uFFFD')) return text;
  return process.getBuiltinModule('node:buffer').isUtf8(bytes) ? text : undefined;
}
