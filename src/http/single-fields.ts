/**
 * Response fields that are no comma-separated lists, so that a response has each of them once (RFC
 * 9110 section 5.3). Folded, two of them are another value: `/redirect, /redirect` is a URL that
 * nothing serves.
 */
const SINGLE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'access-control-max-age',
  'age',
  'content-disposition',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'location',
  'origin-agent-cluster',
  'refresh',
  'retry-after',
  'server',
  'sourcemap',
  'strict-transport-security',
  'sunset',
]);

/**
 * Whether a response field, in lower case, has one value. Not `Set-Cookie`: it comes several times,
 * and never folded.
 */
export function isSingleField(lowerName: string): boolean {
  return SINGLE.has(lowerName);
}
