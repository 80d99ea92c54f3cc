/** The request's body: blocks as they arrive, one asked for at a time. */
import { ClientDisconnected, ContractError } from '../../errors.ts';
import type { NodeRequest } from './types.ts';

/** The body of one request. Iterated at most once, by `wsgi.input`. */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** Lets go of what nobody has read, so that the connection can serve its next request. */
  release(): void;
}

export interface BodyOptions {
  /** Bytes at which it is refused. */
  limit: number;
  /** Called before the first read: the moment to say `100 Continue`. */
  onRead(): void;
  /** It is longer than the limit. Reads fail from then on. */
  onOversize(): void;
}

const READ =
  'the body of this request was read before gatecall saw it; put the listener in front of body parsers, or let them keep request.rawBody';

/**
 * Not the stream's own iterator: that destroys the connection when it is left early, and what it has not read keeps the
 * connection from its next request for ever.
 */
export function requestBody(request: NodeRequest, options: BodyOptions): RequestBody {
  let begun = false;
  let length = 0;
  let failure: ClientDisconnected | undefined;
  const blocks: Uint8Array[] = [];
  let wake: (() => void) | undefined;

  const onData = (block: Uint8Array): void => {
    length += block.length;
    if (length > options.limit) {
      failure = new ClientDisconnected(
        `the request body is longer than maxBody, ${options.limit} bytes; the client was answered 413`,
      );
      options.onOversize();
    } else blocks.push(block);
    request.pause();
    wake?.();
  };
  const onEnd = (): void => wake?.();
  const onClose = (): void => {
    if (!request.readableEnded) failure ??= new ClientDisconnected();
    wake?.();
  };
  const begin = (): void => {
    begun = true;
    if (request.readableEnded) throw new ContractError(READ);
    options.onRead();
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
    if (request.destroyed) onClose();
  };

  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (!begun) begin();
    for (;;) {
      const block = blocks.shift();
      if (block) return { done: false, value: block };
      if (failure) throw failure;
      if (request.readableEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
        request.resume();
      });
    }
  };

  return {
    [Symbol.asyncIterator]: () => ({ next }),
    release() {
      request.off('data', onData);
      if (request.readableEnded || request.destroyed) return;
      // To whoever still reads, half a body must not look like a whole one.
      failure ??= new ClientDisconnected(
        'the response has ended, and the rest of the body is dropped',
      );
      wake?.();
      request.resume();
    },
  };
}
