/**
 * What streaming is good for, written against the bare contract: events while they happen, a body
 * larger than any buffer, words while they are found. Each is a generator. The server asks it for a
 * block when the one before is on its way, so a slow client slows the application down instead of
 * filling its memory.
 *
 * | path | answer |
 * |---|---|
 * | `/events?count=n` | n server-sent events, five a second. Default: 10 |
 * | `/download?bytes=n` | n bytes, made block by block. Default: 10 million |
 * | `/tokens` | the request's body word by word, as a language model would send it |
 */
import type { Application, Environ, StartResponse } from 'gatecall';

export const application: Application = async (environ, startResponse) => {
  const route = ROUTES.get(environ.PATH_INFO) ?? notFound;
  const body = await route(environ, startResponse);
  return environ.REQUEST_METHOD === 'HEAD' ? [] : body;
};

// Everybody may call these, and a function goes on running, and costing, when its client has left.
// Hence the limits: a client that keeps up has its answer within half of the 60 seconds that
// template.yaml allows.
const MOST_EVENTS = 100;
/** Bytes. After the first 6 MB Lambda sends 2 MB a second. */
const LARGEST_DOWNLOAD = 50_000_000;
/** Bytes, so at most 500 words. */
const LARGEST_PROMPT = 1000;

/** Milliseconds. */
const BETWEEN_EVENTS = 200;
const BETWEEN_WORDS = 50;

const events: Application = (environ, startResponse) => {
  const count = wholeNumber(environ, 'count', 10);
  if (!(count <= MOST_EVENTS)) {
    return refuse(startResponse, '400 Bad Request', `count is a number from 0 to ${MOST_EVENTS}`);
  }
  // When a stream has ended, a browser's EventSource connects again and says which event it saw
  // last.
  const last = environ.HTTP_LAST_EVENT_ID ?? '';
  const seen = /^\d{1,3}$/.test(last) ? Number(last) : 0;
  if (seen >= count) {
    // The one answer after which it stays away (HTML, "Server-sent events").
    startResponse('204 No Content', []);
    return [];
  }
  startResponse('200 OK', [['Content-Type', 'text/event-stream'], NOT_STORED]);
  return (async function* () {
    for (let id = seen + 1; id <= count; id++) {
      // Before the event, not after it: nothing waits on behalf of a client that asks for no more.
      if (id > seen + 1) await pause(BETWEEN_EVENTS);
      const data = JSON.stringify({ number: id, of: count });
      // One event is one block: a client cannot use half an event.
      yield utf8(`id: ${id}\ndata: ${data}\n\n`);
    }
  })();
};

const download: Application = (environ, startResponse) => {
  const length = wholeNumber(environ, 'bytes', 10_000_000);
  if (!(length <= LARGEST_DOWNLOAD)) {
    const problem = `bytes is a number from 0 to ${LARGEST_DOWNLOAD}`;
    return refuse(startResponse, '400 Bad Request', problem);
  }
  startResponse('200 OK', [
    ['Content-Type', 'application/octet-stream'],
    ['Content-Disposition', 'attachment; filename="pattern.bin"'],
    // Left out on AWS, which frames bodies by itself; elsewhere it lets the client show how far it
    // is.
    ['Content-Length', String(length)],
  ]);
  return (function* () {
    for (let offset = 0; offset < length; offset += BLOCK) {
      yield pattern(offset, Math.min(BLOCK, length - offset));
    }
  })();
};

/**
 * Bytes. Small beside the function's memory, large enough that the work for each block does not
 * count.
 */
const BLOCK = 65_536;

/**
 * The byte at offset n is n modulo 251. Nothing here can send a checksum behind the body, as
 * trailers do not get through; this way every piece can be checked by itself. 251 is prime, so a
 * block that is missing, doubled or misplaced shows.
 */
function pattern(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (offset + i) % 251);
}

const tokens: Application = async (environ, startResponse) => {
  // One byte more than is allowed, to notice that there is one; never all that a client cares to
  // send.
  const prompt = await environ['wsgi.input'].read(LARGEST_PROMPT + 1);
  if (prompt.length > LARGEST_PROMPT) {
    const problem = `at most ${LARGEST_PROMPT} bytes, please`;
    return refuse(startResponse, '413 Content Too Large', problem);
  }
  const words = new TextDecoder().decode(prompt).match(/\S+\s*/g) ?? ['Nothing ', 'to ', 'say.\n'];
  startResponse('200 OK', [TEXT, NO_SNIFFING, NOT_STORED]);
  return (async function* () {
    for (const [index, word] of words.entries()) {
      if (index > 0) await pause(BETWEEN_WORDS);
      yield utf8(word);
    }
  })();
};

const notFound: Application = (_environ, startResponse) =>
  refuse(startResponse, '404 Not Found', 'try /events, /download or /tokens');

const ROUTES: ReadonlyMap<string, Application> = new Map([
  ['/events', events],
  ['/download', download],
  ['/tokens', tokens],
]);

const TEXT = ['Content-Type', 'text/plain; charset=utf-8'] as const;
/** A page that gives back what the client sent must not be taken for HTML by a guessing browser. */
const NO_SNIFFING = ['X-Content-Type-Options', 'nosniff'] as const;
const NOT_STORED = ['Cache-Control', 'no-store'] as const;

function refuse(startResponse: StartResponse, status: string, problem: string): Uint8Array[] {
  startResponse(status, [TEXT]);
  return [utf8(`${problem}\n`)];
}

/** What the query says, or `fallback` where it says nothing; NaN for what is no whole number. */
function wholeNumber(environ: Environ, name: string, fallback: number): number {
  const value = new URLSearchParams(environ.QUERY_STRING).get(name);
  if (value === null) return fallback;
  return /^\d{1,9}$/.test(value) ? Number(value) : NaN;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
