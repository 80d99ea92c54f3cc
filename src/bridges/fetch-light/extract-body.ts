/**
 * Turns what a constructor is given as a body into a content (Fetch standard, "BodyInit/extract").
 */
import { BodyContent, isStream, type BodySource, tagOf } from '../fetch/body.ts';

export interface Extracted {
  content: BodyContent;
  /** The Content-Type it brings along. */
  type: string | null;
}

const TEXT = 'text/plain;charset=UTF-8';

/** @throws {TypeError} for a stream that is being read, or was */
export function extractBody(body: unknown): Extracted {
  if (typeof body === 'string') return { content: new BodyContent(toWellFormed(body)), type: TEXT };
  const [source, type] = sourceOf(body);
  const content = new BodyContent(source);
  if (content.unusable) {
    throw new TypeError('Response body object should not be disturbed or locked');
  }
  return { content, type };
}

function sourceOf(body: unknown): [BodySource, string | null] {
  // Copied: the standard lets the caller change its own afterwards.
  if (ArrayBuffer.isView(body)) {
    return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), null];
  }
  if (isStream(body)) return [body, null];
  switch (tagOf(body)) {
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return [new Uint8Array(body as ArrayBuffer).slice(), null];
    case 'URLSearchParams':
      return [String(body), 'application/x-www-form-urlencoded;charset=UTF-8'];
    case 'Blob':
    case 'File':
      return [body as Blob, (body as Blob).type || null];
    case 'FormData':
      return multipart(body as FormData);
    default:
  }
  // The standard has no async iterables, but Node takes them, and Node's streams are some.
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    return [streamFrom(body as AsyncIterable<Uint8Array>), null];
  }
  return [toWellFormed(String(body)), TEXT];
}

/** Replaces lone surrogates, which UTF-8 cannot hold. */
function toWellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

function streamFrom(blocks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = blocks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await iterator.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

// ── multipart/form-data (HTML standard, "multipart form data") ──────────────────────────────────

const CRLF = '\r\n';

function multipart(form: FormData): [Blob, string] {
  const boundary = `----gatecall-${Math.random().toString().slice(2)}${Math.random().toString().slice(2)}`;
  const parts: (string | Blob)[] = [];
  for (const [name, value] of form) {
    parts.push(
      `--${boundary}${CRLF}Content-Disposition: form-data; name="${escapeName(endLines(name))}"`,
    );
    if (typeof value === 'string') parts.push(`${CRLF}${CRLF}${endLines(value)}${CRLF}`);
    else {
      const type = value.type || 'application/octet-stream';
      parts.push(
        `; filename="${escapeName(value.name)}"${CRLF}Content-Type: ${type}${CRLF}${CRLF}`,
        value,
        CRLF,
      );
    }
  }
  parts.push(`--${boundary}--${CRLF}`);
  return [new Blob(parts), `multipart/form-data; boundary=${boundary}`];
}

/** Every line ends with CR LF. */
function endLines(text: string): string {
  return text.replace(/\r?\n|\r/g, CRLF);
}

function escapeName(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}
