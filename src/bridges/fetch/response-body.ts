/**
 * The body of the platform's own `Response`: whole where it is there already, else block by block.
 */
import type { AsyncResponseBody, ResponseBody } from '../../types.ts';
import { closing } from '../../core/response/body.ts';
import { isReadable } from './stream-state.ts';
import { encodeUtf8 } from './utf8.ts';

type Stream = ReadableStream<Uint8Array>;

/**
 * The blocks of an unread body.
 *
 * @param flushHead is called before the promise settles where the stream has no first block yet
 */
export function bodyOf(
  response: Response,
  stream: Stream,
  isHead: boolean,
  flushHead: () => unknown,
): ResponseBody | Promise<ResponseBody> {
  const bytes = sourceOf(response, stream);
  if (!bytes) return readBody(stream, isHead, flushHead);
  // As read as any other: it cannot be answered with twice.
  stream.cancel().catch(() => undefined);
  return [bytes];
}

// ── Text and bytes that a response was made of ──────────────────────────────────────────────────

/** What undici up to version 6 (Node 20 and 22) keeps of a response, under a symbol of its own. */
interface State {
  readonly body: { readonly stream: unknown; readonly source: unknown } | null;
}

let stateSymbol: symbol | undefined;
let sought = false;

/** Reading the stream that undici puts around them costs 4 µs on Node 20, 2 on Node 22. */
function sourceOf(response: Response, stream: Stream): Uint8Array | undefined {
  if (!sought) {
    sought = true;
    stateSymbol = findState();
  }
  if (stateSymbol === undefined) return undefined;
  const body = stateOf(response, stateSymbol)?.body;
  // A subclass may show another stream than the one it inherits.
  if (body?.stream !== stream) return undefined;
  const { source } = body;
  if (typeof source === 'string') return encodeUtf8(source);
  // Bytes that have gone through a clone's stream are elsewhere by now.
  return source instanceof Uint8Array && source.length > 0 ? source : undefined;
}

function stateOf(response: Response, symbol: symbol): State | undefined {
  return Reflect.get(response, symbol) as State | undefined;
}

function findState(): symbol | undefined {
  const example = new Response('example');
  return Object.getOwnPropertySymbols(example).find(
    (symbol) => stateOf(example, symbol)?.body?.source === 'example',
  );
}

// ── Streams ─────────────────────────────────────────────────────────────────────────────────────

/**
 * undici 7 (Node 24) hides text and bytes, but has put them into the stream and closed it after one
 * microtask. The first read is then known to be the last, and gives a list of one block: 2 µs less
 * than waiting for the end.
 */
async function readBody(
  stream: Stream,
  isHead: boolean,
  flushHead: () => unknown,
): Promise<ResponseBody> {
  await Promise.resolve();
  const reader = stream.getReader();
  const first = reader.read();
  if (!isReadable(stream)) {
    const { value } = await first;
    return value ? [value] : [];
  }
  const body = new StreamBody(reader, first);
  // No block will be sent, so none is waited for.
  if (isHead) return closing([], () => body.close());
  try {
    if (await isSilent(first)) flushHead();
    return body;
  } catch (error) {
    void reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

/**
 * Whether a stream has no first block after a turn of the event loop: an event stream, a long poll.
 * A stream that fails within that turn can still be answered with a 500.
 */
async function isSilent(first: Read): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settled = first.then(
    () => false,
    () => false,
  );
  const turn = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, 0, true);
  });
  const silent = await Promise.race([settled, turn]);
  clearTimeout(timer);
  return silent;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = ReturnType<Reader['read']>;

/**
 * Reads by a reader: one step of iteration is one read, without the promises of the stream's own
 * iterator.
 */
class StreamBody implements AsyncResponseBody {
  readonly #reader: Reader;
  #first: Read | undefined;

  constructor(reader: Reader, first: Read) {
    this.#reader = reader;
    this.#first = first;
    // The iteration gives the failure. Without one it must not count as unhandled.
    first.catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return { next: () => this.#read() as Promise<IteratorResult<Uint8Array, undefined>> };
  }

  /**
   * Cancels the stream, so that what makes the body stops. A stream that has ended takes no notice.
   */
  async close(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch (error) {
      // A stream that broke rejects with the same error once more, which a read has given already.
      if (this.#first) throw error;
    }
  }

  #read(): Read {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#reader.read();
  }
}
