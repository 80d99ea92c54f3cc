/**
 * Everything a validator has to object to: what is done, and the rule it breaks. Every rule has at
 * least one row.
 */
import type {
  Application,
  Environ,
  InputStream,
  Middleware,
  StartResponse,
} from '../../src/types.ts';
import type { RuleId } from '../../src/validator.ts';
import { encode, makeEnviron, serve } from './mini-server.ts';

const TYPE = ['Content-Type', 'text/plain'] as const;
const EMPTY = new Uint8Array(0);
const hello = encode('hello');

const good: Application = (_environ, startResponse) => {
  startResponse('200 OK', [TYPE]);
  return [hello];
};

/** What TypeScript would not let through, as JavaScript lets it. */
const untyped = (value: unknown): Application => value as Application;
/** An application that starts with these headers and returns an empty body. */
const headers = (list: unknown, status: unknown = '200 OK'): Application =>
  untyped((_: Environ, start: (...args: unknown[]) => unknown) => {
    start(status, list);
    return [];
  });
const status = (line: unknown): Application => headers([], line);
/** An application that starts properly and returns this body. */
const body = (value: unknown, ...more: (readonly [string, string])[]): Application =>
  untyped((_: Environ, start: StartResponse) => {
    start('200 OK', [TYPE, ...more]);
    return value;
  });
/**
 * An application that does something with its environ, or its startResponse, and then answers well.
 */
const does = (
  act: (environ: Environ, startResponse: (...args: unknown[]) => unknown) => unknown,
): Application =>
  untyped(async (environ: Environ, start: StartResponse) => {
    await act(environ, start as (...args: unknown[]) => unknown);
    return good(environ, start);
  });
const input = (methods: Record<PropertyKey, unknown>): Record<string, unknown> => ({
  'wsgi.input': Object.assign(makeEnviron()['wsgi.input'], methods),
});

/** A complete environ with this prototype. */
const inheriting = (prototype: object): unknown =>
  Object.assign(Object.create(prototype) as object, makeEnviron());
/** An object without a prototype, with these keys. */
const bare = (keys: object = {}): object => Object.assign(Object.create(null) as object, keys);

type EnvironRow = [name: string, rule: RuleId, change: Record<string, unknown> | (() => unknown)];

const environs: EnvironRow[] = [
  ['null', 'environ-plain', () => null],
  ['an array', 'environ-plain', () => Object.assign([], makeEnviron())],
  ['a Map', 'environ-plain', () => new Map(Object.entries(makeEnviron()))],
  ['an instance', 'environ-plain', () => Object.assign(new (class Environ {})(), makeEnviron())],
  ['inheriting from another environ', 'environ-plain', () => Object.create(makeEnviron())],
  ['an empty prototype that can be filled', 'environ-plain', () => inheriting(bare())],
  [
    'a frozen prototype with a key',
    'environ-plain',
    () => inheriting(Object.freeze(bare({ HTTP_X: 'x' }))),
  ],
  [
    'a frozen prototype with a symbol',
    'environ-plain',
    () => inheriting(Object.freeze(bare({ [Symbol('x')]: 1 }))),
  ],
  ['a frozen prototype that inherits', 'environ-plain', () => inheriting(Object.freeze({}))],
  ['a spread copy', 'environ-prototype', () => ({ ...makeEnviron() })],
  ['frozen', 'environ-mutable', () => Object.freeze(makeEnviron())],
  ['sealed', 'environ-mutable', () => Object.seal(makeEnviron())],
  ['not extensible', 'environ-mutable', () => Object.preventExtensions(makeEnviron())],
  [
    'a getter',
    'environ-data',
    () =>
      Object.defineProperty(makeEnviron(), 'HTTP_X', {
        get: () => 'x',
        enumerable: true,
        configurable: true,
      }),
  ],
  [
    'a read-only variable',
    'environ-data',
    () =>
      Object.defineProperty(makeEnviron(), 'HTTP_X', {
        value: 'x',
        enumerable: true,
        configurable: true,
      }),
  ],
  [
    'a hidden variable',
    'environ-data',
    () =>
      Object.defineProperty(makeEnviron(), 'HTTP_X', {
        value: 'x',
        writable: true,
        configurable: true,
      }),
  ],
  ['a symbol', 'environ-keys', () => Object.assign(makeEnviron(), { [Symbol('request')]: 1 })],
  ...[
    'REQUEST_METHOD',
    'SERVER_NAME',
    'SERVER_PORT',
    'SERVER_PROTOCOL',
    'wsgi.version',
    'wsgi.url_scheme',
    'wsgi.input',
    'wsgi.errors',
    'wsgi.multithread',
    'wsgi.multiprocess',
    'wsgi.run_once',
  ].map((key): EnvironRow => [`no ${key}`, 'environ-required', { [key]: undefined }]),
  ['no SCRIPT_NAME', 'environ-empty-keys', { SCRIPT_NAME: undefined }],
  ['no PATH_INFO', 'environ-empty-keys', { SCRIPT_NAME: '/app', PATH_INFO: undefined }],
  ['no QUERY_STRING', 'environ-empty-keys', { QUERY_STRING: undefined }],
  ['a number', 'environ-text', { SERVER_PORT: 80 }],
  ['an array', 'environ-text', { HTTP_ACCEPT: ['a', 'b'] }],
  ['a boolean', 'environ-text', { HTTPS: true }],
  [
    'an undefined header',
    'environ-text',
    () => Object.assign(makeEnviron(), { HTTP_X: undefined }),
  ],
  ['a number in a header with a dot', 'environ-text', { 'HTTP_X.Y': 1 }],
  ['text in the path', 'environ-native', { PATH_INFO: '/中' }],
  ['text in a header', 'environ-native', { HTTP_X_NAME: 'Žofie' }],
  ['text in a key', 'environ-native', { HTTP_中: 'x' }],
  ['an empty CONTENT_TYPE', 'environ-no-value', { CONTENT_TYPE: '' }],
  ['an empty REMOTE_USER', 'environ-no-value', { REMOTE_USER: '' }],
  ['an upper-case extension', 'environ-extension', { 'Server.key': 1 }],
  ['an extension with a dash', 'environ-extension', { 'my-server.key': 1 }],
  ['an empty method', 'request-method', { REQUEST_METHOD: '' }],
  ['a method with a space', 'request-method', { REQUEST_METHOD: 'GET /' }],
  ['a lower-case method', 'request-method-known', { REQUEST_METHOD: 'get' }],
  ['a method of its own', 'request-method-known', { REQUEST_METHOD: 'M-SEARCH' }],
  ['a SCRIPT_NAME of /', 'script-name', { SCRIPT_NAME: '/' }],
  ['a SCRIPT_NAME without a slash', 'script-name', { SCRIPT_NAME: 'app' }],
  ['a SCRIPT_NAME with a slash at its end', 'script-name-slash', { SCRIPT_NAME: '/app/' }],
  ['a PATH_INFO without a slash', 'path-info', { PATH_INFO: 'index.html' }],
  ['a whole URL as PATH_INFO', 'path-info', { PATH_INFO: 'http://localhost/' }],
  ['a PATH_INFO of * for GET', 'path-info', { PATH_INFO: '*' }],
  ['no path at all', 'path-some', { SCRIPT_NAME: '', PATH_INFO: '' }],
  ['an empty CONTENT_LENGTH', 'request-content-length', { CONTENT_LENGTH: '' }],
  ['a CONTENT_LENGTH with a sign', 'request-content-length', { CONTENT_LENGTH: '+5' }],
  ['a CONTENT_LENGTH with spaces', 'request-content-length', { CONTENT_LENGTH: ' 5 ' }],
  ['a CONTENT_LENGTH of letters', 'request-content-length', { CONTENT_LENGTH: 'abc' }],
  ['a negative CONTENT_LENGTH', 'request-content-length', { CONTENT_LENGTH: '-1' }],
  ['HTTP_CONTENT_TYPE', 'http-content', { HTTP_CONTENT_TYPE: 'text/plain' }],
  ['HTTP_CONTENT_LENGTH', 'http-content', { HTTP_CONTENT_LENGTH: '5' }],
  ['HTTP_PROXY', 'http-proxy', { HTTP_PROXY: 'http://evil.example/' }],
  ['HTTP_TRANSFER_ENCODING', 'http-hop-by-hop', { HTTP_TRANSFER_ENCODING: 'chunked' }],
  ['HTTP_TE', 'http-hop-by-hop', { HTTP_TE: 'trailers' }],
  ['an empty SERVER_NAME', 'server-name', { SERVER_NAME: '' }],
  ['a SERVER_NAME with a port', 'server-name', { SERVER_NAME: 'localhost:80' }],
  ['an IPv6 address without brackets', 'server-name', { SERVER_NAME: '::1' }],
  ['an empty SERVER_PORT', 'server-port', { SERVER_PORT: '' }],
  ['a SERVER_PORT of letters', 'server-port', { SERVER_PORT: 'http' }],
  ['an empty SERVER_PROTOCOL', 'server-protocol', { SERVER_PROTOCOL: '' }],
  ['a scheme as SERVER_PROTOCOL', 'server-protocol', { SERVER_PROTOCOL: 'https' }],
  ['another version', 'wsgi-version', { 'wsgi.version': [1, 1] }],
  ['a version of one number', 'wsgi-version', { 'wsgi.version': [1] }],
  ['a version in a string', 'wsgi-version', { 'wsgi.version': '1.0' }],
  ['an empty scheme', 'wsgi-url-scheme', { 'wsgi.url_scheme': '' }],
  ['no string for a scheme', 'wsgi-url-scheme', { 'wsgi.url_scheme': 443 }],
  ['an unknown scheme', 'wsgi-url-scheme-known', { 'wsgi.url_scheme': 'HTTP' }],
  ['a number for wsgi.multithread', 'wsgi-flags', { 'wsgi.multithread': 1 }],
  ['a string for wsgi.multiprocess', 'wsgi-flags', { 'wsgi.multiprocess': 'yes' }],
  ['null for wsgi.run_once', 'wsgi-flags', { 'wsgi.run_once': null }],
  ['a number for wsgi.input_terminated', 'wsgi-flags', { 'wsgi.input_terminated': 1 }],
  ['null for wsgi.input', 'wsgi-input', { 'wsgi.input': null }],
  ['bytes for wsgi.input', 'wsgi-input', { 'wsgi.input': hello }],
  [
    'an input without an iterator',
    'wsgi-input',
    { 'wsgi.input': { read() {}, readline() {}, readlines() {} } },
  ],
  [
    'a buffered input without readSync',
    'wsgi-input-buffered',
    { ...input({ readSync: undefined }), 'gatecall.input_buffered': true },
  ],
  ['errors without writelines', 'wsgi-errors', { 'wsgi.errors': { write() {}, flush() {} } }],
  ['console as errors', 'wsgi-errors', { 'wsgi.errors': console }],
  ['a file wrapper that is none', 'wsgi-file-wrapper', { 'wsgi.file_wrapper': true }],
];

type ApplicationRow = [
  name: string,
  rule: RuleId,
  application: Application,
  environ?: () => Environ,
];

const post =
  (text: string, changes: Record<string, unknown> = {}) =>
  (): Environ =>
    makeEnviron({ REQUEST_METHOD: 'POST', ...changes }, text);
const head = (): Environ => makeEnviron({ REQUEST_METHOD: 'HEAD' });
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const applications: ApplicationRow[] = [
  ['an object', 'application-function', untyped({ fetch: good })],

  [
    'two sizes',
    'input-arguments',
    does(({ 'wsgi.input': it }) => (it.read as (...sizes: number[]) => unknown)(1, 2)),
  ],
  [
    'a size in a string',
    'input-arguments',
    does(({ 'wsgi.input': it }) => it.read('5' as unknown as number)),
  ],
  ['a size of half a byte', 'input-arguments', does(({ 'wsgi.input': it }) => it.readline(0.5))],
  [
    'a size that is not a number',
    'input-arguments',
    does(({ 'wsgi.input': it }) => it.readlines(Number.NaN)),
  ],
  ['read without a size', 'input-unsized', does(({ 'wsgi.input': it }) => it.read())],
  ['read of a negative size', 'input-unsized', does(({ 'wsgi.input': it }) => it.read(-1))],
  [
    'read beyond CONTENT_LENGTH',
    'input-beyond',
    does(({ 'wsgi.input': it }) => it.read(9)),
    post('name=x', { 'wsgi.input_terminated': undefined }),
  ],
  [
    'close of the input',
    'input-close',
    does(({ 'wsgi.input': it }) => (it as unknown as { close(): void }).close()),
  ],
  [
    'destroy of the input',
    'input-close',
    does(({ 'wsgi.input': it }) => (it as unknown as { destroy(): void }).destroy()),
  ],

  [
    'an error object',
    'errors-text',
    does(({ 'wsgi.errors': it }) => it.write(new Error('x') as unknown as string)),
  ],
  [
    'bytes in a list of lines',
    'errors-text',
    does(({ 'wsgi.errors': it }) => it.writelines(['a', hello as unknown as string])),
  ],
  [
    'two texts',
    'errors-text',
    does(({ 'wsgi.errors': it }) => Reflect.apply(it.write, it, ['a', 'b'])),
  ],
  [
    'close of the errors',
    'errors-close',
    does(({ 'wsgi.errors': it }) => (it as unknown as { close(): void }).close()),
  ],

  ['a status alone', 'start-arguments', does((_, start) => start('200 OK'))],
  ['four arguments', 'start-arguments', does((_, start) => start('200 OK', [], undefined, 'more'))],
  ['a second call without an error', 'start-twice', does((_, start) => start('200 OK', [TYPE]))],
  [
    'a second call with null',
    'start-twice',
    does((_, start) => [start('200 OK', []), start('500 No', [], null)]),
  ],
  [
    'a second call after one that threw',
    'start-twice',
    does((_, start) => {
      try {
        start('200', []);
      } catch {}
    }),
  ],
  [
    'a start after the end',
    'start-late',
    // Found by the application itself, which tells the test by throwing in close.
    untyped((environ: Environ, start: StartResponse) => ({
      *[Symbol.iterator]() {
        yield* good(environ, start) as Iterable<Uint8Array>;
      },
      close() {
        start('500 Too Late', [], new Error('late'));
      },
    })),
  ],
  [
    'an error after the first bytes, swallowed by the body',
    'start-swallowed',
    function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield hello;
      try {
        start('500 No', [TYPE], new Error('too late'));
      } catch {}
      yield hello;
    },
  ],
  [
    'an error after the first bytes, swallowed by the call',
    'start-swallowed',
    (_environ, start) => {
      start('200 OK', [TYPE])(hello);
      try {
        start('500 No', [TYPE], new Error('too late'));
      } catch {}
      return [];
    },
  ],

  ['a number', 'status-string', status(200)],
  ['null', 'status-string', status(null)],
  ['a line break in the reason', 'status-control', status('200 O\r\nSet-Cookie: a=b')],
  ['a DEL in the reason', 'status-control', status('200 O\x7FK')],
  ['a code alone', 'status-form', status('200')],
  ['no space', 'status-form', status('200OK')],
  ['a space in front', 'status-form', status(' 200 OK')],
  ['two spaces', 'status-form', status('200  OK')],
  ['a space at the end', 'status-form', status('200 OK ')],
  ['a letter in the code', 'status-form', status('20X OK')],
  ['an empty status', 'status-form', status('')],
  ['a code of 1000', 'status-form', status('1000 Much')],
  ['100 Continue', 'status-final', status('100 Continue')],
  ['a code of 099', 'status-final', status('099 Low')],
  ['text in the status', 'response-native', status('200 日本')],
  ['an object', 'headers-list', headers({ 'Content-Type': 'text/plain' })],
  ['a Map', 'headers-list', headers(new Map([TYPE]))],
  ['no headers', 'headers-list', headers(undefined)],
  ['a string for a pair', 'header-pair', headers(['X-A: 1'])],
  ['a name alone', 'header-pair', headers([['X-A']])],
  ['three strings', 'header-pair', headers([['X-A', '1', '2']])],
  ['a number as value', 'header-pair', headers([['Content-Length', 0]])],
  ['undefined as value', 'header-pair', headers([['X-A', undefined]])],
  ['a number as name', 'header-pair', headers([[1, 'x']])],
  ['a colon', 'header-name', headers([['X-A:', '1']])],
  ['a space', 'header-name', headers([['X A', '1']])],
  ['a line break', 'header-name', headers([['X-A\n', '1']])],
  ['an empty name', 'header-name', headers([['', '1']])],
  ['a byte above ASCII', 'header-name', headers([['X-\u00e9', '1']])],
  ['a digit first', 'header-name-plain', headers([['1st', '1']])],
  ['a dot', 'header-name-plain', headers([['X.A', '1']])],
  ['a dash last', 'header-name-plain', headers([['X-', '1']])],
  ['a line break', 'header-value', headers([['X-A', '1\r\nSet-Cookie: a=b']])],
  ['a tab', 'header-value', headers([['X-A', '1\t2']])],
  ['a NUL', 'header-value', headers([['X-A', '\0']])],
  ['a DEL', 'header-value', headers([['X-A', '\x7F']])],
  ['text in a name', 'response-native', headers([['X-\u010D', '1']])],
  [
    'text that latin-1 encoders cut down to a line break',
    'response-native',
    headers([['X-A', '\u010D\u010A']]),
  ],
  ['Status', 'header-status', headers([['STATUS', '201']])],
  ['Connection', 'header-hop-by-hop', headers([['Connection', 'close']])],
  ['Transfer-Encoding', 'header-hop-by-hop', headers([['transfer-encoding', 'chunked']])],
  ['Keep-Alive', 'header-hop-by-hop', headers([['Keep-Alive', 'timeout=5']])],
  ['Upgrade', 'header-hop-by-hop', headers([['Upgrade', 'websocket']])],
  ['Trailer', 'header-hop-by-hop', headers([['Trailer', 'Digest']])],
  ['a Content-Length with a unit', 'content-length-form', headers([['Content-Length', '0 bytes']])],
  ['a negative Content-Length', 'content-length-form', headers([['Content-Length', '-1']])],
  [
    'two of one value',
    'content-length-once',
    headers([
      ['Content-Length', '0'],
      ['content-length', '0'],
    ]),
  ],
  ...['Location', 'Content-Type', 'ETag', 'Retry-After', 'Strict-Transport-Security'].map(
    (name): ApplicationRow => [
      `two ${name}`,
      'header-single',
      headers([
        [name, 'one'],
        [name.toUpperCase(), 'one'],
      ]),
    ],
  ),
  [
    'a Content-Length with 204',
    'content-length-unwanted',
    headers([['Content-Length', '0']], '204 No Content'),
  ],
  ['a Content-Type with 204', 'content-type-unwanted', headers([TYPE], '204 No Content')],
  ['a Content-Type with 304', 'content-type-unwanted', headers([TYPE], '304 Not Modified')],
  [
    'no Content-Type',
    'content-type-missing',
    (_environ, start) => {
      start('200 OK', []);
      return [hello];
    },
  ],

  ['a string', 'write-bytes', writes('hello')],
  ['no argument', 'write-bytes', writes()],
  ['two blocks', 'write-bytes', writes(hello, hello)],
  [
    'from the body',
    'write-late',
    function* (_environ, start) {
      const write = start('200 OK', [TYPE]);
      yield hello;
      void write(hello);
    },
  ],
  [
    'from a body that was returned later',
    'write-late',
    async (_environ, start) => {
      const write = start('200 OK', [TYPE]);
      await later();
      return (async function* () {
        yield hello;
        await write(hello);
      })();
    },
  ],
  [
    'after a second start that threw',
    'start-before-data',
    (_environ, start) => {
      const write = start('200 OK', [TYPE]);
      try {
        start('500', [TYPE], new Error('x'));
      } catch {}
      void write(hello);
      return [];
    },
  ],

  [
    'an empty write after a start that threw',
    'start-before-data',
    (_environ, start) => {
      const write = start('200 OK', [TYPE]);
      try {
        start('500', [TYPE], new Error('x'));
      } catch {}
      void write(EMPTY);
      return [];
    },
  ],
  [
    'an error after an empty write, swallowed by the call',
    'start-swallowed',
    (_environ, start) => {
      void start('200 OK', [TYPE])(EMPTY);
      try {
        start('500 No', [TYPE], new Error('too late'));
      } catch {}
      return [];
    },
  ],
  ['undefined', 'body-iterable', body(undefined)],
  ['null', 'body-iterable', body(null)],
  ['false', 'body-iterable', body(false)],
  ['a number', 'body-iterable', body(5)],
  ['an object', 'body-iterable', body({ body: 'hello' })],
  ['a generator function', 'body-iterable', body(function* () {})],
  ['a promise of nothing', 'body-iterable', body(Promise.resolve())],
  ['an ArrayBuffer', 'body-iterable', body(new ArrayBuffer(8))],
  ['a string', 'body-bare', body('hello')],
  ['an empty string', 'body-bare', body('')],
  ['bytes', 'body-bare', body(hello)],
  ['a DataView', 'body-bare', body(new DataView(new ArrayBuffer(8)))],
  ['a promise of a string', 'body-bare', body(Promise.resolve('hello'))],
  ['a close that is none', 'body-close', body(Object.assign([hello], { close: true }))],
  ['a string', 'body-item', body(['hello'])],
  ['null', 'body-item', body([null])],
  ['a number', 'body-item', body([1])],
  ['an ArrayBuffer', 'body-item', body([new ArrayBuffer(8)])],
  ['another typed array', 'body-item', body([new Uint16Array(2)])],
  ['a promise', 'body-item', body([Promise.resolve(hello)])],
  [
    'a string, asynchronously',
    'body-item',
    body(
      (async function* () {
        yield 'hello';
      })(),
    ),
  ],
  ['bytes without a start', 'start-before-data', untyped(() => [hello])],
  [
    'bytes without a start, asynchronously',
    'start-before-data',
    untyped(async function* () {
      yield hello;
    }),
  ],
  [
    'an empty item before the start',
    'start-before-item',
    function* (environ, start) {
      yield EMPTY;
      yield* good(environ, start) as Iterable<Uint8Array>;
    },
  ],
  ['an empty body without a start', 'start-never', untyped(() => [])],
  ['an empty asynchronous body without a start', 'start-never', untyped(async function* () {})],
  [
    'a start that threw, and nothing after it',
    'start-never',
    (_environ, start) => {
      try {
        start('OK', []);
      } catch {}
      return [];
    },
  ],
  ['too long', 'body-length', body([hello, hello], ['Content-Length', '7'])],
  ['too short', 'body-length', body([hello], ['Content-Length', '7'])],
  ['nothing', 'body-length', body([], ['Content-Length', '7'])],
  [
    'too long by write',
    'body-length',
    (_environ, start) => {
      void start('200 OK', [TYPE, ['Content-Length', '7']])(encode('too long'));
      return [];
    },
  ],
  ['bytes for HEAD', 'body-unwanted', good, head],
  ['bytes with 204', 'body-unwanted', answers('204 No Content')],
  ['bytes with 304', 'body-unwanted', answers('304 Not Modified')],
  [
    'one buffer for every block',
    'body-changed',
    function* (_environ, start) {
      start('200 OK', [TYPE]);
      const buffer = new Uint8Array(4);
      for (let block = 0; block < 3; block++) yield buffer.fill(block);
    },
  ],
  [
    'the first of several blocks, later',
    'body-changed',
    async function* (_environ, start) {
      start('200 OK', [TYPE]);
      const first = encode('first');
      yield first;
      yield hello;
      first[0] = 0x46;
    },
  ],
  [
    'a block that has left the window',
    'body-changed',
    function* (_environ, start) {
      start('200 OK', [TYPE]);
      const first = new Uint8Array(10);
      yield first;
      yield new Uint8Array(600_000);
      first[9] = 1;
      yield new Uint8Array(600_000);
      yield new Uint8Array(600_000);
    },
  ],
  [
    'a written block',
    'body-changed',
    (_environ, start) => {
      const block = encode('block');
      void start('200 OK', [TYPE])(block);
      block.reverse();
      return [];
    },
  ],
  [
    'a block changed by close',
    'body-changed',
    untyped((_: Environ, start: StartResponse) => {
      start('200 OK', [TYPE]);
      const block = encode('block');
      return Object.assign([block], { close: () => void block.fill(0) });
    }),
  ],
];

function answers(line: string): Application {
  return (_environ, start) => {
    start(line, []);
    return [hello];
  };
}

function writes(...args: unknown[]): Application {
  return untyped((_: Environ, start: (...args: unknown[]) => (...data: unknown[]) => void) => {
    start('200 OK', [TYPE])(...args);
    return [];
  });
}

type ServerRow = [
  name: string,
  rule: RuleId,
  /** What the server does with the validated application. */
  server: (checked: (application?: Application) => Application) => unknown,
];

const start: StartResponse = () => () => {};
/**
 * Calls the application and gives its body to `use`, as far as the types know a synchronous one.
 */
const withBody =
  (
    use: (body: Iterable<Uint8Array> & { close(): unknown }) => unknown,
    application: Application = good,
  ): ServerRow[2] =>
  (checked) =>
    use(checked(application)(makeEnviron(), start) as Iterable<Uint8Array> & { close(): unknown });

const serves =
  (changes: Record<string, unknown>, act: (environ: Environ) => unknown): ServerRow[2] =>
  async (checked) => {
    const { problems } = await serve(checked(does(act)), makeEnviron(changes));
    if (problems.length > 0) throw problems[0];
  };
const reads = (
  methods: Record<PropertyKey, unknown>,
  act: (it: InputStream) => unknown = (it) => it.read(5),
  changes: Record<string, unknown> = {},
): ServerRow[2] => serves({ ...input(methods), ...changes }, ({ 'wsgi.input': it }) => act(it));

const servers: ServerRow[] = [
  ['no argument', 'call-arguments', (checked) => (checked() as (...args: unknown[]) => unknown)()],
  [
    'a third argument',
    'call-arguments',
    (checked) => (checked() as (...args: unknown[]) => unknown)(makeEnviron(), start, {}),
  ],
  [
    'no startResponse',
    'call-start-response',
    (checked) => checked()(makeEnviron(), null as unknown as StartResponse),
  ],

  ['a read that returns bytes', 'input-promise', reads({ read: () => hello })],
  ['null at the end', 'input-bytes', reads({ read: async () => null })],
  ['a string', 'input-bytes', reads({ readline: async () => 'line\n' }, (it) => it.readline())],
  [
    'one block from readlines',
    'input-bytes',
    reads({ readlines: async () => hello }, (it) => it.readlines()),
  ],
  [
    'strings from readlines',
    'input-bytes',
    reads({ readlines: async () => ['line\n'] }, (it) => it.readlines()),
  ],
  ['more than asked for', 'input-size', reads({ read: async () => hello }, (it) => it.read(4))],
  [
    'more of a line than asked for',
    'input-size',
    reads({ readline: async () => hello }, (it) => it.readline(4)),
  ],
  [
    'two lines',
    'input-line',
    reads({ readline: async () => encode('a\nb\n') }, (it) => it.readline()),
  ],
  [
    'blocks from the iterator',
    'input-line',
    reads(
      {
        async *[Symbol.asyncIterator]() {
          yield encode('a\nb');
        },
      },
      async (it) => {
        await it[Symbol.asyncIterator]().next();
      },
    ),
  ],
  [
    'a short read in between',
    'input-end',
    reads({ read: async () => encode('abc') }, async (it) => [await it.read(5), await it.read(5)]),
  ],
  [
    'a line after the end',
    'input-end',
    reads({ read: async () => EMPTY, readline: async () => hello }, async (it) => [
      await it.read(5),
      await it.readline(),
    ]),
  ],
  [
    'more than CONTENT_LENGTH',
    'input-length',
    reads({ read: async () => hello }, undefined, { CONTENT_LENGTH: '4' }),
  ],
  [
    'bytes without a length',
    'input-length',
    reads({ readline: async () => hello }, (it) => it.readline(), {
      'wsgi.input_terminated': undefined,
    }),
  ],
  [
    'more than asked for from readSync',
    'input-size',
    reads({ readSync: () => hello }, (it) =>
      (it as unknown as { readSync(size: number): unknown }).readSync(4),
    ),
  ],
  [
    'a promise from readlineSync',
    'input-bytes',
    reads({ readlineSync: async () => hello }, (it) =>
      (it as unknown as { readlineSync(): unknown }).readlineSync(),
    ),
  ],

  [
    'a write that throws',
    'errors-throw',
    serves(
      {
        'wsgi.errors': {
          write() {},
          flush() {},
          writelines() {
            throw new Error('encoding');
          },
        },
      },
      ({ 'wsgi.errors': it }) => it.writelines(['\ud800']),
    ),
  ],

  [
    'no write',
    'start-result',
    (checked) => checked()(makeEnviron(), (() => undefined) as unknown as StartResponse),
  ],
  [
    'another error',
    'start-rethrow',
    restarts(() => {
      throw new Error('another');
    }),
  ],
  ['a return', 'start-rethrow', restarts(() => () => {})],
  ['a return after an empty write', 'start-rethrow', restarts(() => () => {}, EMPTY)],

  [
    'two iterators',
    'body-one-iterator',
    withBody((it) => [it[Symbol.iterator](), it[Symbol.iterator]()]),
  ],
  ['two loops', 'body-one-iterator', withBody((it) => [[...it], [...it]])],
  [
    'two next() at once',
    'body-overlap',
    async (checked) => {
      const application: Application = async function* (environ, startResponse) {
        await later();
        yield* good(environ, startResponse) as Iterable<Uint8Array>;
      };
      const it = checked(application)(makeEnviron(), start) as AsyncIterable<Uint8Array>;
      const iterator = it[Symbol.asyncIterator]();
      await Promise.all([iterator.next(), iterator.next()]);
    },
  ],
  [
    'next() after the end',
    'body-after-end',
    withBody((it) => {
      const iterator = it[Symbol.iterator]();
      return [iterator.next(), iterator.next(), iterator.next()];
    }),
  ],
  [
    'next() after return()',
    'body-after-end',
    withBody((it) => {
      const iterator = it[Symbol.iterator]();
      return [iterator.next(), iterator.return?.(), iterator.next()];
    }, generator()),
  ],
  [
    'next() after close()',
    'body-after-end',
    withBody((it) => {
      const iterator = it[Symbol.iterator]();
      it.close();
      iterator.next();
    }),
  ],
  [
    'next() after an error',
    'body-after-end',
    withBody(
      (it) => {
        const iterator = it[Symbol.iterator]();
        try {
          iterator.next();
        } catch {}
        iterator.next();
      },
      body(
        (function* () {
          throw new Error('x');
        })(),
      ),
    ),
  ],
  [
    'no return()',
    'body-return',
    withBody((it) => {
      it[Symbol.iterator]().next();
      it.close();
    }, generator()),
  ],
  [
    'close() twice',
    'close-once',
    withBody((it) => {
      it.close();
      it.close();
    }),
  ],
];

/** An application whose body has a `return` to call. */
function generator(): Application {
  return function* (environ, startResponse) {
    yield* good(environ, startResponse) as Iterable<Uint8Array>;
    yield hello;
  };
}

/** A server whose second startResponse, after the first bytes, does this. */
function restarts(second: () => unknown, first = hello): ServerRow[2] {
  return (checked) => {
    const error = new Error('the application’s');
    const application: Application = (_environ, startResponse) => {
      startResponse('200 OK', [TYPE])(first);
      try {
        startResponse('500 No', [TYPE], error);
      } catch {
        throw error;
      }
      return [];
    };
    let calls = 0;
    const startResponse = () => (calls++ === 0 ? () => {} : second());
    try {
      void checked(application)(makeEnviron(), startResponse as StartResponse);
    } catch (thrown) {
      if (thrown !== error) throw thrown;
    }
  };
}

type MiddlewareRow = [
  name: string,
  rule: RuleId,
  /** Stands between two validators. */
  middleware: Middleware,
];

const lines: Application = function* (_environ, startResponse) {
  startResponse('200 OK', [TYPE]);
  for (const line of ['one\n', 'two\n', 'three\n']) yield encode(line);
};

const middlewares: MiddlewareRow[] = [
  [
    'draining the body at once',
    'middleware-yield',
    (inner) => async (environ, startResponse) => {
      const items: Uint8Array[] = [];
      const wrapped = await inner(environ, startResponse);
      try {
        for await (const item of wrapped) items.push(item);
      } finally {
        await wrapped.close?.();
      }
      return items;
    },
  ],
  [
    'giving one item for two',
    'middleware-yield',
    (inner) =>
      async function* (environ, startResponse) {
        const wrapped = await inner(environ, startResponse);
        try {
          let held: Uint8Array | undefined;
          for await (const item of wrapped) {
            if (held) yield item;
            held = held ? undefined : item;
          }
        } finally {
          await wrapped.close?.();
        }
      },
  ],
  [
    'giving nothing for the last item',
    'middleware-yield',
    (inner) =>
      async function* (environ, startResponse) {
        const wrapped = await inner(environ, startResponse);
        try {
          let items = 0;
          for await (const item of wrapped) if (++items < 3) yield item;
        } finally {
          await wrapped.close?.();
        }
      },
  ],
  [
    'writing what was yielded',
    'middleware-write',
    (inner) => async (environ, startResponse) => {
      let write = (_: Uint8Array): unknown => undefined;
      const wrapped = (await inner(environ, (...args) => {
        write = startResponse(...args);
        return write as ReturnType<StartResponse>;
      })) as Iterable<Uint8Array> & { close(): void };
      const iterator = wrapped[Symbol.iterator]();
      const { value } = iterator.next() as { value: Uint8Array };
      try {
        write(value);
      } finally {
        iterator.return?.();
        wrapped.close();
      }
      return [];
    },
  ],
  [
    'not closing what it passes on',
    'middleware-close',
    (inner) =>
      async function* (environ, startResponse) {
        for await (const item of await inner(environ, startResponse)) yield item;
      },
  ],
  [
    'not closing what it throws away',
    'middleware-close',
    (inner) => async (environ, startResponse) => {
      await inner(environ, () => () => {});
      return good(environ, startResponse);
    },
  ],
];

export interface BadCase {
  name: string;
  rule: RuleId;
  /**
   * `checked` puts the validator under test around an application. Throws or resolves to what the
   * validator threw.
   */
  run(checked: (application?: Application) => Application): Promise<unknown[]>;
}

export const bad: BadCase[] = [
  ...environs.map(([name, rule, change]) => ({
    name: `environ: ${name}`,
    rule,
    async run(checked: (application?: Application) => Application) {
      const environ = typeof change === 'function' ? change() : makeEnviron(change);
      const application = checked() as (...args: unknown[]) => unknown;
      // Straight, not by the mini server: that one could not do without an environ.
      application(environ, start);
      return [];
    },
  })),
  ...applications.map(([name, rule, application, environ = makeEnviron]) => ({
    name: `application: ${name}`,
    rule,
    async run(checked: (application?: Application) => Application) {
      return (await serve(checked(application), environ())).problems;
    },
  })),
  ...servers.map(([name, rule, server]) => ({
    name: `server: ${name}`,
    rule,
    async run(checked: (application?: Application) => Application) {
      await server((application = good) => checked(application));
      return [];
    },
  })),
  ...middlewares.map(([name, rule, middleware]) => ({
    name: `middleware: ${name}`,
    rule,
    async run(checked: (application?: Application) => Application) {
      return (await serve(checked(middleware(checked(lines))))).problems;
    },
  })),
];

export { good };
