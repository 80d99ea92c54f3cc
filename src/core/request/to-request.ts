/** An environ as a standard fetch `Request`, for libraries that speak that. */
// oxlint-disable no-restricted-globals -- loaded for the applications that ask for a Request
import type { Environ } from '../../types.ts';
import { requestUri } from './url.ts';

const BLOCK = 65_536;

/**
 * A `Request` of this environ. Its body is read from `wsgi.input` when the request's body is read,
 * so use the one or the other.
 *
 * ```ts
 * const form = await toRequest(environ).formData();
 * ```
 *
 * The path is the undecoded one of `REQUEST_URI` where the environ has it; the URL standard still
 * resolves dot segments. On Node the first call loads undici, 14 to 25 ms once.
 *
 * @throws {TypeError} for methods a `Request` cannot have (CONNECT, TRACE, TRACK) and hosts that
 * are none
 */
export function toRequest(environ: Environ): Request {
  const method = environ.REQUEST_METHOD;
  const init: RequestInit & { duplex?: 'half' } = { method, headers: headersOf(environ) };
  // Fetch itself takes `get` for GET.
  if (!/^(?:GET|HEAD)$/i.test(method) && hasBody(environ)) {
    init.body = bodyOf(environ);
    // A streamed body must say so (Fetch standard, "half duplex").
    init.duplex = 'half';
  }
  const signal = environ['gatecall.signal'];
  if (signal instanceof AbortSignal) init.signal = signal;
  return new Request(urlOf(environ), init);
}

/** A buffered input without a length is no body; a streamed one may still be (chunked). */
function hasBody(environ: Environ): boolean {
  const length = environ.CONTENT_LENGTH;
  return length === undefined ? environ['gatecall.input_buffered'] !== true : length !== '0';
}

function urlOf(environ: Environ): string {
  const url = requestUri(environ);
  const target = environ.REQUEST_URI;
  if (target === undefined || !target.startsWith('/')) return url;
  // Everything after the authority is replaced; the authority itself never comes from the target
  // (`//evil.example`).
  const authority = /^[^:]+:\/\/[^/?]*/.exec(url)?.[0] ?? '';
  return authority + target;
}

function headersOf(environ: Environ): Headers {
  const headers = new Headers();
  for (const [key, value] of Object.entries(environ)) {
    if (typeof value !== 'string') continue;
    if (key.startsWith('HTTP_'))
      headers.set(key.slice(5).replaceAll('_', '-').toLowerCase(), value);
  }
  if (environ.CONTENT_TYPE) headers.set('content-type', environ.CONTENT_TYPE);
  if (environ.CONTENT_LENGTH) headers.set('content-length', environ.CONTENT_LENGTH);
  return headers;
}

function bodyOf(environ: Environ): ReadableStream<Uint8Array> {
  const input = environ['wsgi.input'];
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const block = await input.read(BLOCK);
        if (block.length === 0) controller.close();
        else controller.enqueue(block);
      },
    },
    // Nothing is read before the request's reader asks for it.
    { highWaterMark: 0 },
  );
}
