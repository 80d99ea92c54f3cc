/** What can be told of a web stream that others made. Only Node tells. */
import type Stream from 'node:stream';

interface Host {
  process?: { getBuiltinModule?: (name: 'node:stream') => typeof Stream };
}

let loaded: Partial<typeof Stream> | undefined;

function nodeStream(): Partial<typeof Stream> {
  return (loaded ??= (globalThis as Host).process?.getBuiltinModule?.('node:stream') ?? {});
}

/** Whether anybody has read from it or cancelled it. False on other hosts. */
export function isDisturbed(stream: ReadableStream<Uint8Array>): boolean {
  const { Readable } = nodeStream();
  return (
    Readable?.isDisturbed(stream as unknown as Parameters<typeof Readable.isDisturbed>[0]) ?? false
  );
}

/** Whether there may be more to read; false once it has been closed and emptied, or has failed. True on other hosts. */
export function isReadable(stream: ReadableStream<Uint8Array>): boolean {
  const ask = nodeStream().isReadable as ((stream: unknown) => boolean) | undefined;
  return ask?.(stream) ?? true;
}
