/** The URL of a request, as a `Request` shows it. */
import { percentDecode, percentEncode } from '../../base/native.ts';
import type { Environ, NativeString } from '../../types.ts';
import { applicationUri } from '../../core/request/url.ts';
import type { UrlParts } from './direct.ts';

// What the URL standard leaves as it is; anything else goes through `new URL`, which takes 1 µs. A
// last label that begins with a digit could be a number (`127.1`), and what follows `xn--` must be
// decoded to be checked.
const PLAIN_HOST = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z_-][a-z0-9_-]*$/;
const PLAIN_PATH = /^(?:\/(?!\.|%2e)[\w!$%&()*+,\-.:;=@~]*)+$/i;
const PLAIN_QUERY = /^[\w!$%&()*+,\-./:;=@~?]*$/;

/**
 * Scheme and host, the path below the mount, the query. The mount (a stage, a base path) is left
 * out, as in `PATH_INFO`: the routes of an application do not know it.
 *
 * @returns nothing when the request's authority is none, or has a user and password in it
 */
export function urlOf(environ: Environ): string | undefined {
  const path = rawPath(environ);
  const query = environ.QUERY_STRING;
  const plain = plainUrl({
    scheme: environ['wsgi.url_scheme'],
    host: environ.HTTP_HOST,
    path,
    query,
  });
  if (plain !== undefined) return plain;
  const target = query === '' ? path : `${path}?${query}`;
  // The authority never comes from the path (`//evil.example`).
  const origin = /^[^:]+:\/\/[^/?#]*/.exec(applicationUri(environ))?.[0];
  if (origin === undefined || /[@\\]/.test(origin)) return undefined;
  try {
    return new URL(origin + percentEncode(target, NOT_ESCAPED)).href;
  } catch {
    return undefined;
  }
}

/** The URL, where it needs no changes. */
export function plainUrl({ scheme, host, path, query }: UrlParts): string | undefined {
  return host !== undefined && isPlainHost(host) && PLAIN_PATH.test(path) && PLAIN_QUERY.test(query)
    ? `${scheme}://${host}${path}${query === '' ? '' : '?'}${query}`
    : undefined;
}

let plainHost: string | undefined;

/** A function has one host, or a few. */
function isPlainHost(host: string): boolean {
  if (host === plainHost) return true;
  if (!PLAIN_HOST.test(host)) return false;
  plainHost = host;
  return true;
}

/** Visible ASCII without `#`. What else must be escaped, the URL standard decides. */
const NOT_ESCAPED = '!"$%&\'()*+,/:;<=>?@[\\]^`{|}';

/** `PATH_INFO` undecoded: as it was sent, unless a middleware has replaced it. */
function rawPath(environ: Environ): NativeString {
  const path = environ.PATH_INFO;
  const raw = environ['gatecall.raw_path'];
  const sent = typeof raw === 'string' && (raw === path || percentDecode(raw) === path);
  const own = sent ? raw : percentEncode(path, '/;=,');
  // `OPTIONS *`, or a mount that has taken everything.
  return own.startsWith('/') ? own : `/${own}`;
}
