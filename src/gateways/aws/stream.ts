/** Response streaming: a body on its way while it is being made. */
import { callApplication } from '../../core/call.ts';
import { describeError } from '../../core/request/error-stream.ts';
import type { Transport } from '../../core/transport.ts';
import { statusCode } from '../../http/status.ts';
import type { Application, HeaderList, NativeString } from '../../types.ts';
import { functionUrl, functionUrlPrelude } from './function-url.ts';
import { bufferedReply, callOptions, finishInvocation, type Invocation } from './invocation.ts';
import type { Settings } from './options.ts';
import type { Log } from './reply.ts';
import { restApi, restPrelude } from './rest-api.ts';
import type { LambdaEventSource } from './source.ts';
import { type ResponseStream, StreamWriter } from './stream-writer.ts';

type Handler = (event: unknown, stream: unknown, ...context: unknown[]) => Promise<unknown>;

/**
 * The global of Lambda's Node runtime. Elsewhere it may be there with less in it: AWS's SDK and
 * Powertools make an empty one, for their invoke store.
 */
interface AwsLambda {
  streamifyResponse?(handler: Handler): unknown;
  HttpResponseStream?: { from(stream: ResponseStream, prelude: object): ResponseStream };
}

/**
 * Looked up when it is used, never at import: local tools and tests have no such global
 * (anomalyco/sst#4913).
 */
function awslambda(): AwsLambda | undefined {
  return (globalThis as unknown as { awslambda?: AwsLambda }).awslambda;
}

/**
 * Marks a handler as one that streams, for the runtime and for instrumentation around it
 * (open-telemetry/opentelemetry-js-contrib#2827). Where there is neither it stays unmarked: a tool
 * that calls it as any other handler gets a whole reply.
 */
export function markStreaming(handler: Handler): unknown {
  const runtime = awslambda();
  if (runtime?.streamifyResponse) return runtime.streamifyResponse(handler);
  // AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA takes the global away, and the runtime looks for this
  // symbol.
  return process.env['AWS_LAMBDA_RUNTIME_API'] === undefined
    ? handler
    : Object.assign(handler, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' });
}

/**
 * Whether a handler's second argument is a stream. The other thing it can be is a context, which
 * has no `write`.
 */
export function isResponseStream(value: unknown): value is ResponseStream {
  return typeof (value as { write?: unknown } | null | undefined)?.write === 'function';
}

/** The stream that sends `prelude` before its first chunk. */
function withPrelude(stream: ResponseStream, prelude: object): ResponseStream {
  const { HttpResponseStream } = awslambda() ?? {};
  if (HttpResponseStream) return HttpResponseStream.from(stream, prelude);
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
  stream.setContentType('application/vnd.awslambda.http-integration-response');
  stream.write(JSON.stringify(prelude));
  stream.write(new Uint8Array(8));
  return stream;
}

type Prelude = (status: NativeString, headers: HeaderList, log: Log) => object;

/**
 * What precedes the body, where the source can stream. Not a member of the source: a handler that
 * answers in one piece has no use for it.
 */
function preludeOf(source: LambdaEventSource): Prelude | undefined {
  if (source === functionUrl) return functionUrlPrelude;
  return source === restApi ? restPrelude : undefined;
}

/**
 * Answers one invocation on a response stream, and settles when the stream has finished.
 *
 * @throws the stream's error when it failed; an `Error` when the response broke off
 */
export async function streamedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
  stream: ResponseStream,
): Promise<void> {
  const prelude = preludeOf(invocation.source);
  const writer = new StreamWriter(stream, prelude && invocation.deadline, (error) => {
    invocation.log(`the response stream failed\n${describeError(error)}`);
    invocation.deadline?.cancel(error);
  });
  if (!prelude) {
    // A source that cannot stream gets the buffered reply's JSON, which Lambda passes on as the
    // function's result.
    const reply = await bufferedReply(application, invocation, settings);
    stream.setContentType('application/json');
    await writer.write(JSON.stringify(reply));
    await writer.end();
    return;
  }
  const log = (problem: string): void => invocation.log(problem);
  const transport = new StreamTransport(stream, writer, (status, headers) =>
    prelude(status, headers, log),
  );
  invocation.deadline?.arm();
  try {
    const options = callOptions(transport, invocation, settings);
    await callApplication(application, invocation, { ...options, signal: writer });
  } finally {
    await finishInvocation(invocation);
  }
  if (writer.failure) throw writer.failure.error;
  // Makes the runtime report the error in the trailers, so that the client sees a broken response
  // and not a short one. The error itself has been logged, with its stack.
  if (transport.broken) throw new Error('the response broke off; its error is in the log above');
}

class StreamTransport implements Transport {
  broken = false;
  readonly #stream: ResponseStream;
  readonly #writer: StreamWriter;
  readonly #makePrelude: (status: NativeString, headers: HeaderList) => object;
  #prelude: object = {};
  #open = false;

  constructor(
    stream: ResponseStream,
    writer: StreamWriter,
    makePrelude: (status: NativeString, headers: HeaderList) => object,
  ) {
    this.#stream = stream;
    this.#writer = writer;
    this.#makePrelude = makePrelude;
  }

  begin(status: NativeString, headers: HeaderList): void {
    if (statusCode(status) > 599)
      throw new RangeError(`no status above 599 can be sent; got ${status}`);
    this.#prelude = this.#makePrelude(status, headers);
  }

  /** The runtime sends the prelude with the first write, if only of nothing. */
  flushHead(): Promise<void> | undefined {
    return this.#open ? undefined : this.#write('');
  }

  send(block: Uint8Array): Promise<void> {
    return this.#write(block);
  }

  async end(): Promise<void> {
    // Ended without a write, a 204 or a HEAD would lose its status (honojs/hono#2401).
    await this.flushHead();
    await this.#writer.end();
  }

  /** Before the first write nothing has left, and another head can still take this one's place. */
  abort(): boolean {
    this.broken = this.#open;
    return !this.#open;
  }

  async #write(block: Uint8Array | string): Promise<void> {
    if (!this.#open) this.#openStream();
    await this.#writer.write(block);
  }

  #openStream(): void {
    this.#open = true;
    try {
      this.#writer.redirect(withPrelude(this.#stream, this.#prelude));
    } catch (error) {
      this.#writer.fail(error);
    }
  }
}
