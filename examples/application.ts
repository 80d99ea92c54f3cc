/**
 * The demo that every example serves, written against the bare contract: `environ` in, status and
 * headers through `startResponse`, blocks of bytes out. Nothing in it knows on which platform it
 * runs.
 *
 * | path | answer |
 * |---|---|
 * | `/` | the request as the application sees it |
 * | `/echo`, `/echo/…` | the request's body, its content type, and its length as `X-Body-Length` |
 * | `/stream` | four blocks, a tenth of a second apart |
 * | `/cookies` | two cookies |
 * | `/image` | a PNG |
 * | `/json` | some JSON |
 * | `/error` | throws |
 */
import type { Application, Environ } from 'gatecall';

export const application: Application = async (environ, startResponse) => {
  const path = environ.PATH_INFO === '' ? '/' : environ.PATH_INFO;
  const route = ROUTES.get(path) ?? (path.startsWith('/echo/') ? echo : notFound);
  const body = await route(environ, startResponse);
  // The answer to HEAD is the head of the answer to GET. A server drops the bytes anyway; a tidy
  // application sends none.
  return environ.REQUEST_METHOD === 'HEAD' ? [] : body;
};

const request: Application = (environ, startResponse) => {
  // `no-store`: the page shows a client's own address and cookies, so no cache may hand it to the
  // next one.
  startResponse('200 OK', [TEXT, NO_SNIFFING, ['Cache-Control', 'no-store']]);
  const facts: [string, unknown][] = [
    ['method', environ.REQUEST_METHOD],
    ['scheme', environ['wsgi.url_scheme']],
    ['host', environ.HTTP_HOST ?? environ.SERVER_NAME],
    ['script name', environ.SCRIPT_NAME],
    ['path', environ.PATH_INFO],
    ['query', environ.QUERY_STRING],
    ['client', environ.REMOTE_ADDR],
    ['source', environ['gatecall.source']],
    ...(environ.HTTP_COOKIE ?? '')
      .split(/; */)
      .map((cookie): [string, string] => ['cookie', cookie]),
  ];
  const lines = [...facts.map(line), '', ...headers(environ).map(line)];
  return [bytes(`${lines.join('\n')}\n`)];
};

const echo: Application = async (environ, startResponse) => {
  // Never more than can be held: not every platform limits what a client may send.
  const body = await environ['wsgi.input'].read(LARGEST_ECHO + 1);
  if (body.length > LARGEST_ECHO) {
    startResponse('413 Content Too Large', [TEXT]);
    return [bytes(`At most ${LARGEST_ECHO} bytes, please.\n`)];
  }
  startResponse('200 OK', [
    ['Content-Type', mediaType(environ.CONTENT_TYPE)],
    NO_SNIFFING,
    ['X-Body-Length', String(body.length)],
  ]);
  return [body];
};

const stream: Application = (_environ, startResponse) => {
  startResponse('200 OK', [TEXT]);
  return (async function* () {
    for (const word of ['one', 'two', 'three', 'four']) {
      yield bytes(`${word}\n`);
      // Slow enough for an eye to see whether the platform streams. The server asks for the next
      // block only when this one is on its way, so nothing piles up.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
};

const cookies: Application = (_environ, startResponse) => {
  // One pair per cookie: `Set-Cookie` is the header that must never be joined with commas (RFC 9110
  // section 5.3).
  startResponse('200 OK', [
    TEXT,
    ['Set-Cookie', 'flavour=oat; Path=/; HttpOnly; SameSite=Lax'],
    [
      'Set-Cookie',
      'expires=later; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax',
    ],
  ]);
  return [bytes('Two cookies are set; see them at /.\n')];
};

const image: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'image/png']]);
  return [bytes(atob(PNG))];
};

const json: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  const { REQUEST_METHOD: method, PATH_INFO: path, QUERY_STRING: query } = environ;
  return [bytes(JSON.stringify({ method, path, query, source: environ['gatecall.source'] }))];
};

const error: Application = () => {
  throw new Error('thrown on purpose: the log has this line and its stack, the client a plain 500');
};

const notFound: Application = (environ, startResponse) => {
  startResponse('404 Not Found', [TEXT, NO_SNIFFING]);
  return [bytes(`Nothing at ${environ.PATH_INFO}\n`)];
};

const ROUTES: ReadonlyMap<string, Application> = new Map([
  ['/', request],
  ['/echo', echo],
  ['/stream', stream],
  ['/cookies', cookies],
  ['/image', image],
  ['/json', json],
  ['/error', error],
]);

const TEXT = ['Content-Type', 'text/plain; charset=utf-8'] as const;
/** A page that gives back what the client sent must not be taken for HTML by a guessing browser. */
const NO_SNIFFING = ['X-Content-Type-Options', 'nosniff'] as const;
/** Bytes. Lambda takes no more than 6 MB anyway, base64 included. */
const LARGEST_ECHO = 6_000_000;
/** The letter g in teal, 32 by 32. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAQMAAABJtOi3AAAABlBMVEX///8AbnjwYmxZAAAANUlEQVR42mNgwAbsz8OI//+h' +
  'BPMHexhxgB+TgMsidCCZwsAPJZgP2MOI/3+gBMP/AzACEwAAMJ0d3d9Zi78AAAAASUVORK5CYII=';

/**
 * The strings of `environ` hold bytes as code points, at most U+00FF each. So a page put together
 * from them turns into bytes one for one, and a path that came as UTF-8 leaves as UTF-8 without
 * having been decoded in between.
 */
function bytes(native: string): Uint8Array {
  return Uint8Array.from(native, (character) => character.charCodeAt(0));
}

function line([name, value]: readonly [string, unknown]): string {
  return `${name.padEnd(12)} ${typeof value === 'string' ? value : ''}`.trimEnd();
}

function headers(environ: Environ): [string, unknown][] {
  return Object.entries(environ)
    .filter(([key]) => key.startsWith('HTTP_'))
    .map(([key, value]): [string, unknown] => [
      key.slice(5).toLowerCase().replaceAll('_', '-'),
      value,
    ])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The client's own media type if it is one: a header value must not carry whatever a client
 * invents.
 */
function mediaType(value: string | undefined): string {
  return value !== undefined && /^[\w.+-]+\/[\w.+-]+(;[ -~]*)?$/.test(value)
    ? value
    : 'application/octet-stream';
}
