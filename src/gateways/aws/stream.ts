/** Response streaming: a body on its way while it is being made. */
import { callApplication, type Transport } from '../../call.ts';
import type { Application, HeaderList, NativeString } from '../../types.ts';
import { bufferedReply, callOptions, finishInvocation, type Invocation } from './invocation.ts';
import type { Settings } from './options.ts';
import type { EventSource } from './source.ts';

/** What Lambda's Node runtime hands to a streaming handler. A plain object with these methods, not a `Writable`. */
export interface ResponseStream {
  write(chunk: Uint8Array | string): boolean;
  end(): unknown;
  once(event: 'drain' | 'finish' | 'error', listener: (error: unknown) => void): unknown;
  removeListener?(event: 'drain' | 'finish' | 'error', listener: (error: unknown) => void): unknown;
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
  const { source, environ } = invocation;
  const { prelude } = source;
  if (!prelude) {
    // A source that cannot stream gets the buffered reply's JSON, which Lambda passes on as the function's result.
    const reply = await bufferedReply(application, invocation, settings);
    stream.setContentType('application/json');
    stream.write(JSON.stringify(reply));
    await finished(stream);
    return;
  }
  const transport = new StreamTransport(stream, prelude, runtime);
  const errors = environ['wsgi.errors'];
  try {
    await callApplication(application, environ, transport, callOptions(invocation, settings));
  } finally {
    await finishInvocation(invocation, errors);
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
    if (this.#stream.write(block)) {
      // A turn of the event loop, for Node's socket keeps what was written until then: a generator that computes between
      // its blocks would hold back all of them.
      await new Promise((resolve) => setImmediate(resolve));
    } else {
      await settled(this.#stream, 'drain');
    }
  }
}

async function finished(stream: ResponseStream): Promise<void> {
  const done = settled(stream, 'finish');
  stream.end();
  await done;
}

function settled(stream: ResponseStream, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve, reject) => {
    const succeed = (): void => {
      stream.removeListener?.('error', fail);
      resolve();
    };
    const fail = (error: unknown): void => {
      stream.removeListener?.(event, succeed);
      reject(error);
    };
    stream.once(event, succeed);
    stream.once('error', fail);
  });
}
