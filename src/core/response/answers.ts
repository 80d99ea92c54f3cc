/** Whole applications in one line: text, HTML, JSON, and a class whose instances are bodies. */
import { setHeader } from '../../http/headers.ts';
import type {
  Application,
  ApplicationClass,
  Header,
  HeaderList,
  NativeString,
} from '../../types.ts';

export interface AnswerOptions {
  /** Default: `'200 OK'`. */
  status?: NativeString;
  /** Added to Content-Type; a Content-Type given here replaces it. */
  headers?: HeaderList;
}

/**
 * An application that answers with text, as UTF-8.
 *
 * ```ts
 * const application: Application = (environ, startResponse) =>
 *   environ.PATH_INFO === '/'
 *     ? text('Hello\n')(environ, startResponse)
 *     : text('Not here\n', { status: '404 Not Found' })(environ, startResponse);
 * ```
 */
export function text(content: string, options?: AnswerOptions): Application {
  return answer(content, 'text/plain; charset=utf-8', options);
}

/** As {@link text}, as `text/html`. The content is sent as it is: escape what others wrote. */
export function html(content: string, options?: AnswerOptions): Application {
  return answer(content, 'text/html; charset=utf-8', options);
}

/**
 * As {@link text}, a value as JSON.
 *
 * @throws {TypeError} when JSON cannot hold the value: a cycle, a BigInt, `undefined`
 */
export function json(value: unknown, options?: AnswerOptions): Application {
  const content: string | undefined = JSON.stringify(value);
  if (content === undefined) {
    throw new TypeError(`json() takes a value that JSON can hold; got ${typeof value}`);
  }
  return answer(content, 'application/json', options);
}

const encoder = /* @__PURE__ */ new TextEncoder();

function answer(content: string, type: string, options: AnswerOptions = {}): Application {
  const { status = '200 OK', headers = [] } = options;
  const own = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const typed: Header[] = own ? [...headers] : [['Content-Type', type], ...headers];
  const body = encoder.encode(content);
  return ({ REQUEST_METHOD: method }, startResponse) => {
    if (method === 'HEAD' && body.length > 0) {
      startResponse(status, setHeader(typed, 'Content-Length', String(body.length)));
      return [];
    }
    startResponse(status, typed);
    return [body];
  };
}

/**
 * An application out of a class whose instances are bodies. JavaScript classes cannot be called
 * without `new`, and a server must not look at what kind of callable it was given, so this is said
 * explicitly.
 *
 * ```ts
 * class Hello {
 *   constructor(_environ: Environ, startResponse: StartResponse) { startResponse('200 OK', []); }
 *   *[Symbol.iterator]() { yield new TextEncoder().encode('Hello\n'); }
 * }
 * export const handler = toLambdaHandler(fromClass(Hello));
 * ```
 */
export function fromClass(constructor: ApplicationClass): Application {
  return (environ, startResponse) => new constructor(environ, startResponse);
}
