/** The request's body: blocks as they arrive, one asked for at a time. */
import { ClientDisconnected, ContractError } from '../../core/errors.ts';
import type { NodeRequest } from './types.ts';

export interface BodyOptions {
  /** Bytes that it may have. */
  limit: number;
  /** Called before the first read, which is when to send `100 Continue`. */
  onRead(): void;
  /** Called when it is longer than the limit. Reads fail from then on. */
  onOversize(): void;
}

type Step = IteratorResult<Uint8Array, undefined>;

const READ =
  'the body of this request was read before gatecall saw it; put the listener in front of body parsers, or let them keep request.rawBody';
const LEFT = 'the client disconnected';
const RELEASED = 'the response has ended, and the rest of the body is dropped';

/**
 * The body of one request, which `wsgi.input` iterates once. The stream's own iterator would not
 * do: it destroys the connection when it is left early, and what it has not read blocks the next
 * request on the connection for ever.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #request: NodeRequest;
  readonly #options: BodyOptions;
  #begun = false;
  #length = 0;
  /** Blocks that came before a read. The stream is paused then. */
  readonly #blocks: Uint8Array[] = [];
  /**
   * Why there is no more. Most bodies that fail are not read any more, so a read makes the error.
   */
  #failure: string | undefined;
  #wake: (() => void) | undefined;

  constructor(request: NodeRequest, options: BodyOptions) {
    this.#request = request;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Step> {
    if (!this.#begun) this.#begin();
    const request = this.#request;
    for (;;) {
      const value = this.#blocks.shift();
      if (value) return { done: false, value };
      if (this.#failure !== undefined) throw new ClientDisconnected(this.#failure);
      if (request.readableEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        request.resume();
      });
    }
  }

  /** Drops what was not read, so that the connection can serve its next request. */
  release(): void {
    const request = this.#request;
    request.off('data', this.#onData);
    if (request.readableEnded || request.destroyed) return;
    // To a read that still waits, half a body must not look like a whole one.
    this.#fail(RELEASED);
    request.resume();
  }

  #begin(): void {
    const request = this.#request;
    this.#begun = true;
    if (request.readableEnded) throw new ContractError(READ);
    this.#options.onRead();
    const onClose = (): void => (request.readableEnded ? this.#awake() : this.#fail(LEFT));
    request.on('data', this.#onData).on('close', onClose).on('error', onClose);
    request.on('end', () => this.#awake());
    if (request.destroyed) onClose();
  }

  readonly #onData = (block: Uint8Array): void => {
    if (this.#failure !== undefined) return;
    const { limit, onOversize } = this.#options;
    this.#length += block.length;
    if (this.#length > limit) {
      this.#fail(
        `the request body is longer than maxBody, ${limit} bytes; the client was answered 413`,
      );
      onOversize();
      return;
    }
    this.#blocks.push(block);
    // While a read waits, the stream goes on: it then ends by itself after a body that came in one
    // piece.
    if (this.#wake) this.#awake();
    else this.#request.pause();
  };

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#awake();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
