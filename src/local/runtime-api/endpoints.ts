/** The four requests of a runtime. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Cutoff, readBody, TooLarge } from './body.ts';
import type { Invocation, Invocations } from './invocations.ts';
import { type Arrival, platformError, reportedError, trailedError } from './result.ts';

/**
 * The most bytes of a function's result: 6 MiB and 100. Lambda's limit for streams, 200 MB and a
 * slower rate after 6 MB, does not apply here.
 */
const RESULT_LIMIT = 6_291_556;

const NEXT = '/2018-06-01/runtime/invocation/next';
const INIT_ERROR = '/2018-06-01/runtime/init/error';
const ANSWER = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/** Answers one request of a runtime. */
export async function answer(
  invocations: Invocations,
  arn: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '';
  const [, id = '', action] = ANSWER.exec(path) ?? [];
  if (path === NEXT) {
    if (request.method !== 'GET') return refuse(request, response, 405, 'MethodNotAllowed');
    return next(invocations, arn, request, response);
  }
  if (path !== INIT_ERROR && action === undefined)
    return refuse(request, response, 404, 'NotFound');
  if (request.method !== 'POST') return refuse(request, response, 405, 'MethodNotAllowed');
  if (path === INIT_ERROR) return await initError(invocations, request, response);

  // A runtime must ask for an event before it answers one.
  if (invocations.phase !== 'running') {
    return refuse(request, response, 403, 'InvalidStateTransition');
  }
  const invocation = invocations.find(decodeId(id));
  if (!invocation) return refuse(request, response, 400, 'InvalidRequestID');
  if (invocation.arrival) return refuse(request, response, 403, 'InvalidStateTransition');
  const mode = action === 'error' ? 'error' : responseMode(request);
  if (!mode) return refuse(request, response, 400, 'InvalidFunctionResponseMode');
  return await receive(invocations, invocation, mode, request, response);
}

/** `GET /runtime/invocation/next`: answered when there is an event, however long that takes. */
function next(
  invocations: Invocations,
  arn: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (invocations.phase === 'failed') {
    return refuse(request, response, 403, 'InvalidStateTransition');
  }
  const cancel = invocations.ask(({ requestId, timeoutMs, headers, json }) => {
    response.writeHead(200, {
      'Content-Type': 'application/json', // AWS's native client crashes without it
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutMs),
      'Lambda-Runtime-Invoked-Function-Arn': arn,
      ...headers,
    });
    response.end(json);
  });
  response.on('close', cancel);
}

/** `POST /runtime/init/error`: the function cannot be loaded. */
async function initError(
  invocations: Invocations,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (invocations.phase !== 'init') return refuse(request, response, 403, 'InvalidStateTransition');
  const arrival: Arrival = { request, chunks: [] };
  await readBody(request, RESULT_LIMIT, (bytes) => void arrival.chunks.push({ atMs: 0, bytes }));
  invocations.failStart({ kind: 'init-error', error: reportedError(arrival) }, arrival);
  accept(response);
}

/** `POST /runtime/invocation/{id}/response` and `/error`. */
async function receive(
  invocations: Invocations,
  invocation: Invocation,
  kind: 'buffered' | 'streamed' | 'error',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrival: Arrival = { request, chunks: [] };
  invocation.arrival = arrival;
  invocation.onAnswer?.({ kind, contentType: request.headers['content-type'] });
  try {
    await readBody(request, kind === 'streamed' ? Infinity : RESULT_LIMIT, (bytes) => {
      arrival.chunks.push({ atMs: performance.now() - invocation.startedAt, bytes });
      return kind === 'error' ? undefined : invocation.onChunk?.(bytes);
    });
  } catch (error) {
    if (error instanceof TooLarge) {
      const message = `Response payload size exceeded maximum allowed payload size (${RESULT_LIMIT} bytes).`;
      const error = platformError('Function.ResponseSizeTooLarge', message);
      invocations.end(invocation, { kind: 'error', error });
      return refuse(request, response, 413, 'RequestEntityTooLarge');
    }
    if (error instanceof Cutoff) {
      const message = 'the runtime closed the connection before the end of its response';
      invocations.end(invocation, { kind, error: platformError('TruncatedHTTPRequest', message) });
    } else {
      invocations.fail(invocation, error);
    }
    return void response.destroy();
  }
  const reported = { error: reportedError, streamed: trailedError, buffered: () => undefined };
  invocations.end(invocation, { kind, error: reported[kind](arrival) });
  accept(response);
}

function responseMode(request: IncomingMessage): 'buffered' | 'streamed' | undefined {
  const mode = request.headers['lambda-runtime-function-response-mode'] ?? 'buffered';
  if (typeof mode === 'string' && /^buffered$/i.test(mode)) return 'buffered';
  return typeof mode === 'string' && /^streaming$/i.test(mode) ? 'streamed' : undefined;
}

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}\n');
}

const REASONS = {
  InvalidRequestID: 'Invalid request ID',
  InvalidStateTransition: 'the runtime may not do this now',
  InvalidFunctionResponseMode:
    'Lambda-Runtime-Function-Response-Mode is neither "streaming" nor "buffered"',
  RequestEntityTooLarge: `more than ${RESULT_LIMIT} bytes`,
  MethodNotAllowed: 'the runtime API does not know this method here',
  NotFound: 'the runtime API has no such path',
};

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  errorType: keyof typeof REASONS,
): void {
  request.resume(); // or the connection could not be used again
  const body = { errorType, errorMessage: REASONS[errorType] };
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
