/** Reads what a runtime sends, with back-pressure. */
import type { IncomingMessage } from 'node:http';
import { isThenable } from '../../base/promises.ts';

/** The connection ended before the message did. */
export class Cutoff extends Error {}
/** The message is longer than allowed. */
export class TooLarge extends Error {}

/**
 * Hands each piece of a body to `take` as it arrives, and waits for the promise it may return.
 *
 * @throws {Cutoff}
 * @throws {TooLarge} before the first byte if Content-Length tells
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  take: (chunk: Uint8Array) => void | PromiseLike<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0;
    if (Number(request.headers['content-length'] ?? 0) > limit) throw new TooLarge();
    // `for await` would join pieces that wait, and the result says when each arrived.
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) return reject(new TooLarge());
      try {
        const taken = take(new Uint8Array(chunk));
        if (!isThenable(taken)) return;
        request.pause();
        taken.then(() => request.resume(), reject);
      } catch (error) {
        reject(error);
      }
    });
    request.on('end', resolve);
    request.on('error', () => reject(new Cutoff()));
    request.on('close', () => reject(new Cutoff()));
  });
}
