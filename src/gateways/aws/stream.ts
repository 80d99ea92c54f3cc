/** Response streaming: a body on its way while it is being made. */
import { callReceived } from '../../call.ts';
import { type Transport } from '../../transport.ts';
import { statusCode } from '../../status.ts';
import type { Application, HeaderList, NativeString } from '../../types.ts';
import { bufferedReply, callOptions, finishInvocation, type Invocation } from './invocation.ts';
import type { Settings } from './options.ts';
import type { EventSource } from './source.ts';

/** What Lambda's Node runtime hands to a streaming handler. A plain object with these methods, not a `Writable`. */
export interface ResponseStream {
  write(chunk: Uint8Array | string, callback?: (error?: Error | null) => void): boolean;
  end(): unknown;
  once(event: 'drain' | 'finish' | 'error', listener: (error: unknown) => void): unknown;
  setContentType(type: string): void;
}

/** The global of Lambda's Node runtime. */
export interface AwsLambda {
  streamifyResponse(
    handler: (event: unknown, stream: ResponseStream, context: unknown) => Promise<void>,
  ): unknown;
  HttpResponseStream: { from(stream: ResponseStream, prelude: unknown): ResponseStream };
}

/** Looked up when a handler is made, never at import: local tools and tests have no such global (anomalyco/sst#4913). */
export function awslambda(): AwsLambda | undefined {
  return (globalThis as unknown as { awslambda?: AwsLambda }).awslambda;
}

/** Answers one invocation on a response stream, and settles when the stream has finished. */
export async function streamedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
  stream: ResponseStream,
  runtime: AwsLambda,
): Promise<void> {
  const { prelude } = invocation.source;
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
  const transport = new StreamTransport(stream, prelude, runtime);
  invocation.deadline?.arm();
  try {
    await callReceived(application, invocation, transport, callOptions(invocation, settings));
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
  #prelude: NonNullable<EventSource['prelude']>;
  #runtime: AwsLambda;
  #head: unknown;
  #open = false;

  constructor(
    stream: ResponseStream,
    prelude: NonNullable<EventSource['prelude']>,
    runtime: AwsLambda,
  ) {
    this.#stream = stream;
    this.#prelude = prelude;
    this.#runtime = runtime;
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
    await finished(this.#stream);
  }

  /** Before the first write nothing has left, and another head can still take this one's place. */
  abort(): boolean {
    this.broken = this.#open;
    return !this.#open;
  }

  async #write(block: Uint8Array | string): Promise<void> {
    if (!this.#open) this.#stream = this.#runtime.HttpResponseStream.from(this.#stream, this.#head);
    this.#open = true;
    await written(this.#stream, block);
  }
}

/** ms after which a stand-in for the runtime's stream is taken to be one that calls no callbacks. */
const PATIENCE = 100;

/**
 * Waits until a chunk has left for the socket. Neither `write`'s result nor a turn of the event loop will do: the first says
 * nothing about when, and while the socket still connects (the first invocation of a process) the second is too short, so that a
 * generator that computes between its blocks would hold back all of them. A slow reader slows the application down here, too.
 */
function written(stream: ResponseStream, chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const more = stream.write(chunk, (error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    });
    if (more) timer = setTimeout(resolve, PATIENCE);
    else stream.once('drain', () => resolve());
  });
}

function finished(stream: ResponseStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('finish', () => resolve());
    stream.once('error', reject);
    stream.end();
  });
}
