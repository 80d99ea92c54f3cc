/**
 * The process of a function: loads the handler once, and runs it for each event from `sandbox.ts`.
 */
import { type Invocation, lambdaContext } from '../local/functions/context.ts';
import { type Handler, type HandlerName, loadError } from '../local/functions/handler.ts';
import { failure, type Outcome, platformFailure, success } from '../local/functions/outcome.ts';
import { resolveHandler } from './handler.ts';
import { replaceSource } from './typescript.ts';

export interface LoadOrder {
  handler: HandlerName;
  url: string;
  /** What to run in place of the file. */
  bundle?: string;
}
export interface InvokeOrder {
  event: unknown;
  invocation: Invocation;
}
export interface Report {
  outcome: Outcome;
  milliseconds: number;
}

const send = process.send?.bind(process);
const channel = process.channel;
if (!send || !channel) throw new Error('this file is a part of `gatecall invoke`; run that');
// A function on Lambda has no parent process: libraries that find `process.send` would use it.
delete process.send;

let handler: Handler | undefined;
/** When the current order began. */
let begun: number | undefined;

process.on('message', (order: LoadOrder | InvokeOrder) => {
  if ('bundle' in order && order.bundle !== undefined) replaceSource(order.url, order.bundle); // not a part of the handler's time
  begun = performance.now();
  // Only the handler's own work may keep the process alive now; see `beforeExit`.
  channel.unref();
  void ('url' in order ? load(order) : invoke(order)).then(report);
});

function report(outcome: Outcome): void {
  const milliseconds = performance.now() - (begun ?? 0);
  begun = undefined;
  channel?.ref();
  send?.({ outcome, milliseconds } satisfies Report);
}

// Lambda's runtimes report this at once, too, and not at the timeout.
process.on('beforeExit', () => {
  if (begun === undefined) return;
  const message =
    'the handler waits for a promise that nothing is left to settle: no timer, no socket, no file is open';
  report(platformFailure('Runtime.NodeJsExit', message));
});

process.on('disconnect', () => process.exit());

async function load(order: LoadOrder): Promise<Outcome> {
  try {
    handler = resolveHandler((await import(order.url)) as object, order.handler);
    return success(undefined);
  } catch (error) {
    return failure(loadError(error));
  }
}

async function invoke({ event, invocation }: InvokeOrder): Promise<Outcome> {
  process.env['_X_AMZN_TRACE_ID'] = invocation.traceId;
  try {
    return success(await handler?.(event, lambdaContext(invocation, process.env)));
  } catch (error) {
    return failure(error);
  }
}
