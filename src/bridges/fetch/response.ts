/** A `Response` as the answer of an application: status, headers, and a body that is pulled. */
import { describe } from '../../base/bytes.ts';
import { ContractError } from '../../core/errors.ts';
import { isHopByHop } from '../../http/headers.ts';
import { encodeNative } from '../../base/native.ts';
import type { Header, NativeString, ResponseBody, StartResponse } from '../../types.ts';
import { reasonOf } from '../../http/reason.ts';
import { isDecoded } from './decoded.ts';
import { bodyOf } from './response-body.ts';

/**
 * Looks at members, not at the class: frameworks have subclasses, and other copies of undici have
 * classes of their own.
 */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const { status, headers } = value as Partial<Response>;
  return typeof status === 'number' && typeof headers?.forEach === 'function' && 'body' in value;
}

/**
 * Sends what a handler answered; `isHead` says that the client wants no body.
 *
 * @throws {ContractError} for what is no `Response` that could be sent
 */
export function sendResponse(
  response: unknown,
  startResponse: StartResponse,
  isHead: boolean,
): ResponseBody | Promise<ResponseBody> {
  if (!isResponse(response)) throw new ContractError(notAResponse(response));
  const { status, statusText, body } = response;
  if (status === 0) {
    throw new ContractError(
      'the handler answered with a network error (Response.error()), which cannot be sent; answer with a status',
    );
  }
  if (response.bodyUsed || body?.locked) {
    throw new ContractError(
      'the handler answered with a Response whose body has been read already, or is being read; answer with response.clone(), taken before',
    );
  }
  try {
    const write = startResponse(statusLine(status, statusText), headersOf(response));
    return body ? bodyOf(response, body, isHead, () => write(NOTHING)) : [];
  } catch (error) {
    // The headers cannot be sent, or the response comes too late: what makes the body is to stop.
    void body?.cancel(error).catch(() => undefined);
    throw error;
  }
}

/** Written, it sends the head (decision 013). */
const NOTHING = new Uint8Array(0);

export function statusLine(status: number, statusText: string): NativeString {
  return `${status} ${encodeText(statusText) || reasonOf(status)}`;
}

function headersOf(response: Response): Header[] {
  const decoded = isDecoded(response);
  const headers: Header[] = [];
  response.headers.forEach((value, name) => {
    // Headers of the connection are the server's.
    if (isHopByHop(name) || (decoded && OF_CODING.has(name))) return;
    headers.push([name, encodeText(value)]);
  });
  return headers;
}

const OF_CODING: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

const NOT_A_BYTE = /[^\x00-\xff]/;

/** Header text is bytes already by the standard; some hosts let more through. */
export function encodeText(text: string): NativeString {
  return NOT_A_BYTE.test(text) ? encodeNative(text) : text;
}

function notAResponse(value: unknown): string {
  const remedy =
    value === undefined
      ? 'return one for every request; a router without a matching route returns nothing, so end it with a 404'
      : 'return new Response(…)';
  return `a fetch handler answers with a Response; got ${describe(value)}: ${remedy}`;
}
