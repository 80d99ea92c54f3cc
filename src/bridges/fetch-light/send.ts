/** A light response as an answer: its bytes are there, and need no stream. */
import { isHopByHop } from '../../http/headers.ts';
import type { Header, ResponseBody, StartResponse } from '../../types.ts';
import { LightHeaders } from '../fetch/headers.ts';
import { encodeText, sendResponse, statusLine } from '../fetch/response.ts';
import { LightResponse } from './response.ts';

/** As `sendResponse`, without a stream where the bytes of a light response are there. */
export function sendLightResponse(
  response: unknown,
  startResponse: StartResponse,
  isHead: boolean,
): ResponseBody | Promise<ResponseBody> {
  if (!LightResponse.isLight(response)) return sendResponse(response, startResponse, isHead);
  const blocks = blocksOf(response);
  if (!blocks) return sendResponse(response, startResponse, isHead);
  const { status, statusText } = response;
  const headers: Header[] = [];
  LightHeaders.each(response.headers, (name, value) => {
    if (!isHopByHop(name)) headers.push([name, encodeText(value)]);
  });
  startResponse(statusLine(status, statusText), headers);
  return blocks;
}

/** Nothing for a response that cannot be sent, or whose body must be waited for. */
function blocksOf(response: LightResponse): Uint8Array[] | undefined {
  if (response.status === 0 || response.bodyUsed) return undefined;
  const content = LightResponse.content(response);
  if (!content) return [];
  const bytes = content.take();
  return bytes && [bytes];
}
