/** The size of a reply as JSON. An upper bound is enough for most replies and costs little. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { EncodedBody, LambdaEventSource } from './source.ts';

/**
 * A character takes at most six bytes in JSON (`\u0001`). A header takes its name, its value and
 * the quotes around both.
 */
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
  // Base64 has no character that JSON escapes, so its length is known without writing megabytes of
  // JSON.
  return isBase64Encoded
    ? body.length + jsonSize({ ...(reply as object), body: '' }, '', false)
    : Buffer.byteLength(JSON.stringify(reply));
}
