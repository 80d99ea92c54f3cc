/** Answers in one line, and wrapping a body without losing its `close`. */
import { isBytes } from '../../base/bytes.ts';
import { isThenable } from '../../base/promises.ts';
import { setHeader } from '../../http/headers.ts';
import type {
  Application,
  ApplicationClass,
  AsyncResponseBody,
  Header,
  HeaderList,
  NativeString,
  ResponseBody,
} from '../../types.ts';

export interface AnswerOptions {
  /** `'200 OK'` unless told. */
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
 * A body that runs callbacks when it is closed: what a middleware returns when it has something to finish. The inner
 * `close` goes first, then each callback, each exactly once, all of them even if one throws (the first error is then
 * thrown on). Iteration, laziness and early stopping pass through; a list stays a list, so that a server still knows its
 * length.
 *
 * ```ts
 * const timed: Middleware = (application) => async (environ, startResponse) => {
 *   const start = performance.now();
 *   return closing(await application(environ, startResponse), () => report(performance.now() - start));
 * };
 * ```
 */
export function closing(
  body: ResponseBody,
  ...callbacks: readonly (() => void | PromiseLike<void>)[]
): ResponseBody {
  let closed = false;
  const close = (): void | PromiseLike<void> => {
    if (closed) return;
    closed = true;
    return callAll([() => body.close?.(), ...callbacks]);
  };
  // One kind of iteration, the body's own: an array stays synchronous, a stream asynchronous.
  if (Symbol.asyncIterator in body) {
    return { [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](), close };
  }
  const list = listOf(body);
  if (list) return Object.assign([...list], { close });
  return { [Symbol.iterator]: () => body[Symbol.iterator](), close };
}

/**
 * A body with other blocks and the same `close`. `blocks` iterates the body given to it, best by `for await`, which stops
 * the iterator where the server stops early; it yields a block, if only an empty one, for each it takes.
 */
export function mapBody(
  body: ResponseBody,
  blocks: (body: ResponseBody) => AsyncIterator<Uint8Array>,
): AsyncResponseBody {
  let begun = false;
  return {
    [Symbol.asyncIterator]: () => {
      begun = true;
      return blocks(body);
    },
    close: () => (begun ? body.close?.() : closeUnread(body)),
  };
}

/**
 * Closes a body nobody has iterated. Its `close`, or, for a Node or web stream whose iterator never started, what frees its
 * descriptor: its iterator's `return()` would not. The one place where more of a body is touched than iteration and `close`.
 */
export function closeUnread(body: ResponseBody): void | PromiseLike<void> {
  if (typeof body.close === 'function') return body.close();
  const stream = body as { destroy?: unknown; cancel?: unknown };
  const stop = stream.destroy ?? stream.cancel;
  if (typeof stop === 'function') return stop.call(stream) as void | PromiseLike<void>;
}

/** Whether an application may return this. */
export function isBody(value: unknown): value is ResponseBody {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** The blocks of a body that is a list, without iterating it; undefined for any other, and for a list of other things. */
export function listOf(body: ResponseBody): readonly Uint8Array[] | undefined {
  return Array.isArray(body) && !(Symbol.asyncIterator in body) && body.every(isBytes)
    ? body
    : undefined;
}

/** Calls one after the other; stays synchronous as long as they do. */
function callAll(actions: readonly (() => void | PromiseLike<void>)[]): void | PromiseLike<void> {
  const errors: unknown[] = [];
  for (const [index, action] of actions.entries()) {
    try {
      const done = action();
      if (isThenable(done)) return callRest(done, actions.slice(index + 1), errors);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function callRest(
  first: PromiseLike<unknown>,
  rest: readonly (() => void | PromiseLike<void>)[],
  errors: unknown[],
): Promise<void> {
  for (const action of [() => first, ...rest]) {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * An application out of a class whose instances are bodies. JavaScript classes cannot be called without `new`, and a server
 * must not look at what kind of callable it was given, so this is said explicitly.
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
