/** A light response as an answer: its bytes are there, and need no stream. */
import { isHopByHop } from '../../http/headers.ts';
import type { Header, ResponseBody, StartResponse } from '../../types.ts';
import { LightHeaders } from '../fetch/headers.ts';
import { encodeText, statusLine } from '../fetch/response.ts';
import { LightResponse } from './response.ts';

/** Nothing when it is another kind of response, or one whose body must be waited for. */
export function sendLight(
  response: unknown,
  startResponse: StartResponse,
): ResponseBody | undefined {
  if (!LightResponse.isLight(response) || response.status === 0 || response.bodyUsed)
    return undefined;
  const content = LightResponse.content(response);
  const bytes = content ? content.take() : undefined;
  if (content && !bytes) return undefined;
  const headers: Header[] = [];
  const flat = LightHeaders.flat(response.headers);
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index] ?? '';
    if (!isHopByHop(name)) headers.push([name, encodeText(flat[index + 1] ?? '')]);
  }
  startResponse(statusLine(response.status, response.statusText), headers);
  return bytes ? [bytes] : [];
}
