/** The state of a web stream that other code made, which only Node shows. */
import type Stream from 'node:stream';

interface Host {
  process?: { getBuiltinModule?: (name: 'node:stream') => typeof Stream };
}

let loaded: Partial<typeof Stream> | undefined;

function nodeStream(): Partial<typeof Stream> {
  return (loaded ??= (globalThis as Host).process?.getBuiltinModule?.('node:stream') ?? {});
}

/** Whether it was read from or cancelled. False on other hosts. */
export function isDisturbed(stream: ReadableStream<Uint8Array>): boolean {
  const { Readable } = nodeStream();
  return (
    Readable?.isDisturbed(stream as unknown as Parameters<typeof Readable.isDisturbed>[0]) ?? false
  );
}

/**
 * Whether there may be more to read: false once it is closed and empty, or has failed. True on
 * other hosts.
 */
export function isReadable(stream: ReadableStream<Uint8Array>): boolean {
  const ask = nodeStream().isReadable as ((stream: unknown) => boolean) | undefined;
  return ask?.(stream) ?? true;
}
