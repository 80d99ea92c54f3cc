/** What every row answers, so that only the way there differs. */

/** `GET /items` answers with one request header and three keys of the query. */
export function page(agent: string | undefined, query: URLSearchParams): string {
  return JSON.stringify({
    agent,
    q: query.get('q'),
    page: query.get('page'),
    sort: query.get('sort'),
  });
}

/**
 * `GET /large` answers with 1 MB that is no text. Made on first use, so that it is no part of a
 * cold start.
 */
export function large(): Buffer<ArrayBuffer> {
  bytes ??= Buffer.alloc(
    1_000_000,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
  return bytes;
}
let bytes: Buffer<ArrayBuffer> | undefined;

/** `POST /orders` takes 10 KB of JSON and answers with how much there was in it. */
export function receipt(order: unknown): string {
  const { lines } = order as { lines: readonly { price: number }[] };
  return JSON.stringify({
    lines: lines.length,
    total: lines.reduce((sum, { price }) => sum + price, 0),
  });
}

/** `POST /upload` takes 1 MB that is no text and answers with its length and two of its bytes. */
export function upload(body: Uint8Array): string {
  return JSON.stringify({ length: body.length, second: body[1], last: body.at(-1) });
}

export const JSON_TYPE = 'application/json';
export const BYTES_TYPE = 'application/octet-stream';
