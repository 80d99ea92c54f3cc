/**
 * One HTTP request and its answer as plain values: what every event maker, reply reader and
 * conformance case speaks.
 *
 * ```ts
 * const request = testRequest({ method: 'POST', target: '/echo?x=1', body: 'hello' });
 * ```
 */
import { decodeNative, encodeNative, latin1Bytes, latin1String } from '../base/native.ts';

/** A request as a client sends it. Strings are native: bytes as code points. */
export interface TestRequest {
  method: string;
  /** The raw path and `?query`, as on the request line. */
  target: string;
  /** As sent: spelling, order and repeats kept. */
  headers: readonly (readonly [name: string, value: string])[];
  body?: Uint8Array;
  scheme?: 'http' | 'https';
  clientAddress?: string;
  /** `'HTTP/1.1'` and the like. */
  protocol?: string;
}

/** {@link TestRequest} with everything optional, and a body that may be text. */
export type TestRequestOptions = Omit<Partial<TestRequest>, 'body'> & {
  /** Text is sent as UTF-8. */
  body?: Uint8Array | string;
};

/** An answer as the client receives it. Strings are native: bytes as code points. */
export interface TestResponse {
  status: number;
  /** The reason phrase where there is one; behind a platform's own 500 or 502, why it was given. */
  reason?: string;
  /** Names in lower case, one entry a field line. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
  /** The connection broke before the end of the body. */
  aborted?: boolean;
}

/**
 * A request with defaults: `GET /`, no headers. A Host header is not added, because only a front
 * knows its name.
 *
 * ```ts
 * testRequest({ target: '/a%2Fb?x=1', headers: [['X-Tag', 'one'], ['X-Tag', 'two']] });
 * ```
 */
export function testRequest(options: TestRequestOptions = {}): TestRequest {
  const { body, ...rest } = options;
  const request: TestRequest = { method: 'GET', target: '/', headers: [], ...rest };
  if (body !== undefined) request.body = typeof body === 'string' ? textBytes(body) : body;
  return request;
}

/**
 * The values of a header, its name in any case, joined by `', '`; `undefined` when there is none.
 * Cookies must not be joined, so look for `set-cookie` with {@link headerLines}.
 *
 * ```ts
 * header(response, 'content-type'); // 'text/plain'
 * ```
 */
export function header(message: Pick<TestResponse, 'headers'>, name: string): string | undefined {
  const lines = headerLines(message, name);
  return lines.length === 0 ? undefined : lines.join(', ');
}

/** The values of a header in order, one for each field line. */
export function headerLines(message: Pick<TestResponse, 'headers'>, name: string): string[] {
  const lower = name.toLowerCase();
  return message.headers
    .filter(([candidate]) => candidate.toLowerCase() === lower)
    .map(([, value]) => value);
}

/**
 * The body read as UTF-8, U+FFFD for what is not.
 *
 * ```ts
 * textOf(response) === 'Hello';
 * ```
 */
export function textOf(message: { readonly body?: Uint8Array }): string {
  return message.body ? decodeNative(latin1String(message.body)) : '';
}

/** The UTF-8 bytes of a text. */
export function textBytes(text: string): Uint8Array {
  return latin1Bytes(encodeNative(text));
}
