/**
 * The response stream of Lambda's Node runtime: writing to it, and learning that nothing reads it
 * any more.
 */
import { type AbortSignalLike, LightAbortController } from '../../core/abort.ts';
import { ClientDisconnected } from '../../core/errors.ts';

/**
 * What Lambda's Node runtime hands to a streaming handler. A plain object with these methods, not a
 * `Writable`.
 */
export interface ResponseStream {
  write(chunk: Uint8Array | string, callback?: (error?: Error | null) => void): boolean;
  end(): unknown;
  once(event: 'drain' | 'finish' | 'close', listener: () => void): unknown;
  once(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
  setContentType(type: string): void;
}

/**
 * ms after which a write counts as done without its callback, which some stand-ins for the
 * runtime's stream never call.
 */
const CALLBACK_TIMEOUT = 100;

/**
 * One response on its way. It waits for one write at a time, and stops waiting as soon as the
 * stream fails or closes (its reader has died) or the time is up. As a signal it aborts then, so
 * that the application's body is closed.
 */
export class StreamWriter extends LightAbortController {
  /** Why nothing can be sent any more, where that is the stream's fault. */
  failure: { readonly error: unknown } | undefined;
  #stream: ResponseStream;
  readonly #deadline: AbortSignalLike | undefined;
  readonly #onFailure: (error: unknown) => void;
  #finished = false;
  /** Rejects the write under way. */
  #interrupt: ((error: unknown) => void) | undefined;

  constructor(
    stream: ResponseStream,
    deadline: AbortSignalLike | undefined,
    onFailure: (error: unknown) => void,
  ) {
    super();
    this.#stream = stream;
    this.#deadline = deadline;
    this.#onFailure = onFailure;
    this.#listen(stream);
    deadline?.addEventListener('abort', () => this.#giveUp(deadline.reason));
  }

  /**
   * Reading it also checks the deadline, for which no timer fires beside a loop that never lets the
   * event loop turn.
   */
  override get aborted(): boolean {
    return super.aborted || (this.#deadline?.aborted ?? false);
  }

  /**
   * Writes go to `stream` from now on: the same one, or one that `HttpResponseStream.from` has
   * wrapped around it.
   */
  redirect(stream: ResponseStream): void {
    if (stream !== this.#stream) this.#listen(stream);
    this.#stream = stream;
  }

  /**
   * Waits until a chunk has left for the socket. The result of `write` does not say when that is. A
   * turn of the event loop is too short while the socket still connects (in the first invocation of
   * a process): a generator that computes between its blocks would then hold back all of them. A
   * slow reader also slows the application down here.
   */
  write(chunk: Uint8Array | string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drained: (() => void) | undefined;
    return this.#wait((done) => {
      const more = this.#stream.write(chunk, (error) => (error ? this.fail(error) : done()));
      if (more) timer = setTimeout(done, CALLBACK_TIMEOUT);
      else this.#stream.once('drain', (drained = done));
    }).finally(() => {
      clearTimeout(timer);
      if (drained) this.#stream.off('drain', drained);
    });
  }

  /** Ends the stream, and waits until all of it has left. */
  end(): Promise<void> {
    return this.#wait((done) => {
      this.#stream.once('finish', done);
      this.#stream.end();
    });
  }

  /**
   * Nothing can be sent any more. What the stream says after its end, or a second time, changes
   * nothing.
   */
  fail(error: unknown): void {
    if (this.#finished || this.failure) return;
    this.failure = { error };
    this.#onFailure(error);
    this.#giveUp(new ClientDisconnected('the response stream failed', { cause: error }), error);
  }

  #giveUp(reason: unknown, error: unknown = reason): void {
    if (!super.aborted) this.abort(reason);
    this.#interrupt?.(error);
  }

  #wait(start: (done: () => void) => void): Promise<void> {
    const { failure } = this;
    if (failure) return Promise.reject(failure.error);
    // After the deadline this still waits: what is sent then, a 504, is the gateway's own, and
    // small.
    return new Promise<void>((resolve, reject) => {
      this.#interrupt = reject;
      try {
        start(resolve);
      } catch (error) {
        this.fail(error);
      }
    }).finally(() => {
      this.#interrupt = undefined;
    });
  }

  #listen(stream: ResponseStream): void {
    stream.once('finish', () => {
      this.#finished = true;
    });
    stream.once('close', () =>
      this.fail(new Error('the response stream was closed before its end')),
    );
    this.#catchErrors(stream);
  }

  /** An `error` event without a listener ends the process, and a stream can emit several. */
  #catchErrors(stream: ResponseStream): void {
    stream.once('error', (error) => {
      this.#catchErrors(stream);
      this.fail(error);
    });
  }
}
