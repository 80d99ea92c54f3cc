/** The outcome of an invocation, in Lambda's words. */

/** The JSON a caller of Lambda receives in place of a result. */
export interface ErrorReport {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

export type Outcome =
  | { ok: true; /** The result as JSON. */ json: string }
  | { ok: false; error: ErrorReport };

/** Lambda's limit of a result: 6 MiB and 100 bytes of JSON. */
const RESULT_LIMIT = 6_291_556;

/** The outcome for a handler's result. */
export function success(result: unknown): Outcome {
  let json: string;
  try {
    json = JSON.stringify(result) ?? 'null'; // `undefined` and functions have no JSON
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Unable to stringify response body: ${reason}`;
    return platformFailure('Runtime.JSONStringifyError', message);
  }
  const size = Buffer.byteLength(json);
  if (size <= RESULT_LIMIT) return { ok: true, json };
  return platformFailure(
    'Function.ResponseSizeTooLarge',
    `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESULT_LIMIT} bytes).`,
  );
}

/**
 * The outcome for what a handler threw. It can be any value, so that reading it may throw as well.
 */
export function failure(thrown: unknown): Outcome {
  try {
    if (!(thrown instanceof Error)) return platformFailure(typeof thrown, String(thrown));
    const { name, message, stack } = thrown;
    return { ok: false, error: { errorType: name, errorMessage: message, trace: lines(stack) } };
  } catch {
    return platformFailure(typeof thrown, 'an object that has no text');
  }
}

/** The outcome for an error of the platform. */
export function platformFailure(errorType: string, errorMessage: string): Outcome {
  return { ok: false, error: { errorType, errorMessage, trace: [] } };
}

function lines(stack: unknown): string[] {
  return typeof stack === 'string' ? stack.split('\n') : [];
}
