/** A result as one JSON value, whether it came whole or as a stream. */
import { latin1String, decodeNative, encodeNative } from '../../base/native.ts';
import type { InvocationResult } from '../runtime-api.ts';

/** A function's result, or Lambda's report of its failure. */
export type FunctionReply =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly value: { errorType: string; errorMessage: string; trace?: string[] };
    };

export function replyOf({
  kind,
  error,
  body,
  prelude,
  payload,
  truncated,
}: InvocationResult): FunctionReply {
  if (error) return { ok: false, value: error };
  if (truncated) {
    const message = 'the response was cut off';
    return { ok: false, value: { errorType: 'Runtime.Truncated', errorMessage: message } };
  }
  if (kind === 'buffered') return { ok: true, value: parseJson(body) };
  if (prelude === undefined) return { ok: true, value: encodeBody(body) };
  return {
    ok: true,
    value: { ...(prelude as object), ...encodeBody(payload ?? new Uint8Array()) },
  };
}

/** A body as in a buffered reply. */
function encodeBody(bytes: Uint8Array): { body: string; isBase64Encoded: boolean } {
  const native = latin1String(bytes);
  const text = decodeNative(native);
  if (encodeNative(text) === native) return { body: text, isBase64Encoded: false };
  return { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
}

/** The JSON value, or the text itself: custom runtimes may send anything. */
function parseJson(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
