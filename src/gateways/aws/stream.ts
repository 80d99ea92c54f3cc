/** Response streaming: a body on its way while it is being made. */
import { callApplication } from '../../core/call.ts';
import { type AbortSignalLike, abortable } from '../../core/abort.ts';
import { type Transport } from '../../core/transport.ts';
import { statusCode } from '../../http/status.ts';
import type { Application, HeaderList, NativeString } from '../../types.ts';
import { functionUrl, functionUrlPrelude } from './function-url.ts';
import { bufferedReply, callOptions, finishInvocation, type Invocation } from './invocation.ts';
import type { Settings } from './options.ts';
import { restApi, restPrelude } from './rest-api.ts';
import type { EventSource } from './source.ts';

/** What Lambda's Node runtime hands to a streaming handler. A plain object with these methods, not a `Writable`. */
export interface ResponseStream {
  write(chunk: Uint8Array | string, callback?: (error?: Error | null) => void): boolean;
  end(): unknown;
  once(event: 'drain' | 'finish', listener: () => void): unknown;
  once(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
  setContentType(type: string): void;
}

type Handler = (event: unknown, stream: unknown, ...context: unknown[]) => Promise<unknown>;

/**
 * The global of Lambda's Node runtime. Elsewhere it may be there with less in it: AWS's SDK and Powertools make an empty one,
 * for their invoke store.
 */
interface AwsLambda {
  streamifyResponse?(handler: Handler): unknown;
  HttpResponseStream?: { from(stream: ResponseStream, prelude: object): ResponseStream };
}

/** Looked up when it is used, never at import: local tools and tests have no such global (anomalyco/sst#4913). */
function awslambda(): AwsLambda | undefined {
  return (globalThis as unknown as { awslambda?: AwsLambda }).awslambda;
}

/**
 * Marks a handler as one that streams, for the runtime and for instrumentation around it
 * (open-telemetry/opentelemetry-js-contrib#2827). Where there is neither it stays unmarked: a tool that calls it as any other
 * handler gets a whole reply.
 */
export function markStreaming(handler: Handler): unknown {
  const runtime = awslambda();
  if (runtime?.streamifyResponse) return runtime.streamifyResponse(handler);
  // AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA takes the global away, and what the runtime looks for is this.
  return process.env['AWS_LAMBDA_RUNTIME_API'] === undefined
    ? handler
    : Object.assign(handler, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' });
}

/** Told from a context, the other second argument of a handler, which cannot be written to. */
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

type Prelude = (status: NativeString, headers: HeaderList) => object;

/** What precedes the body, where the source can stream. Not a member of the source: a handler that answers in one piece has no use for it. */
function preludeOf(source: EventSource): Prelude | undefined {
  if (source === functionUrl) return functionUrlPrelude;
  return source === restApi ? restPrelude : undefined;
}

/** Answers one invocation on a response stream, and settles when the stream has finished. */
export async function streamedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
  stream: ResponseStream,
): Promise<void> {
  const prelude = preludeOf(invocation.source);
  if (!prelude) {
    // A source that cannot stream gets the buffered reply's JSON, which Lambda passes on as the function's result.
    const reply = await bufferedReply(application, invocation, settings);
    stream.setContentType('application/json');
    await written(stream, JSON.stringify(reply));
    await finished(stream);
    return;
  }
  // An error event nobody listens to ends the process. What it says comes through the write's callback as well.
  stream.once('error', () => undefined);
  const transport = new StreamTransport(stream, prelude, invocation.deadline);
  invocation.deadline?.arm();
  try {
    await callApplication(application, invocation, callOptions(transport, invocation, settings));
  } finally {
    await finishInvocation(invocation);
  }
  // Makes the runtime report the error in the trailers, so that the client sees a broken response and not a short one.
  // The error itself has been logged, with its stack.
  if (transport.broken) throw new Error('the response broke off; its error is in the log above');
}

class StreamTransport implements Transport {
  broken = false;
  #stream: ResponseStream;
  #prelude: Prelude;
  #giveUp: AbortSignalLike | undefined;
  #head: object = {};
  #open = false;

  constructor(stream: ResponseStream, prelude: Prelude, giveUp: AbortSignalLike | undefined) {
    this.#stream = stream;
    this.#prelude = prelude;
    this.#giveUp = giveUp;
  }

  begin(status: NativeString, headers: HeaderList): void {
    if (statusCode(status) > 599)
      throw new RangeError(`no status above 599 can be sent; got ${status}`);
    this.#head = this.#prelude(status, headers);
  }

  async send(block: Uint8Array): Promise<void> {
    await this.#write(block);
  }

  async end(): Promise<void> {
    // The runtime sends the prelude with the first write only: ended without one, a 204 or a HEAD would lose its status
    // (honojs/hono#2401).
    if (!this.#open) await this.#write('');
    await finished(this.#stream, this.#giveUp);
  }

  /** Before the first write nothing has left, and another head can still take this one's place. */
  abort(): boolean {
    this.broken = this.#open;
    return !this.#open;
  }

  async #write(block: Uint8Array | string): Promise<void> {
    if (!this.#open) this.#stream = withPrelude(this.#stream, this.#head);
    this.#open = true;
    await written(this.#stream, block, this.#giveUp);
  }
}

/** ms after which a stand-in for the runtime's stream is taken to be one that calls no callbacks. */
const PATIENCE = 100;

/**
 * Waits until a chunk has left for the socket. Neither `write`'s result nor a turn of the event loop will do: the first says
 * nothing about when, and while the socket still connects (the first invocation of a process) the second is too short, so that a
 * generator that computes between its blocks would hold back all of them. A slow reader slows the application down here, too.
 */
function written(
  stream: ResponseStream,
  chunk: Uint8Array | string,
  giveUp?: AbortSignalLike,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drained: (() => void) | undefined;
  const left = new Promise<void>((resolve, reject) => {
    const more = stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    if (more) timer = setTimeout(resolve, PATIENCE);
    else stream.once('drain', (drained = resolve));
  });
  return unlessGivenUp(left, giveUp).finally(() => {
    clearTimeout(timer);
    if (drained) stream.off('drain', drained);
  });
}

function finished(stream: ResponseStream, giveUp?: AbortSignalLike): Promise<void> {
  const finish = new Promise<void>((resolve, reject) => {
    stream.once('finish', () => resolve());
    stream.once('error', reject);
    stream.end();
  });
  return unlessGivenUp(finish, giveUp);
}

/** A client that reads no more must not keep the body open until Lambda ends the process. */
function unlessGivenUp(sent: Promise<void>, giveUp: AbortSignalLike | undefined): Promise<void> {
  // What is sent after that, a 504, is the gateway's own, and small.
  return !giveUp || giveUp.aborted ? sent : abortable(sent, giveUp);
}
