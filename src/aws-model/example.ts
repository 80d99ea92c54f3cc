/**
 * The request of the files in `events/`. It holds everything that the sources treat differently.
 */
import type { TestRequest } from './message.ts';
import { decodeBase64 } from './base64.ts';

/** A PNG of one pixel, 70 bytes. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/**
 * An encoded slash in the path, doubled keys and a plus in the query, two lines of one header, two
 * cookies, and a binary body.
 *
 * ```ts
 * const event = lambdaEvent('function-url', exampleRequest);
 * ```
 */
export const exampleRequest: TestRequest = {
  method: 'POST',
  target:
    '/echo/caf%C3%A9%20bar/a%2Fb?tag=red&tag=blue%20green&q=a+b&plus=a%2Bb&empty=&city=Orl%C3%A9ans',
  headers: [
    ['User-Agent', 'gatecall-example/1'],
    ['Accept', 'image/png'],
    ['Content-Type', 'image/png'],
    ['Content-Length', '70'],
    ['Cookie', 'sid=abc123; theme=d%20k'],
    ['X-Tag', 'one'],
    ['X-Tag', 'two'],
  ],
  body: decodeBase64(PNG) ?? new Uint8Array(),
};
