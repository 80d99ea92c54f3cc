/**
 * `globalThis.awslambda` and the stream it hands to a handler, as in `aws-lambda-ric` 4.0.2, with
 * its faults: a prelude leaves with the first `write` only, so `from(stream, …).end()` loses it on
 * Lambda as well.
 */
import type { ClientRequest } from 'node:http';
import { type Handler, isStreaming } from '../handler.ts';
import { failure } from '../outcome.ts';
import { readResponse, open, type RuntimeEvent } from './api.ts';

const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';
const HANDLER_STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';

type Write = (chunk: unknown, ...rest: unknown[]) => boolean;

/** A plain object, no `Writable`, as on Lambda. */
interface ResponseStream {
  write: Write;
  setContentType(type: string): void;
  /** Called once, before the first chunk. */
  beforeFirstWrite?: ((write: Write) => void) | undefined;
}

export function installAwslambda(): void {
  if (process.env['AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA'] === '1') return;
  const streamifyResponse = (handler: Handler, options?: { highWaterMark?: number }): Handler => {
    const marks = { [HANDLER_STREAMING]: 'response', [HIGH_WATER_MARK]: options?.highWaterMark };
    return Object.assign(handler, marks);
  };
  const from = (stream: ResponseStream, prelude: unknown): ResponseStream => {
    stream.setContentType(HTTP_RESPONSE);
    stream.beforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(new Uint8Array(8));
    };
    return stream;
  };
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream: { from } } });
}

/** Runs a streaming handler, and settles when the Runtime API has its whole response. */
export async function streamResult(
  handler: Handler,
  { requestId, event }: RuntimeEvent,
  context: unknown,
): Promise<void> {
  if (!isStreaming(handler)) throw new TypeError('the handler does not stream');
  const request = open('POST', `/invocation/${encodeURIComponent(requestId)}/response`, {
    'Lambda-Runtime-Function-Response-Mode': 'streaming',
    Trailer: [ERROR_TYPE, ERROR_BODY],
    'Content-Type': 'application/octet-stream',
    'Transfer-Encoding': 'chunked',
  });
  const answer = readResponse(request);
  try {
    const returned = handler(event, responseStream(request), context);
    if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') {
      throw new Error('Streaming does not support non-async handlers.');
    }
    const result = await returned;
    if (result !== undefined) console.warn('Streaming handlers ignore return values.');
  } catch (error) {
    console.error('Invoke Error', error);
    fail(request, error);
  }
  // A stream without `end()` keeps the invocation waiting until its timeout, as on Lambda.
  await answer;
}

/** What has been sent cannot be taken back, so that the error follows in the trailers. */
function fail(request: ClientRequest, error: unknown): void {
  if (request.writableEnded) return;
  const outcome = failure(error);
  if (outcome.ok) return;
  const body = Buffer.from(JSON.stringify(outcome.error)).toString('base64');
  const type = outcome.error.errorType.replace(/[^\x20-\x7e]/g, '?');
  request.addTrailers({ [ERROR_TYPE]: type, [ERROR_BODY]: body });
  request.flushHeaders();
  request.end();
}

const METHODS = [
  'addListener',
  'cork',
  'destroy',
  'emit',
  'end',
  'eventNames',
  'listenerCount',
  'listeners',
  'off',
  'on',
  'once',
  'prependListener',
  'removeAllListeners',
  'removeListener',
  'uncork',
] as const;
const GETTERS = [
  'closed',
  'destroyed',
  'errored',
  'writable',
  'writableCorked',
  'writableEnded',
  'writableFinished',
  'writableHighWaterMark',
  'writableLength',
  'writableNeedDrain',
  'writableObjectMode',
] as const;

function responseStream(request: ClientRequest): ResponseStream {
  const send: Write = (chunk, ...rest) =>
    (request.write as Write).call(request, bytesOf(chunk), ...rest);
  const stream: ResponseStream = {
    write: (chunk, ...rest) => {
      const before = stream.beforeFirstWrite;
      stream.beforeFirstWrite = undefined;
      before?.(send);
      return send(chunk, ...rest);
    },
    setContentType: (type) => {
      if (request.headersSent) {
        const error = new Error('Cannot set content-type, too late.');
        error.name = 'Runtime.InvalidStreamingOperation';
        throw error;
      }
      request.setHeader('Content-Type', type);
    },
  };
  for (const name of METHODS) {
    const method = request[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(stream, name, { value: method.bind(request), enumerable: true });
  }
  for (const name of GETTERS) Object.defineProperty(stream, name, { get: () => request[name] });
  return stream;
}

/** Lambda's runtime writes any other value as JSON. */
function bytesOf(chunk: unknown): unknown {
  return typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
}
