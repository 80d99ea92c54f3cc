/** What is text: by media type, and by its bytes. */

// `+json` and `+xml` by rule, not by list: application/problem+json must not become base64 (logandk/serverless-wsgi#68).
const TEXT =
  /^(?:text\/|application\/(?:[^;]*\+(?:json|xml)|json|xml|javascript|ecmascript|x-javascript|x-www-form-urlencoded|graphql|yaml|x-ndjson|jsonlines)\s*(?:;|$)|image\/svg\+xml)/i;

// A bounded cache of a pure function; the types are the application's own.
const KNOWN = new Map<string, boolean>();
const CACHED_TYPES = 200;

/** Whether a Content-Type names text. */
export function isTextType(contentType: string): boolean {
  let known = KNOWN.get(contentType);
  if (known === undefined) {
    known = TEXT.test(contentType.trim());
    if (KNOWN.size >= CACHED_TYPES) KNOWN.clear();
    KNOWN.set(contentType, known);
  }
  return known;
}

/** Bytes as text, a byte order mark included; undefined when they are not UTF-8. */
export function bufferedText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // Invalid bytes became U+FFFD; only then look whether it was one of the text's own.
  if (!text.includes('\uFFFD')) return text;
  return process.getBuiltinModule('node:buffer').isUtf8(bytes) ? text : undefined;
}
