/** Text as bytes. */

interface BufferHost {
  Buffer?: { from(text: string, encoding: 'utf8'): Uint8Array };
}

const encoder = new TextEncoder();

/** For who reads the bytes only: of Node, which is three times as fast with small texts, they are a window on a buffer of others. */
export function encodeUtf8(text: string): Uint8Array {
  const { Buffer } = globalThis as BufferHost;
  return Buffer ? Buffer.from(text, 'utf8') : encoder.encode(text);
}
