/** Responses of `fetch()` whose body it has decoded (Fetch standard, "handle content codings"). */

interface Host {
  process?: { versions?: { undici?: string; bun?: string } };
}

/**
 * Whether Content-Encoding and Content-Length describe bytes that the body no longer holds:
 * `fetch()` decodes a body and leaves the headers of its origin as they are. Only a response of
 * `fetch()` has a URL, so a response that an application makes keeps its Content-Encoding.
 *
 * undici decodes a body only if it knows every coding of it. Without a body (HEAD, 304) nothing is
 * decoded.
 */
export function isDecoded(response: Response): boolean {
  if (!response.url || response.body === null) return false;
  const codings = response.headers.get('content-encoding');
  return codings !== null && codings.toLowerCase().split(',').every(isDecodable);
}

function isDecodable(coding: string): boolean {
  const name = coding.trim();
  return name === 'zstd' ? decodesZstd() : DECODED.has(name);
}

const DECODED: ReadonlySet<string> = new Set(['br', 'deflate', 'gzip', 'x-gzip']);

/**
 * undici decodes zstd since 7.11 (Node 24.4), and Bun does. Where this is not known, the header
 * stays.
 */
function decodesZstd(): boolean {
  const { undici, bun } = (globalThis as Host).process?.versions ?? {};
  const [major = 0, minor = 0] = undici?.split('.').map(Number) ?? [];
  return bun !== undefined || major > 7 || (major === 7 && minor >= 11);
}
