/** `startResponse` and its `write`: when they may be called, and with which arguments. */
import { describe, isBytes } from '../base/bytes.ts';
import type { StartResponse, Write } from '../types.ts';
import { recordBlock, recordHeadSent } from './checked-call.ts';
import type { CheckedCall } from './checked-call.ts';
import { violation } from './report.ts';
import { checkHead } from './response-head.ts';

export function wrapStartResponse(startResponse: StartResponse, call: CheckedCall): StartResponse {
  return function validatedStartResponse(...args: unknown[]): Write {
    if (args.length < 2 || args.length > 3) {
      throw violation('start-arguments', `${args.length} arguments`);
    }
    if (call.ended || call.closed) throw violation('start-late', 'a call after its end');
    const forwarded = args as Parameters<StartResponse>;
    const [status, headers, error] = args;
    // Only undefined and null mean "no error": an application may throw 0 or ''.
    const replacing = error !== undefined && error !== null;
    if (replacing && call.sent) return rethrow(startResponse, forwarded, call);
    if (!replacing && call.started) {
      throw violation('start-twice', 'another call without an error');
    }
    // Before the checks, because a call that fails them counts too (PEP 3333, "The start_response()
    // Callable").
    call.started = true;
    call.head = undefined;
    const head = checkHead(status, headers, call.warn);
    const write: unknown = startResponse(...forwarded);
    if (typeof write !== 'function') throw violation('start-result', describe(write));
    call.head = head;
    return wrapWrite(write as Write, call);
  };
}

/**
 * After the headers were sent, the server throws the error back, and the application must not catch
 * it.
 */
function rethrow(
  startResponse: StartResponse,
  args: Parameters<StartResponse>,
  call: CheckedCall,
): Write {
  const error: unknown = args[2];
  // A middleware may throw another error, or return, to show its own error page (PEP 3333, "Error
  // Handling"). So the inner of two validators does not check this.
  const strictServer = call.outer === undefined;
  let write: Write;
  try {
    write = startResponse(...args);
  } catch (thrown) {
    call.rethrown = true;
    if (thrown !== error && strictServer) call.warn('start-rethrow', describe(thrown));
    throw thrown;
  }
  if (strictServer) call.warn('start-rethrow', 'a return');
  return wrapWrite(write, call);
}

function wrapWrite(write: Write, call: CheckedCall): Write {
  return function validatedWrite(...args: unknown[]) {
    const [block] = args;
    if (args.length !== 1) throw violation('write-bytes', `${args.length} arguments`);
    if (!isBytes(block)) throw violation('write-bytes', describe(block));
    if (call.returned) throw violation('write-late', `${block.length} bytes`);
    if (block.length > 0 && call.inner.some(({ lastItem }) => lastItem === block)) {
      throw violation('middleware-write', `an item of ${block.length} bytes`);
    }
    recordBlock(call, block);
    // Also an empty one: "upon the application's first invocation of the write() callable".
    recordHeadSent(call, block);
    return write(block);
  };
}
