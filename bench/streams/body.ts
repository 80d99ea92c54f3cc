/**
 * What every row streams: blocks of a generator, so that only the way from there to the wire
 * differs.
 */

/** Bytes. */
export const BLOCK = 65_536;

/** What a request's target asks for: `/bytes?blocks=320` or `/busy?ms=200`. */
export function blocksOf(path: string, query: URLSearchParams): Generator<Uint8Array> {
  return path === '/busy' ? busy(Number(query.get('ms'))) : bytes(Number(query.get('blocks')));
}

function* bytes(blocks: number): Generator<Uint8Array> {
  for (let block = 0; block < blocks; block++) yield new Uint8Array(BLOCK).fill(block);
}

/** The second block has to be computed, and nothing else runs meanwhile. */
function* busy(ms: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode('first');
  const end = performance.now() + ms;
  while (performance.now() < end);
  yield encoder.encode('second');
}
