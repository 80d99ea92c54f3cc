import { addVary, isToken, listItems, lowerCase } from '../http/headers.ts';
import {
  checkApplication,
  checkOptions,
  isCount,
  isFlag,
  isListOf,
  isText,
} from '../core/options.ts';
import type { Application, Header, HeaderList } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

export interface CorsOptions {
  /**
   * Which origins may read: `'*'`, a list such as `['https://example.com']`, or a function of the
   * origin. Default: `'*'`. With `'*'` every response says so and can be cached; otherwise every
   * response has `Vary: Origin`.
   */
  origins?: '*' | readonly string[] | ((origin: string) => boolean);
  /** Answer to `Access-Control-Request-Method`. Default: GET, HEAD, PUT, PATCH, POST, DELETE. */
  methods?: readonly string[];
  /** Request headers that a client may send. Default: those it asks for. */
  headers?: readonly string[];
  /** Response headers that a script may read, beside those it may always read. */
  exposedHeaders?: readonly string[];
  /** Whether requests may carry cookies and credentials. Not with `'*'`: name the origins. */
  credentials?: boolean;
  /** Seconds for which a browser may keep the answer to a preflight. */
  maxAge?: number;
}

/**
 * Lets scripts of other origins use the application (Fetch standard, "CORS protocol"). The
 * middleware answers preflights itself. Every other request reaches the application, and its
 * response gets the headers if the origin may have them.
 *
 * ```ts
 * const shared = cors(application, { origins: ['https://example.com'], credentials: true });
 * ```
 *
 * @throws {TypeError} for an unknown option, for credentials with `'*'`, or when `application` is
 *   no function
 */
export function cors(application: Application, options: CorsOptions = {}): Application {
  checkApplication(application);
  checkOptions('cors', options, {
    origins: (value) => value === '*' || typeof value === 'function' || isListOf(isText)(value),
    methods: isListOf(isName),
    headers: isListOf(isName),
    exposedHeaders: isListOf(isName),
    credentials: isFlag,
    maxAge: isCount,
  });
  const { origins = '*', credentials = false } = options;
  if (credentials && origins === '*') {
    throw new TypeError("cors cannot send credentials to every origin: name them instead of '*'");
  }
  const addCorsHeaders = (
    headers: HeaderList,
    origin: string | undefined,
    more: readonly Header[] = [],
  ): HeaderList => {
    // The application's own headers of these names would contradict.
    const others = headers.filter(
      ([name]) => !/^access-control-allow-(?:origin|credentials)$/i.test(name),
    );
    // The same for every request, with an Origin or without: a cache may keep one answer for all
    // (Fetch standard, "CORS protocol and HTTP caches").
    if (origins === '*') return [...others, ['Access-Control-Allow-Origin', '*'], ...more];
    const varied = addVary(others, 'Origin');
    if (origin === undefined || !allows(origins, origin)) return varied;
    const added: Header[] = [['Access-Control-Allow-Origin', origin]];
    if (credentials) added.push(['Access-Control-Allow-Credentials', 'true']);
    return [...varied, ...added, ...more];
  };
  const exposed: Header[] = options.exposedHeaders?.length
    ? [['Access-Control-Expose-Headers', options.exposedHeaders.join(', ')]]
    : [];
  const inner = mapHead(application, ({ HTTP_ORIGIN }) => ({ headers }) => ({
    headers: addCorsHeaders(headers, HTTP_ORIGIN, exposed),
  }));

  return (environ, startResponse) => {
    const { HTTP_ORIGIN: origin, REQUEST_METHOD: method } = environ;
    const asked = environ.HTTP_ACCESS_CONTROL_REQUEST_METHOD;
    if (method !== 'OPTIONS' || origin === undefined || asked === undefined) {
      return inner(environ, startResponse);
    }
    const requested = environ.HTTP_ACCESS_CONTROL_REQUEST_HEADERS;
    const head = addVary(
      addCorsHeaders([], origin),
      'Access-Control-Request-Method',
      'Access-Control-Request-Headers',
    );
    const allowed = head.some(([name]) => lowerCase(name) === 'access-control-allow-origin');
    startResponse('204 No Content', allowed ? [...head, ...permissions(options, requested)] : head);
    return [];
  };
}

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'];

function permissions(options: CorsOptions, requested: string | undefined): Header[] {
  const { methods = METHODS, maxAge } = options;
  const headers = options.headers ?? listItems(requested ?? '').filter(isToken);
  const found: Header[] = [['Access-Control-Allow-Methods', methods.join(', ')]];
  if (headers.length > 0) found.push(['Access-Control-Allow-Headers', headers.join(', ')]);
  if (maxAge !== undefined) found.push(['Access-Control-Max-Age', String(maxAge)]);
  return found;
}

function allows(
  origins: Exclude<CorsOptions['origins'], '*' | undefined>,
  origin: string,
): boolean {
  return typeof origins === 'function' ? origins(origin) : origins.includes(origin);
}

function isName(value: unknown): boolean {
  return isText(value) && isToken(value);
}
