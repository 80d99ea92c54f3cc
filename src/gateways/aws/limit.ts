/** How large a reply is once it is JSON, asked as cheaply as the answer allows. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { EncodedBody, LambdaEventSource } from './source.ts';

/** A character takes at most six bytes in JSON (`\u0001`); a header its name, value, and little around them. */
const WORST = 6;
const AROUND_HEADER = 32;
const AROUND_REPLY = 512;

/** The reply's size in bytes where it is over the source's limit, else undefined. */
export function overLimit(
  source: LambdaEventSource,
  reply: unknown,
  response: BufferedResponse,
  { body, isBase64Encoded }: EncodedBody,
): number | undefined {
  let rest = AROUND_REPLY + response.status.length * WORST;
  for (const header of response.headers)
    rest += (header[0].length + header[1].length + AROUND_HEADER) * WORST;
  const bodyAtMost = isBase64Encoded ? body.length : body.length * WORST;
  if (rest + bodyAtMost <= source.limit) return undefined;
  const size = jsonSize(reply, body, isBase64Encoded);
  return size > source.limit ? size : undefined;
}

function jsonSize(reply: unknown, body: string, isBase64Encoded: boolean): number {
  // Base64 is its own JSON, so megabytes of it need not be written out to be counted.
  return isBase64Encoded
    ? body.length + jsonSize({ ...(reply as object), body: '' }, '', false)
    : Buffer.byteLength(JSON.stringify(reply));
}
