import { readAddress } from '../http/address.ts';
import { percentDecode } from '../base/native.ts';
import { checkApplication, checkOptions, isCount } from '../core/options.ts';
import type { Application, Environ } from '../types.ts';
import { parseHost } from '../core/request/url.ts';
import { hop, readForwarded } from '../http/forwarded.ts';

/** How many proxies of yours write each header; 0 for one that none of them sets or overwrites. */
export interface ProxyFixOptions {
  /** `X-Forwarded-For`, for `REMOTE_ADDR`. 1 unless told. */
  for?: number;
  /** `X-Forwarded-Proto`, for the scheme. 1 unless told. */
  proto?: number;
  /** `X-Forwarded-Host`, for `HTTP_HOST` and the server's name and port. 0 unless told. */
  host?: number;
  /** `X-Forwarded-Port`. 0 unless told. */
  port?: number;
  /** `X-Forwarded-Prefix`, in front of `SCRIPT_NAME`: what the proxy took off the path. 0 unless told. */
  prefix?: number;
  /** `Forwarded` (RFC 7239) with its `for`, `proto` and `host`, then instead of the other three unless they are told. 0 unless told. */
  forwarded?: number;
}

/**
 * Tells an application behind proxies whom it serves and under which URL. Each proxy appends what it saw to the lists in these
 * headers, so only as many entries from the right can be believed as there are proxies of yours; what stands before
 * them the client may have invented. Fewer entries than that, or one that is no address, scheme or host, change nothing. What
 * was there before is kept in `gatecall.proxy_fix`.
 *
 * ```ts
 * toNodeListener(proxyFix(application, { for: 2, proto: 1 })); // a CDN, which also ends TLS, before nginx
 * ```
 *
 * The gateways for function platforms have done this from the event already: use it there only for proxies of your own in
 * front of the platform. Put it around everything that looks at addresses or URLs.
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
  const hops = { for: usual, proto: usual, ...defined(options) };
  return (environ, startResponse) => {
    const standard = readForwarded(environ.HTTP_FORWARDED, forwarded);
    const before = originals(environ);
    setAddress(environ, hop(environ.HTTP_X_FORWARDED_FOR, hops.for) ?? standard['for']);
    setScheme(environ, hop(environ.HTTP_X_FORWARDED_PROTO, hops.proto) ?? standard['proto']);
    setHost(environ, hop(environ.HTTP_X_FORWARDED_HOST, host) ?? standard['host']);
    setPort(environ, hop(environ.HTTP_X_FORWARDED_PORT, port));
    setPrefix(environ, hop(environ.HTTP_X_FORWARDED_PREFIX, prefix));
    environ['gatecall.proxy_fix'] = before;
    return application(environ, startResponse);
  };
}

/** Without what is `undefined`, which counts as left out. */
function defined(options: ProxyFixOptions): ProxyFixOptions {
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

function originals(environ: Environ): Readonly<Record<string, unknown>> {
  return Object.fromEntries(CHANGED.map((key) => [key, environ[key]]));
}

function setAddress(environ: Environ, value: string | undefined): void {
  const node = readAddress(value);
  if (!node) return;
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
  if (!host) return;
  environ.HTTP_HOST = host.text;
  environ.SERVER_NAME = host.name;
  environ.SERVER_PORT = host.port ?? usualPort(environ);
}

function setPort(environ: Environ, value: string | undefined): void {
  if (value === undefined || !/^[1-9]\d{0,4}$/.test(value)) return;
  environ.SERVER_PORT = value;
  const host = parseHost(environ.HTTP_HOST);
  if (host) environ.HTTP_HOST = value === usualPort(environ) ? host.name : `${host.name}:${value}`;
}

function usualPort(environ: Environ): string {
  return environ['wsgi.url_scheme'] === 'https' ? USUAL_PORT.https : USUAL_PORT.http;
}

function setPrefix(environ: Environ, value: string | undefined): void {
  const prefix = value?.replace(/\/$/, '');
  // An empty segment in front would make a host name of the next one, in links and redirects.
  if (!prefix || !/^(?:\/[\w.~!$&'()*+,;=:@%-]+)+$/.test(prefix)) return;
  environ.SCRIPT_NAME = percentDecode(prefix) + environ.SCRIPT_NAME;
  if (environ.REQUEST_URI?.startsWith('/')) environ.REQUEST_URI = prefix + environ.REQUEST_URI;
}
