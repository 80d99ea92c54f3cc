/**
 * The process of a function: a client of the Runtime API in place of `aws-lambda-ric`, as it looks
 * on the wire and to the handler (version 4.0.2). `instance.ts` starts it; its environment is
 * Lambda's.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { pathToFileURL } from 'node:url';
import {
  nextEvent,
  postError,
  postInitError,
  postResult,
  type RuntimeEvent,
} from './client/api.ts';
import { logAs } from './client/console.ts';
import { installAwslambda, streamResult } from './client/stream.ts';
import { type Invocation, lambdaContext } from './context.ts';
import {
  type Handler,
  isStreaming,
  loadError,
  moduleFile,
  parseHandler,
  resolveHandler,
} from './handler.ts';
import { failure, type ErrorReport, platformFailure, success } from './outcome.ts';

/** The event that the handler works on. */
let current: RuntimeEvent | undefined;

/** Up to Node 22 the third parameter is a callback. */
const callbacks =
  Number(/nodejs(\d+)/.exec(process.env['AWS_EXECUTION_ENV'] ?? '')?.[1] ?? 24) < 24;

async function load(): Promise<Handler> {
  const name = parseHandler(process.env['_HANDLER'] ?? '');
  const file = moduleFile(process.env['LAMBDA_TASK_ROOT'] ?? process.cwd(), name);
  try {
    const exports = (await import(pathToFileURL(file).href)) as object;
    return resolveHandler(exports, name, callbacks);
  } catch (error) {
    throw loadError(error);
  }
}

async function run(handler: Handler, event: RuntimeEvent): Promise<void> {
  const context = { ...lambdaContext(invocationOf(event), process.env), ...extras(event) };
  if (isStreaming(handler)) return await streamResult(handler, event, context);
  const outcome = await call(handler, event.event, context).then(success, failure);
  if (outcome.ok) return await postResult(event, outcome.json);
  console.error('Invoke Error', outcome.error);
  await postError(event, outcome.error);
}

async function call(handler: Handler, event: unknown, context: unknown): Promise<unknown> {
  if (!callbacks || handler.length < 3) return await handler(event, context);
  return await new Promise((resolve, reject) => {
    const callback = (error: unknown, result: unknown): void => {
      if (error === undefined || error === null) resolve(result);
      else reject(error);
    };
    const returned = handler(event, context, callback) as PromiseLike<unknown> | undefined;
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  });
}

function invocationOf({ requestId, deadline, traceId }: RuntimeEvent): Invocation {
  return { requestId, deadline, traceId };
}

function extras({ arn, clientContext, identity, tenantId }: RuntimeEvent): object {
  return { invokedFunctionArn: arn, clientContext, identity, tenantId };
}

/** Fails the current invocation and ends the process, as Lambda does after an uncaught error. */
async function crash(error: ErrorReport): Promise<void> {
  const event = current;
  current = undefined;
  try {
    await (event ? postError(event, error) : postInitError(error));
  } finally {
    process.exit(1);
  }
}

function report(error: unknown): ErrorReport {
  const outcome = failure(error);
  return outcome.ok ? { errorType: 'Error', errorMessage: '', trace: [] } : outcome.error;
}

process.on('uncaughtException', (error) => {
  console.error('Uncaught Exception', error);
  void crash(report(error));
});
process.on('unhandledRejection', (reason) => {
  console.error('Unhandled Promise Rejection', reason);
  void crash({ ...report(reason), errorType: 'Runtime.UnhandledPromiseRejection' });
});
process.on('beforeExit', () => {
  if (!current) return;
  const message =
    'the handler waits for a promise that nothing is left to settle: no timer, no socket, no file is open';
  const outcome = platformFailure('Runtime.NodeJsExit', message);
  if (!outcome.ok) void crash(outcome.error);
});

installAwslambda();
logAs(() => current?.requestId);
let handler: Handler;
try {
  handler = await load();
} catch (error) {
  console.error(error);
  await postInitError(report(error)).catch(() => undefined);
  process.exit(1);
}
for (;;) {
  const event = await nextEvent();
  current = event;
  process.env['_X_AMZN_TRACE_ID'] = event.traceId;
  await run(handler, event);
  current = undefined;
}
