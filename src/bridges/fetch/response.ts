/** A `Response` as the answer of an application: status, headers, and a body that is pulled. */
import { describe } from '../../base/bytes.ts';
import { ContractError } from '../../core/errors.ts';
import { isHopByHop } from '../../http/headers.ts';
import { encodeNative } from '../../base/native.ts';
import type { Header, NativeString, ResponseBody, StartResponse } from '../../types.ts';
import { reasonOf } from '../../http/reason.ts';
import { bodyOf } from './response-body.ts';

/** By its members, not its class: frameworks have subclasses, and other copies of undici have classes of their own. */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const { status, headers } = value as Partial<Response>;
  return typeof status === 'number' && typeof headers?.forEach === 'function' && 'body' in value;
}

/** A faster way for responses of a class of our own; nothing for all others. */
type Sender = (response: unknown, startResponse: StartResponse) => ResponseBody | undefined;
let sender: Sender = () => undefined;

export function setSender(faster: Sender): void {
  sender = faster;
}

/** @throws {ContractError} for what is no `Response` that could be sent */
export function sendResponse(
  response: unknown,
  startResponse: StartResponse,
): ResponseBody | Promise<ResponseBody> {
  const sent = sender(response, startResponse);
  if (sent) return sent;
  if (!isResponse(response)) throw new ContractError(notAResponse(response));
  const { status, statusText, body } = response;
  if (status === 0) {
    throw new ContractError(
      'the handler answered with a network error (Response.error()), which nobody can send; answer with a status',
    );
  }
  if (response.bodyUsed || body?.locked) {
    throw new ContractError(
      'the handler answered with a Response whose body has been read already, or is being read; answer with response.clone(), taken before',
    );
  }
  try {
    startResponse(statusLine(status, statusText), headersOf(response));
  } catch (error) {
    // Headers that cannot be sent, or a response that comes after its time: whoever makes the body is to stop.
    void body?.cancel(error).catch(() => undefined);
    throw error;
  }
  return body ? bodyOf(response, body) : [];
}

export function statusLine(status: number, statusText: string): NativeString {
  return `${status} ${encodeText(statusText) || reasonOf(status)}`;
}

export function headersOf(response: Response): Header[] {
  const headers: Header[] = [];
  response.headers.forEach((value, name) => {
    // Of the connection, which is the server's.
    if (!isHopByHop(name)) headers.push([name, encodeText(value)]);
  });
  return headers;
}

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
