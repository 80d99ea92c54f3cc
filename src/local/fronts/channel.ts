/** A queue of body pieces from a function to a client, with back-pressure. */

export interface Channel {
  /** The promise settles when the reader has taken the piece, or has left. */
  push(chunk: Uint8Array): Promise<void>;
  end(): void;
  /** Makes the reader's loop throw the error. */
  fail(error: Error): void;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export function createChannel(): Channel {
  const waiting: { chunk: Uint8Array; taken: () => void }[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  let failure: Error | undefined;
  let isGone = false;

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          try {
            yield next.chunk;
          } finally {
            next.taken();
          }
        } else if (failure) throw failure;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      // Lambda does not tell a function that its client has left, so that its writes succeed.
      isGone = true;
      for (const { taken } of waiting.splice(0)) taken();
    }
  }
  return {
    push: (chunk) =>
      new Promise((resolve) => {
        if (isGone) return resolve();
        waiting.push({ chunk, taken: resolve });
        wake?.();
      }),
    end: () => {
      ended = true;
      wake?.();
    },
    fail: (error) => {
      failure = error;
      wake?.();
    },
    pieces: read(),
  };
}
