/** Small applications and checks that the cases are made of. */
import type { Application, Environ, HeaderList, ResponseBody, StartResponse } from '../../types.ts';
import type { TestResponse } from '../../aws-model.ts';
import type { Bench, CaseRequest, Client } from './case.ts';

/** Bytes as code points, the way a native string holds them. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The other way round: any bytes as a native string, so that a difference can be read. */
export function native(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return text;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const codes = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

/** FNV-1a: enough to see that megabytes came through unchanged, without an import. */
export function digest(bytes: Uint8Array, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** `length` bytes in which every value, CR LF and NUL occur, and no short period repeats. */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export interface Gate {
  open(): void;
  opened: Promise<void>;
}

/** A promise to be settled from outside. */
export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

// Applications

export const plainHeaders: HeaderList = [['Content-Type', 'text/plain']];
/**
 * Marks what the application of a failing case sends, so that a leak into the server's own 500 can
 * be seen.
 */
export const markedHeaders: HeaderList = [
  ['Content-Type', 'text/plain'],
  ['X-Application', 'started'],
];
export const secret = 'secret-message';
export const boom = (): Error => new Error(secret);
export const output: Uint8Array = latin1('application-output');

/** Answers 200 with the text, a native string. */
export function say(text: (environ: Environ) => string | PromiseLike<string>): Application {
  return async (environ, startResponse) => {
    const body = latin1(await text(environ));
    startResponse('200 OK', plainHeaders);
    return [body];
  };
}

/** Starts 200 text/plain, then returns the body. */
export function respond(body: () => ResponseBody): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', plainHeaders);
    return body();
  };
}

/**
 * Typed passage for what the types forbid. Applications in plain JavaScript can return or pass
 * anything, and these cases must be them.
 */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller says the type
export const untyped = <T>(value: unknown): T => value as T;

/** Calls `startResponse` with arguments the types forbid. */
export const startUntyped = (startResponse: StartResponse, ...given: unknown[]): unknown =>
  Reflect.apply(startResponse, undefined, given);

/** Serves `application`, and `ok` under /ok: after a failure the next request must work. */
export function besideOk(application: Application): Application {
  return (environ, startResponse) => {
    if (!environ.PATH_INFO.endsWith('/ok')) return application(environ, startResponse);
    startResponse('200 OK', plainHeaders);
    return [latin1('ok')];
  };
}

/**
 * A body that counts: `closed` calls of close, `pulled` items, `finished` 1 when its iterator was
 * released.
 */
export interface CountingBody {
  body: ResponseBody;
  count: { pulled: number; closed: number; returned: number; pulledAfterClose: number };
}

/** `items` may end with a function, which is called (to throw) when its turn comes. */
export function countingBody(items: Iterable<Uint8Array | (() => Uint8Array)>): CountingBody {
  const count = { pulled: 0, closed: 0, returned: 0, pulledAfterClose: 0 };
  const source = items[Symbol.iterator]();
  const body = {
    [Symbol.iterator]: () => ({
      next(): IteratorResult<Uint8Array> {
        if (count.closed > 0) count.pulledAfterClose++;
        const step = source.next();
        if (step.done) return { done: true, value: undefined };
        count.pulled++;
        return {
          done: false,
          value: typeof step.value === 'function' ? step.value() : step.value,
        };
      },
      return(): IteratorResult<Uint8Array> {
        count.returned++;
        return { done: true, value: undefined };
      },
    }),
    close(): void {
      count.closed++;
    },
  };
  return { body, count };
}

// ── Checks ──────────────────────────────────────────────────────────────────────────────────────

const shown = (value: unknown): string => {
  const text =
    typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text !== undefined && text.length > 400
    ? `${text.slice(0, 400)}… (${text.length} characters)`
    : String(text);
};

export function wrong(what: string, expected: unknown, came: unknown): never {
  const error = new Error(`${what}: expected ${shown(expected)}, came ${shown(came)}`);
  error.name = 'ConformanceError';
  throw error;
}

/**
 * Compares as JSON: enough for strings, numbers, arrays and plain objects written in the same
 * order.
 */
export function equal(what: string, came: unknown, expected: unknown): void {
  if (Object.is(came, expected) || shownFully(came) === shownFully(expected)) return;
  wrong(what, expected, came);
}

const shownFully = (value: unknown): string => `${typeof value} ${JSON.stringify(value)}`;

export function ok(what: string, condition: boolean, came: unknown): asserts condition {
  if (!condition) wrong(what, 'so', came);
}

export function matches(what: string, came: unknown, pattern: RegExp): void {
  if (typeof came !== 'string' || !pattern.test(came)) wrong(what, String(pattern), came);
}

export const bodyText = (response: TestResponse): string => native(response.body);
export const headerValues = (response: TestResponse, lowerName: string): string[] =>
  response.headers.filter(([name]) => name.toLowerCase() === lowerName).map(([, value]) => value);

/** A whole response with this status and body. */
export function expectResponse(response: TestResponse, status: number, body: string): void {
  if (response.status !== status) {
    wrong('status', status, `${response.status} with the body ${shown(bodyText(response))}`);
  }
  equal('body', bodyText(response), body);
  equal('aborted', response.aborted === true, false);
}

/** What `application` answers to one request, as text; anything but a whole 200 is wrong. */
export async function answer(
  bench: Bench,
  application: Application,
  request?: CaseRequest | string,
): Promise<string> {
  const client = await bench.serve(application);
  const response = await client.send(request);
  if (response.status !== 200) {
    wrong('status', 200, `${response.status} with the body ${shown(bodyText(response))}`);
  }
  equal('aborted', response.aborted === true, false);
  return bodyText(response);
}

/** Serves an application that answers a fact about its environ as JSON; gives the fact back. */
export async function fact(
  bench: Bench,
  of: (environ: Environ) => unknown,
  request?: CaseRequest | string,
): Promise<unknown> {
  const text = await answer(
    bench,
    say(async (environ) => JSON.stringify((await of(environ)) ?? null)),
    request,
  );
  return JSON.parse(text);
}

/**
 * Wait until something that happens behind the client's back has happened. Not a time limit anyone
 * measures.
 */
export async function until(what: string, happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (happened()) return;
    await pause(turn < 20 ? 0 : 5);
  }
  wrong(what, 'it to happen', 'nothing after three seconds');
}

/**
 * The server's own error page: complete, with nothing of the application's in it, logged, and the
 * next request works.
 */
export async function expectServerError(client: Client, response: TestResponse): Promise<void> {
  if (response.status !== 500) {
    wrong('status', 500, `${response.status} with the body ${shown(bodyText(response))}`);
  }
  equal('aborted', response.aborted === true, false);
  const page = bodyText(response);
  for (const leak of [secret, native(output), '    at ']) {
    if (page.includes(leak)) wrong('error page', 'nothing of the application in it', page);
  }
  equal('header of the failed response', headerValues(response, 'x-application'), []);
  await expectLogged(client);
  await expectServing(client);
}

export async function expectLogged(client: Client): Promise<void> {
  if (client.log() !== undefined) await until('the error is logged', () => client.log() !== '');
}

export async function expectServing(client: Client): Promise<void> {
  expectResponse(await client.send('/ok'), 200, 'ok');
}

/** Broke after the first block: the client can tell. What is buffered becomes the server's 500. */
export async function expectBroken(
  bench: Bench,
  client: Client,
  response: TestResponse,
): Promise<void> {
  const { buffered } = bench.subject;
  if (buffered === true) return expectServerError(client, response);
  if (response.aborted !== true) {
    if (buffered === undefined) return expectServerError(client, response);
    wrong(
      'response',
      'one that breaks off',
      `a whole ${response.status} ${shown(bodyText(response))}`,
    );
  }
  await expectLogged(client);
  await expectServing(client);
}

/** Serves an application that must be answered with the server's own 500. */
export async function refused(
  bench: Bench,
  application: Application,
  request?: CaseRequest | string,
): Promise<TestResponse> {
  const client = await bench.serve(besideOk(application));
  const response = await client.send(request);
  await expectServerError(client, response);
  return response;
}

/** The same for several applications, saying which one went wrong. */
export async function allRefused(
  bench: Bench,
  applications: Readonly<Record<string, Application>>,
): Promise<void> {
  for (const [name, application] of Object.entries(applications)) {
    await within(name, () => refused(bench, application));
  }
}

/** Puts a name in front of whatever goes wrong inside. */
export async function within<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Error && error.name === 'ConformanceError') {
      error.message = `${name}: ${error.message}`;
    }
    throw error;
  }
}

/** Blocks to make bodies of. */
export const hello: Uint8Array = latin1('hello');

export const a: Uint8Array = latin1('a');

export const b: Uint8Array = latin1('b');

export const plainOf = (length: number): HeaderList => [
  ...plainHeaders,
  ['Content-Length', String(length)],
];

export const withHead = (
  status: string,
  headers: HeaderList,
  body: () => ResponseBody,
): Application => {
  return (_environ, startResponse) => {
    startResponse(status, headers);
    return body();
  };
};

/** Content-Length is absent, or tells the truth. */
export function expectTrueLength(bench: Bench, response: TestResponse): void {
  if (bench.lacks('no-framing')) return;
  for (const length of headerValues(response, 'content-length')) {
    equal('content-length', length, String(response.body.length));
  }
}
