/** What every row answers, so that only the way there differs. */

/** `/items` answers with one request header and three keys of the query. */
export function page(agent: string | undefined, query: URLSearchParams): string {
  return JSON.stringify({
    agent,
    q: query.get('q'),
    page: query.get('page'),
    sort: query.get('sort'),
  });
}

/** `/large` answers with 1 MB that is no text. Made on first use, so that it is no part of a cold start. */
export function large(): Buffer<ArrayBuffer> {
  bytes ??= Buffer.alloc(
    1_000_000,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
  return bytes;
}
let bytes: Buffer<ArrayBuffer> | undefined;
