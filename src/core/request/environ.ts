/**
 * The environ: a request as the dictionary PEP 3333 describes ("environ Variables"). Every gateway
 * builds it here, so folding, spoofing and encoding are decided once.
 */
import { bufferedInput } from './input.ts';
import { encodeNative, percentDecode, percentEncode } from '../../base/native.ts';
import { fileWrapper } from './file-wrapper.ts';
import type { Encode } from './environ-keys.ts';
import { addHeaders, keepRawHeaders } from './request-headers.ts';
import type { RequestParts, ServerInfo } from './request-parts.ts';
import type { Environ, NativeString } from '../../types.ts';

/** Shared and frozen: the one environ value that is not new for each request. */
const VERSION: readonly [1, 0] = Object.freeze([1, 0] as const);

/**
 * A fresh environ from what a gateway knows.
 *
 * ```ts
 * const environ = createEnviron(
 *   { method: 'GET', rawPath: '/caf%C3%A9', headers: { host: 'example.com' } },
 *   { errors: errorStream(console.error) },
 * );
 * environ.PATH_INFO; // '/caf\u00c3\u00a9'
 * ```
 */
export function createEnviron(parts: RequestParts, server: ServerInfo): Environ {
  const native = parts.native ? identity : encodeNative;
  const environ = new EnvironObject(parts, server, native);
  addHeaders(environ, parts, native);
  setServer(environ, parts, native);
  if (server.basePath) moveBasePath(environ, server.basePath);
  if (parts.scriptName) prefixScriptName(environ, native(parts.scriptName));
  return environ;
}

interface EnvironConstructor {
  new (parts: RequestParts, server: ServerInfo, native: Encode): Environ;
}

/**
 * An environ inherits nothing: with a prototype `environ['constructor']` would be a function, and a
 * key `__proto__` be lost. Its prototype is an empty, frozen object without one, and not `null`,
 * because V8 keeps an object without a prototype as a dictionary, which costs two to three times as
 * much to fill (decision 006). Nothing that is set here is deleted again, for that makes a
 * dictionary of any object.
 */
const EnvironObject: EnvironConstructor = /* @__PURE__ */ (() => {
  function EnvironObject(
    this: Environ,
    parts: RequestParts,
    server: ServerInfo,
    native: Encode,
  ): void {
    const rawPath = escapePath(parts.rawPath, parts.method, native);
    const query = parts.query ? native(parts.query) : '';
    this.REQUEST_METHOD = native(parts.method);
    this.SCRIPT_NAME = '';
    this.PATH_INFO =
      parts.path === undefined
        ? percentDecode(rawPath)
        : absolute(native(parts.path), parts.method);
    this.QUERY_STRING = query;
    this.REQUEST_URI = joinTarget(rawPath, query);
    this.SERVER_NAME = '';
    this.SERVER_PORT = '';
    this.SERVER_PROTOCOL = parts.protocol ? native(parts.protocol) : 'HTTP/1.1';
    this.SERVER_SOFTWARE = 'gatecall/0.1.0';
    this.GATEWAY_INTERFACE = 'CGI/1.1';
    this['wsgi.version'] = VERSION;
    this['wsgi.url_scheme'] = parts.scheme === 'http' ? 'http' : 'https';
    this['wsgi.input'] = parts.input ?? bufferedInput(parts.body);
    this['wsgi.errors'] = server.errors;
    this['wsgi.multithread'] = server.multithread ?? false;
    this['wsgi.multiprocess'] = server.multiprocess ?? false;
    this['wsgi.run_once'] = server.runOnce ?? false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = fileWrapper;
    this['gatecall.async'] = true;
    this['gatecall.concurrent'] = server.concurrent ?? false;
    this['gatecall.input_buffered'] = parts.input === undefined;
    this['gatecall.raw_path'] = rawPath;
    if (parts.scheme !== 'http') this.HTTPS = 'on';
    if (parts.remoteAddress) this.REMOTE_ADDR = native(parts.remoteAddress);
    if (parts.remoteUser) this.REMOTE_USER = native(parts.remoteUser);
    keepRawHeaders(this, parts.headers, native);
  }
  EnvironObject.prototype = Object.freeze(Object.create(null) as object);
  return EnvironObject as unknown as EnvironConstructor;
})();

const identity: Encode = (text) => text;

/** A copy that inherits nothing either, with every key and what rides along under symbols. */
export function copyEnviron(environ: Environ): Environ {
  return { __proto__: EnvironObject.prototype as object, ...environ };
}

/**
 * `SERVER_NAME` and `SERVER_PORT`: of the Host header, which is there only where it is a host, else
 * of the platform.
 */
function setServer(environ: Environ, parts: RequestParts, native: Encode): void {
  const host = environ.HTTP_HOST || native(parts.serverName ?? '');
  const colon = host.lastIndexOf(':');
  const hasPort = colon > 0 && colon > host.lastIndexOf(']');
  environ.SERVER_NAME = (hasPort ? host.slice(0, colon) : host) || 'localhost';
  const port = parts.serverPort ?? (hasPort ? host.slice(colon + 1) : '');
  environ.SERVER_PORT = DIGITS.test(port) ? port : parts.scheme === 'http' ? '80' : '443';
}

const DIGITS = /^[0-9]{1,5}$/;

/** Moves the longest matching mount point from `PATH_INFO` to `SCRIPT_NAME`. */
function moveBasePath(environ: Environ, mounts: readonly string[]): void {
  let longest = '';
  for (const mount of mounts) {
    const prefix = encodeNative(mount);
    if (prefix.length > longest.length && isBelow(environ.PATH_INFO, prefix)) longest = prefix;
  }
  moveToScriptName(environ, longest);
}

/**
 * Whether a path is this mount point or below it: `/api` has `/api` and `/api/x`, never `/apixyz`.
 */
export function isBelow(path: NativeString, mount: NativeString): boolean {
  const end = path[mount.length];
  return path.startsWith(mount) && (end === undefined || end === '/');
}

/**
 * Moves a prefix of `PATH_INFO` to the end of `SCRIPT_NAME`, in place; `gatecall.raw_path` follows.
 */
export function moveToScriptName(environ: Environ, prefix: NativeString): void {
  if (prefix === '') return;
  environ.SCRIPT_NAME += prefix;
  environ.PATH_INFO = environ.PATH_INFO.slice(prefix.length);
  const rawPath = environ['gatecall.raw_path'];
  if (typeof rawPath === 'string') environ['gatecall.raw_path'] = rawSuffix(rawPath, prefix.length);
}

/** The undecoded text that is left after `decoded` bytes of it: `%XX` is one byte. */
function rawSuffix(rawPath: string, decoded: number): string {
  let index = 0;
  for (let bytes = 0; bytes < decoded; bytes++) {
    index += /^%[0-9A-Fa-f]{2}/.test(rawPath.slice(index, index + 3)) ? 3 : 1;
  }
  const rest = rawPath.slice(index);
  // `/v1%2Fpets` is below `/v1`, as `PATH_INFO` is decoded. The slash that ends the mount is
  // written as one, or a bridge's `'http://host' + url` would have another host.
  return /^%2f/i.test(rest) ? `/${rest.slice(3)}` : rest;
}

function prefixScriptName(environ: Environ, prefix: NativeString): void {
  environ.SCRIPT_NAME = prefix + environ.SCRIPT_NAME;
  environ.REQUEST_URI = percentEncode(prefix) + (environ.REQUEST_URI ?? '');
}

// What cannot stand in a request target, from any source: left raw it would end the line, the
// path, or the byte.
const NOT_IN_TARGET = /[^\x21\x22\x24-\x3e\x40-\x7e]/;

/**
 * The request's target without a stage: fit for a request line, whatever the platform gave as its
 * path.
 */
export function requestTarget(parts: RequestParts): NativeString {
  const native = parts.native ? identity : encodeNative;
  return joinTarget(
    escapePath(parts.rawPath, parts.method, native),
    parts.query ? native(parts.query) : '',
  );
}

/**
 * Path and query as a target: of the query, too, what cannot stand in a request line is
 * percent-encoded.
 */
export function joinTarget(path: NativeString, query: NativeString): NativeString {
  return query === '' ? path : `${path}?${escapeQuery(query)}`;
}

/**
 * A path fit for `REQUEST_URI`: as it came, but spaces, controls, `?`, `#` and non-ASCII
 * percent-encoded as UTF-8.
 */
function escapePath(path: string, method: string, native: Encode): NativeString {
  const target = absolute(path, method);
  return NOT_IN_TARGET.test(target) ? percentEncode(native(target), TARGET) : target;
}

/**
 * `.evil.example/x` behind a host name would be another host. OPTIONS alone has a path without a
 * slash, `*`.
 */
function absolute(path: string, method: string): string {
  return path.startsWith('/') || (path === '*' && method === 'OPTIONS') ? path : `/${path}`;
}

/** The same for a query, in which `?` is a character like others. */
function escapeQuery(query: NativeString): NativeString {
  return NOT_IN_QUERY.test(query) ? percentEncode(query, `${TARGET}?`) : query;
}
const NOT_IN_QUERY = /[^\x21\x22\x24-\x7e]/;
const TARGET = '!"$%&\'()*+,/:;<=>@[\\]^`{|}';
