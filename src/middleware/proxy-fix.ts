import { readAddress } from '../http/address.ts';
import { percentDecode } from '../base/native.ts';
import { checkApplication, checkOptions, isCount } from '../core/options.ts';
import type { Application, Environ } from '../types.ts';
import { parseHost } from '../http/host.ts';
import { hop, readForwarded } from '../http/forwarded.ts';

/**
 * How many of your proxies write each header; 0 for a header that none of them sets or overwrites.
 */
export interface ProxyFixOptions {
  /** `X-Forwarded-For`, for `REMOTE_ADDR`. Default: 1, or 0 with `forwarded`. */
  for?: number;
  /** `X-Forwarded-Proto`, for the scheme. Default: 1, or 0 with `forwarded`. */
  proto?: number;
  /** `X-Forwarded-Host`, for `HTTP_HOST`, `SERVER_NAME` and `SERVER_PORT`. Default: 0. */
  host?: number;
  /** `X-Forwarded-Port`, for `SERVER_PORT`. Default: 0. */
  port?: number;
  /**
   * `X-Forwarded-Prefix`, the part of the path that the proxy took off: goes in front of
   * `SCRIPT_NAME`. Default: 0.
   */
  prefix?: number;
  /**
   * `Forwarded` (RFC 7239), with its `for`, `proto` and `host`. An `X-Forwarded-*` header then
   * counts only if its option is given. Default: 0.
   */
  forwarded?: number;
}

/**
 * Gives an application behind proxies the client's address and the URL that the client used. Each
 * proxy appends what it saw to the lists in these headers. Only as many entries from the right are
 * true as there are proxies of yours; the client may have invented the rest. A list with fewer
 * entries, or an entry that is no address, scheme, host, port or path, changes nothing. The values
 * from before are in `gatecall.proxy_fix`.
 *
 * ```ts
 * // A CDN, which ends TLS, in front of nginx.
 * toNodeListener(proxyFix(application, { for: 2, proto: 1 }));
 * ```
 *
 * The gateways for function platforms take all this from the event: use `proxyFix` there only for
 * proxies of your own in front of the platform. Put it around everything that reads addresses or
 * URLs.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function proxyFix(application: Application, options: ProxyFixOptions = {}): Application {
  checkApplication(application);
  checkOptions('proxyFix', options, {
    for: isCount,
    proto: isCount,
    host: isCount,
    port: isCount,
    prefix: isCount,
    forwarded: isCount,
  });
  const { forwarded = 0, host = 0, port = 0, prefix = 0 } = options;
  const usual = forwarded > 0 ? 0 : 1;
  const hops = { for: usual, proto: usual, ...omitUndefined(options) };
  return (environ, startResponse) => {
    const standard = readForwarded(environ.HTTP_FORWARDED, forwarded);
    const before = copyOriginals(environ);
    setAddress(environ, hop(environ.HTTP_X_FORWARDED_FOR, hops.for) ?? standard['for']);
    setScheme(environ, hop(environ.HTTP_X_FORWARDED_PROTO, hops.proto) ?? standard['proto']);
    setHost(environ, hop(environ.HTTP_X_FORWARDED_HOST, host) ?? standard['host']);
    setPort(environ, hop(environ.HTTP_X_FORWARDED_PORT, port));
    setPrefix(environ, hop(environ.HTTP_X_FORWARDED_PREFIX, prefix));
    environ['gatecall.proxy_fix'] = before;
    return application(environ, startResponse);
  };
}

/** An option that is `undefined` counts as left out. */
function omitUndefined(options: ProxyFixOptions): ProxyFixOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

const CHANGED = [
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'wsgi.url_scheme',
  'HTTPS',
  'HTTP_HOST',
  'SERVER_NAME',
  'SERVER_PORT',
  'SCRIPT_NAME',
  'REQUEST_URI',
] as const;

function copyOriginals(environ: Environ): Readonly<Record<string, unknown>> {
  return Object.fromEntries(CHANGED.map((key) => [key, environ[key]]));
}

function setAddress(environ: Environ, value: string | undefined): void {
  const node = readAddress(value);
  if (!node || !isPort(node.port ?? '0')) return;
  environ.REMOTE_ADDR = node.address;
  // The port that was there is the proxy's.
  delete environ.REMOTE_PORT;
  if (node.port !== undefined) environ.REMOTE_PORT = node.port;
}

const USUAL_PORT = { http: '80', https: '443' };

function setScheme(environ: Environ, value: string | undefined): void {
  const scheme = value?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return;
  const other = scheme === 'http' ? 'https' : 'http';
  if (environ['wsgi.url_scheme'] === other && environ.SERVER_PORT === USUAL_PORT[other]) {
    environ.SERVER_PORT = USUAL_PORT[scheme];
  }
  environ['wsgi.url_scheme'] = scheme;
  if (scheme === 'https') environ.HTTPS = 'on';
  else delete environ.HTTPS;
}

function setHost(environ: Environ, value: string | undefined): void {
  const host = parseHost(value);
  // `new URL` throws for a larger port, in every application that builds a URL.
  if (!host || !isPort(host.port ?? '0')) return;
  environ.HTTP_HOST = host.text;
  environ.SERVER_NAME = host.name;
  environ.SERVER_PORT = host.port ?? usualPort(environ);
}

function setPort(environ: Environ, value: string | undefined): void {
  if (value === undefined || !/^[1-9]\d{0,4}$/.test(value) || !isPort(value)) return;
  environ.SERVER_PORT = value;
  const host = parseHost(environ.HTTP_HOST);
  if (host) environ.HTTP_HOST = value === usualPort(environ) ? host.name : `${host.name}:${value}`;
}

function isPort(digits: string): boolean {
  return Number(digits) <= 65_535;
}

function usualPort(environ: Environ): string {
  return environ['wsgi.url_scheme'] === 'https' ? USUAL_PORT.https : USUAL_PORT.http;
}

function setPrefix(environ: Environ, value: string | undefined): void {
  const prefix = value?.replace(/\/$/, '');
  if (!prefix || !/^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(prefix)) return;
  const script = percentDecode(prefix);
  if (!isMountPath(script)) return;
  environ.SCRIPT_NAME = script + environ.SCRIPT_NAME;
  if (environ.REQUEST_URI?.startsWith('/')) environ.REQUEST_URI = prefix + environ.REQUEST_URI;
}

/**
 * Judged decoded, as `SCRIPT_NAME` holds it and as links and redirects are made of it. An empty
 * segment in front makes a host name of the next one (`/%2fevil.example`), browsers read a
 * backslash as a slash, dot segments climb, and a control character ends a header.
 */
function isMountPath(path: string): boolean {
  if (/[\\\x00-\x1f\x7f]/.test(path)) return false;
  const segments = path.slice(1).split('/');
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
