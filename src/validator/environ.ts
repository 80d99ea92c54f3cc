/** The request that the server passes: PEP 3333, "environ Variables". */
import { describe } from '../base/bytes.ts';
import { RAW_HEADERS } from '../core/request/request-headers.ts';
import { isToken } from '../http/headers.ts';
import type { Environ } from '../types.ts';
import { CHECKED_CALL } from './checked-call.ts';
import { codePoint, violation } from './report.ts';
import type { Warn } from './report.ts';

const REQUIRED = [
  'REQUEST_METHOD',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
];
const EMPTY_ALLOWED = ['SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING'];
const NEVER_EMPTY = [
  'AUTH_TYPE',
  'CONTENT_TYPE',
  'HTTPS',
  'REMOTE_ADDR',
  'REMOTE_HOST',
  'REMOTE_PORT',
  'REMOTE_USER',
];
const HOP_BY_HOP = [
  'HTTP_TRANSFER_ENCODING',
  'HTTP_TE',
  'HTTP_KEEP_ALIVE',
  'HTTP_PROXY_CONNECTION',
];
/** The registry of RFC 9110 section 16.1.1, without PRI, which no request may use. */
const METHODS = new Set(
  `ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR
  MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH
  TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`.split(/\s+/),
);
/**
 * RFC 3986 section 3.2.2: an address in brackets, or a name of unreserved characters, escapes and
 * sub-delims.
 */
const HOST = /^(?:\[[0-9A-Za-z:.%]+\]|[\w.~%!$&'()*+,;=-]+)$/;

/** The object, its keys and its two streams: a warning needs them to be right. */
export function checkStructure(environ: unknown): asserts environ is Environ {
  checkObject(environ);
  for (const key of REQUIRED) {
    if (!(key in environ)) throw violation('environ-required', `an environ without ${key}`);
  }
  checkErrors(environ['wsgi.errors']);
  checkInput(environ['wsgi.input'], environ['gatecall.input_buffered'] === true);
}

/** The values, once {@link checkStructure} has passed. */
export function checkVariables(environ: Environ, warn: Warn): void {
  if (!inheritsNothing(environ)) {
    warn('environ-prototype', 'an object that inherits from Object.prototype');
  }
  for (const key of EMPTY_ALLOWED) {
    if (!(key in environ)) warn('environ-empty-keys', `an environ without ${key}`);
  }
  for (const [key, value] of Object.entries(environ)) checkVariable(key, value, warn);
  checkRequestLine(environ, warn);
  checkHeaders(environ, warn);
  checkServer(environ);
  checkWsgi(environ, warn);
}

function checkObject(environ: unknown): asserts environ is Environ {
  if (typeof environ !== 'object' || environ === null || !isPlain(environ)) {
    throw violation('environ-plain', describe(environ));
  }
  // A Proxy passes: only Node's util.types.isProxy could recognise it, and this file runs on any
  // host.
  if (!Object.isExtensible(environ)) {
    throw violation(
      'environ-mutable',
      Object.isFrozen(environ) ? 'a frozen object' : 'a locked one',
    );
  }
  const symbol = Object.getOwnPropertySymbols(environ).find(
    (key) => key !== CHECKED_CALL && key !== RAW_HEADERS,
  );
  if (symbol) throw violation('environ-keys', String(symbol));
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(environ))) {
    if (!('value' in property)) throw violation('environ-data', `a getter or setter for ${key}`);
    if (!property.writable || !property.enumerable || !property.configurable) {
      throw violation('environ-data', `a property ${key} that is not all three`);
    }
  }
}

/**
 * Without a prototype, or with one that is empty, frozen and has none itself: V8 keeps objects of
 * such a constructor in fast mode (decision 006).
 */
function inheritsNothing(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null) return true;
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.isFrozen(prototype) &&
    Reflect.ownKeys(prototype).length === 0
  );
}

function isPlain(object: object): boolean {
  if (Array.isArray(object)) return false;
  if (inheritsNothing(object)) return true;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype) return true;
  // The Object.prototype of another realm (Jest, vm) is another object with the same methods.
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  );
}

function checkInput(input: unknown, buffered: boolean): void {
  const missing = missingFrom(input, ['read', 'readline', 'readlines', Symbol.asyncIterator]);
  if (missing) throw violation('wsgi-input', missing);
  if (!buffered) return;
  const sync = missingFrom(input, ['readSync', 'readlineSync', 'readlinesSync', Symbol.iterator]);
  if (sync) throw violation('wsgi-input-buffered', sync);
}

function checkErrors(errors: unknown): void {
  const missing = missingFrom(errors, ['write', 'writelines', 'flush']);
  if (missing) throw violation('wsgi-errors', missing);
}

/** Describes the first method that an object lacks; `undefined` if it has all. */
function missingFrom(object: unknown, methods: readonly PropertyKey[]): string | undefined {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    return describe(object);
  }
  const missing = methods.find((method) => typeof Reflect.get(object, method) !== 'function');
  return missing === undefined ? undefined : `${describe(object)} without ${String(missing)}`;
}

function checkVariable(key: string, value: unknown, warn: Warn): void {
  if (key.includes('.') && !key.startsWith('HTTP_')) {
    if (!/^[a-z0-9_.]+$/.test(key)) warn('environ-extension', `the key ${JSON.stringify(key)}`);
    return;
  }
  if (typeof value !== 'string') throw violation('environ-text', `${describe(value)} as ${key}`);
  const foreign = /[^\x00-\xff]/.exec(key + value);
  // Without the value: messages go to logs, and values hold cookies and passwords.
  if (foreign) throw violation('environ-native', `${codePoint(foreign[0])} in ${key}`);
  if (value === '' && NEVER_EMPTY.includes(key)) warn('environ-no-value', `an empty ${key}`);
}

function checkRequestLine(environ: Environ, warn: Warn): void {
  const { REQUEST_METHOD: method } = environ;
  const script = textOf(environ, 'SCRIPT_NAME');
  const path = textOf(environ, 'PATH_INFO');
  if (!isToken(method)) throw violation('request-method', JSON.stringify(method));
  if (!METHODS.has(method)) warn('request-method-known', JSON.stringify(method));
  if (script === '/' || (script !== '' && !script.startsWith('/'))) {
    throw violation('script-name', JSON.stringify(script));
  }
  // Only a warning: wsgiref's shift_path_info leaves a slash when it moves an empty last segment.
  if (script.endsWith('/')) warn('script-name-slash', JSON.stringify(script));
  const asterisk = path === '*' && method === 'OPTIONS';
  if (path !== '' && !path.startsWith('/') && !asterisk) {
    throw violation('path-info', JSON.stringify(path));
  }
  if (script === '' && path === '' && method !== 'OPTIONS') {
    throw violation('path-some', 'neither');
  }
}

/** PEP 3333 lets a server leave these two out; the types do not. */
function textOf(environ: Environ, key: string): string {
  const value = environ[key];
  return typeof value === 'string' ? value : '';
}

function checkHeaders(environ: Environ, warn: Warn): void {
  const { CONTENT_LENGTH: length } = environ;
  if (length !== undefined && !/^[0-9]+$/.test(length)) {
    throw violation('request-content-length', JSON.stringify(length));
  }
  for (const key of ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH']) {
    if (key in environ) throw violation('http-content', key);
  }
  if ('HTTP_PROXY' in environ) throw violation('http-proxy', 'HTTP_PROXY');
  for (const key of HOP_BY_HOP) if (key in environ) warn('http-hop-by-hop', key);
}

function checkServer(environ: Environ): void {
  const { SERVER_NAME: name, SERVER_PORT: port, SERVER_PROTOCOL: protocol } = environ;
  if (!HOST.test(name)) throw violation('server-name', JSON.stringify(name));
  if (!/^[0-9]+$/.test(port)) throw violation('server-port', JSON.stringify(port));
  if (!/^HTTP\/[0-9](?:\.[0-9])?$/.test(protocol)) {
    throw violation('server-protocol', JSON.stringify(protocol));
  }
}

function checkWsgi(environ: Environ, warn: Warn): void {
  const version: unknown = environ['wsgi.version'];
  if (!Array.isArray(version) || version.length !== 2 || version[0] !== 1 || version[1] !== 0) {
    throw violation(
      'wsgi-version',
      Array.isArray(version) ? `[${version.join(', ')}]` : describe(version),
    );
  }
  const scheme: unknown = environ['wsgi.url_scheme'];
  if (typeof scheme !== 'string' || scheme === '') {
    throw violation('wsgi-url-scheme', describe(scheme));
  }
  if (scheme !== 'http' && scheme !== 'https') warn('wsgi-url-scheme-known', describe(scheme));
  for (const key of ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once']) {
    checkFlag(key, environ[key]);
  }
  if ('wsgi.input_terminated' in environ) {
    checkFlag('wsgi.input_terminated', environ['wsgi.input_terminated']);
  }
  const wrapper: unknown = environ['wsgi.file_wrapper'];
  if ('wsgi.file_wrapper' in environ && typeof wrapper !== 'function') {
    throw violation('wsgi-file-wrapper', describe(wrapper));
  }
}

function checkFlag(key: string, value: unknown): void {
  if (typeof value !== 'boolean') throw violation('wsgi-flags', `${describe(value)} as ${key}`);
}
