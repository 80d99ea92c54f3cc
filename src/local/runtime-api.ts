/**
 * Lambda's Runtime API on this machine: the HTTP interface between Lambda and the process in which
 * a function runs. AWS's own runtime client (`aws-lambda-ric`) runs against it as it does on
 * Lambda, and so does a custom runtime.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 *
 * Each function has its own: `AWS_LAMBDA_RUNTIME_API` is a host and a port, without a path that
 * could name a function. The Runtime API starts no process and ends none.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './runtime-api/endpoints.ts';
import { type Answer, type Invocation, Invocations } from './runtime-api/invocations.ts';
import { type Ending, type InvocationResult, platformError } from './runtime-api/result.ts';
import { newTraceId } from './trace-id.ts';

export type { Answer } from './runtime-api/invocations.ts';
export type { Chunk, FunctionError, InvocationResult, ResultKind } from './runtime-api/result.ts';

export interface RuntimeApiOptions {
  /** The name in the function's ARN. Default `'function'`. */
  functionName?: string;
  /** The region in it. Default `'us-east-1'`. */
  region?: string;
  /**
   * The most events that a runtime holds at once, as `AWS_LAMBDA_MAX_CONCURRENCY` says. Default: 1.
   */
  concurrency?: number;
  /** Called when a runtime asks for an event; the first call means that it has started. */
  onNext?: () => void;
}

export interface InvokeOptions {
  /** The value of `context.awsRequestId`. Default: a random UUID. */
  requestId?: string;
  /**
   * The function's timeout in ms, from the moment it receives the event. Default 3000, as on
   * Lambda.
   */
  timeoutMs?: number;
  /** Becomes `context.clientContext`, as JSON. */
  clientContext?: unknown;
  /** Becomes `context.identity`. */
  identity?: { cognitoIdentityId: string; cognitoIdentityPoolId: string };
  /** Becomes `context.tenantId`. */
  tenantId?: string;
  /** X-Ray's trace, `Root=1-…;Parent=…;Sampled=1`. Default: a random one. */
  traceId?: string;
  /** Called when the runtime receives the event. */
  onStart?: () => void;
  /** Called when the runtime begins to answer, before the first piece. */
  onAnswer?: (answer: Answer) => void;
  /**
   * Receives each piece of the response as it arrives. While a promise that it returned is pending,
   * nothing is read, so that the function feels back-pressure. If it throws, the response is cut
   * off and `invoke` rejects with that.
   */
  onChunk?: (chunk: Uint8Array) => void | PromiseLike<void>;
}

export interface RuntimeApi {
  /** `host:port`, for `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /**
   * Gives an event to the runtime once it asks for one, and settles when the invocation has ended
   * in any way. An invocation cannot be cancelled: Lambda does not tell a function that its client
   * has left, so that it runs to its end or its timeout.
   *
   * @throws {RangeError} for an event of more than 6 MiB of JSON, which Lambda would refuse
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvocationResult>;
  /**
   * Must be called when the process has ended; `reason` is e.g. `'exit status 1'`. Its events, and
   * those that wait, end as `'exited'`. Another process may start then. After a timeout the caller
   * must end the process.
   */
  reportExit(reason: string): void;
  /**
   * Stops listening and ends everything as `'exited'`; a runtime that waits for an event loses its
   * connection, and exits.
   */
  close(): Promise<void>;
}

/** The most bytes of a synchronous invocation's event. */
const EVENT_LIMIT = 6 * 1024 * 1024;
/** The account of AWS's own examples. */
const ACCOUNT = '111122223333';

/**
 * Starts a Runtime API for one function, on a free port of 127.0.0.1.
 *
 * ```ts
 * const api = await startRuntimeApi();
 * const env = { ...variables, AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'index.handler' };
 * const child = spawn('node', ['node_modules/aws-lambda-ric/index.mjs'], { env });
 * child.on('exit', (status) => api.reportExit(`exit status ${status}`));
 * const { kind, body } = await api.invoke({ key: 'value' }, { timeoutMs: 10_000 });
 * ```
 */
export async function startRuntimeApi(options: RuntimeApiOptions = {}): Promise<RuntimeApi> {
  const { functionName = 'function', region = 'us-east-1', concurrency = 1 } = options;
  const arn = `arn:aws:lambda:${region}:${ACCOUNT}:function:${functionName}`;
  const invocations = new Invocations(concurrency, options.onNext);
  const server = createServer(
    // Errors travel in headers and trailers. Go's server takes 1 MB of them.
    { maxHeaderSize: 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      answer(invocations, arn, request, response).catch(() => response.destroy());
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: async (event, options = {}) => {
      if (!server.listening) throw new Error('the Runtime API has been closed');
      return await invocations.run(invocationOf(event, options));
    },
    reportExit: (reason) => invocations.exit(exit(`Runtime exited with error: ${reason}`)),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      invocations.exit(exit('the Runtime API was closed'), true);
      server.closeAllConnections();
      await closed;
    },
  };
}

function exit(message: string): Ending {
  return { kind: 'exited', error: platformError('Runtime.ExitError', message) };
}

function invocationOf(event: unknown, options: InvokeOptions): Invocation {
  const json = JSON.stringify(event ?? null);
  const size = Buffer.byteLength(json);
  if (size > EVENT_LIMIT) {
    throw new RangeError(`an event may have ${EVENT_LIMIT} bytes of JSON; this one has ${size}`);
  }
  const { timeoutMs = 3000, traceId = newTraceId(), clientContext, identity, tenantId } = options;
  return {
    requestId: options.requestId ?? randomUUID(),
    json,
    timeoutMs,
    headers: {
      'Lambda-Runtime-Trace-Id': traceId,
      ...(clientContext !== undefined && {
        'Lambda-Runtime-Client-Context': asciiJson(clientContext),
      }),
      ...(identity && { 'Lambda-Runtime-Cognito-Identity': asciiJson(identity) }),
      ...(tenantId !== undefined && { 'Lambda-Runtime-Aws-Tenant-Id': tenantId }),
    },
    onStart: options.onStart,
    onAnswer: options.onAnswer,
    onChunk: options.onChunk,
    startedAt: 0,
    arrival: undefined,
  };
}

/** JSON that fits into a header. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
