/** URLs out of an environ (PEP 3333, "URL Reconstruction"), and stepping down its path. */
import { percentEncode } from '../../base/native.ts';
import { parseHost } from '../../http/host.ts';
import type { Environ } from '../../types.ts';

/**
 * The URL of the application itself: scheme, host and `SCRIPT_NAME`.
 *
 * ```ts
 * applicationUri(environ); // 'https://example.com/shop'
 * ```
 *
 * @throws {RangeError} when the path holds a code point above U+00FF
 */
export function applicationUri(environ: Environ): string {
  return origin(environ) + (percentEncode(environ.SCRIPT_NAME) || '/');
}

/**
 * The URL of this request, with its query unless `query` is false. The path is quoted anew from
 * `PATH_INFO`, so an encoded slash shows as `/`; `environ.REQUEST_URI` still has what the client
 * sent.
 *
 * ```ts
 * requestUri(environ); // 'https://example.com/shop/caf%C3%A9?q=1'
 * ```
 *
 * @throws {RangeError} when the path holds a code point above U+00FF
 */
export function requestUri(environ: Environ, { query = true }: { query?: boolean } = {}): string {
  const path = percentEncode(environ.SCRIPT_NAME) + percentEncode(environ.PATH_INFO, '/;=,');
  const search = query && environ.QUERY_STRING !== '' ? `?${environ.QUERY_STRING}` : '';
  // Without the slash, `.evil.example` would continue the host name.
  return origin(environ) + (path.startsWith('/') ? path : `/${path}`) + search;
}

function origin(environ: Environ): string {
  const scheme = environ['wsgi.url_scheme'];
  // Present but empty counts as absent.
  if (environ.HTTP_HOST) return `${scheme}://${environ.HTTP_HOST}`;
  const port = environ.SERVER_PORT;
  const usual = scheme === 'https' ? '443' : '80';
  return `${scheme}://${environ.SERVER_NAME}${port === usual ? '' : `:${port}`}`;
}

/**
 * Moves one segment from `PATH_INFO` to `SCRIPT_NAME`, in place, and returns it; `null` when there
 * is none left. Empty and `.` segments vanish, except that a lone final `/` is returned as `''` and
 * leaves its slash, so that `/x` and `/x/` stay apart. As `wsgiref.util.shift_path_info`, `..` is
 * returned and takes a segment off `SCRIPT_NAME`.
 *
 * ```ts
 * // SCRIPT_NAME '/shop', PATH_INFO '/items/7'
 * shiftPathInfo(environ); // 'items'; now '/shop/items' and '/7'
 * ```
 *
 * @param options `dotdot: 'reject'` refuses `..`, which an application that maps segments to mounts
 * wants
 * @throws {RangeError} for `..` where it is rejected
 */
export function shiftPathInfo(
  environ: Environ,
  { dotdot = 'follow' }: { dotdot?: 'follow' | 'reject' } = {},
): string | null {
  const path = environ.PATH_INFO;
  if (path === '') return null;
  const [, ...segments] = path.split('/');
  const last = segments.pop() ?? '';
  const rest = [...segments.filter((segment) => segment !== '' && segment !== '.'), last];
  const name = rest.shift() ?? '';
  if (name === '..' && dotdot === 'reject') {
    throw new RangeError(
      `PATH_INFO ${JSON.stringify(path)} climbs with '..', which this mount rejects`,
    );
  }
  let script = environ.SCRIPT_NAME.replace(/\/$/, '');
  if (name === '..') script = script.slice(0, Math.max(script.lastIndexOf('/'), 0));
  else if (name !== '.') script = `${script}/${name}`;
  environ.SCRIPT_NAME = script;
  environ.PATH_INFO = rest.length === 0 ? '' : `/${rest.join('/')}`;
  // A final '.' is no segment of its own.
  return name === '.' ? null : name;
}

/** The name of the host that a request is for; what the client wrote, where that is a host. */
export function hostName({ HTTP_HOST: host, SERVER_NAME: name }: Environ): string {
  return parseHost(host)?.name ?? name.toLowerCase();
}
