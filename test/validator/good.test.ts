/**
 * What a validator has to let through, unchanged: each row runs bare, validated, and validated
 * twice.
 */
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import type {
  Application,
  BufferedInputStream,
  Environ,
  FileLike,
  Middleware,
  ResponseBody,
} from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { decode, encode, makeEnviron, serve } from './mini-server.ts';

const TYPE = ['Content-Type', 'text/plain'] as const;
const EMPTY = new Uint8Array(0);

const strict = (application: Application): Application => validator(application, { strict: true });
const texts = (blocks: readonly Uint8Array[]): string[] => blocks.map((block) => decode([block]));
/** An application that starts with 200 and returns a body. */
const returns =
  (make: () => ResponseBody): Application =>
  (_environ, start) => {
    start('200 OK', [TYPE]);
    return make();
  };
const post =
  (text: string): (() => Environ) =>
  () =>
    makeEnviron({ REQUEST_METHOD: 'POST' }, text);
const head = (): Environ => makeEnviron({ REQUEST_METHOD: 'HEAD' });
const answers =
  (status: string, ...headers: (readonly [string, string])[]): Application =>
  (_environ, start) => {
    start(status, headers);
    return [];
  };
const says = (text: string): Application => returns(() => [encode(text)]);

/** Begins to read a body, and stops as a loop does. */
function takeOne(body: Iterable<Uint8Array>): void {
  const iterator = body[Symbol.iterator]();
  iterator.next();
  iterator.return?.();
}

const foreignPromise = runInNewContext('(value) => Promise.resolve(value)') as (
  value: unknown,
) => PromiseLike<ResponseBody>;

type GoodRow = [
  name: string,
  application: Application,
  /** The blocks the server gets. */
  blocks: string[],
  environ?: () => Environ,
];

const rows: GoodRow[] = [
  ['an array', says('hello'), ['hello']],
  [
    'several blocks, empty ones too',
    returns(() => [encode('a'), EMPTY, encode('b')]),
    ['a', '', 'b'],
  ],
  ['an empty array', returns(() => []), []],
  ['a frozen array', returns(() => Object.freeze([encode('a')]) as Uint8Array[]), ['a']],
  ['a promise', async (environ, start) => says('a')(environ, start), ['a']],
  [
    'a promise of another realm',
    (environ, start) => foreignPromise(says('a')(environ, start)),
    ['a'],
  ],
  [
    'a generator that starts with its first item',
    function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield encode('a');
      yield EMPTY;
      yield encode('b');
    },
    ['a', '', 'b'],
  ],
  [
    'an asynchronous generator',
    async function* (_environ, start) {
      await new Promise((resolve) => setImmediate(resolve));
      start('200 OK', [TYPE]);
      yield encode('a');
      await new Promise((resolve) => setImmediate(resolve));
      yield encode('b');
    },
    ['a', 'b'],
  ],
  ['a Set', returns(() => new Set([encode('a')])), ['a']],
  [
    'a function that iterates',
    returns(() => Object.assign(() => {}, { [Symbol.iterator]: () => [encode('a')].values() })),
    ['a'],
  ],
  ['a Buffer', returns(() => [Buffer.from('a')]), ['a']],
  [
    'a block of another realm',
    returns(() => [runInNewContext('new Uint8Array([97])') as Uint8Array]),
    ['a'],
  ],
  ['a stream of Node’s', returns(() => Readable.from([encode('a'), encode('b')])), ['a', 'b']],
  ['a web stream', returns(() => new Blob(['a']).stream()), ['a']],
  [
    'a body with nothing but what it needs',
    returns(
      () =>
        new Proxy([encode('a')], {
          get(target, key) {
            if (key === Symbol.asyncIterator || key === 'then' || key === 'close') return undefined;
            if (key === Symbol.iterator) return () => target.values();
            throw new Error(`${String(key)} is none of the server's business`);
          },
        }),
    ),
    ['a'],
  ],
  [
    'one constant block for every request',
    returns(() => [EMPTY, CONSTANT, CONSTANT]),
    ['', 'constant', 'constant'],
  ],

  [
    'write alone',
    (_environ, start) => {
      const write = start('200 OK', [TYPE]);
      void write(encode('a'));
      void write(EMPTY);
      return [];
    },
    ['a', ''],
  ],
  [
    'write, then a body',
    async (_environ, start) => {
      await start('200 OK', [TYPE])(encode('a'));
      return [encode('b')];
    },
    ['a', 'b'],
  ],

  ['a reason left out', answers('299 ', TYPE), []],
  ['a reason in latin-1', answers('200 \u00e9', TYPE), []],
  ['a value in latin-1', answers('200 OK', ['X-Name', '\u00e9\u00ff ~']), []],
  ['an empty value', answers('200 OK', ['X-Empty', '']), []],
  ['the same header twice', answers('200 OK', ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']), []],
  [
    'no Content-Type where there is no body',
    answers('301 Moved Permanently', ['Location', '/']),
    [],
  ],
  ['204', answers('204 No Content'), []],
  ['304 with an ETag', answers('304 Not Modified', ['ETag', '"1"'], ['Content-Length', '5']), []],
  ['a Content-Length that holds', answers('200 OK', ['Content-Length', '0']), []],
  ['HEAD with the length of GET', answers('200 OK', TYPE, ['Content-Length', '12345']), [], head],

  [
    'an error on the first call',
    (_environ, start) => {
      start('500 Internal Server Error', [TYPE], new Error('x'));
      return [encode('page')];
    },
    ['page'],
  ],
  ...[new Error('x'), 0, '', false].map((error): GoodRow => [
    `a response replaced for ${JSON.stringify(error)}`,
    (_environ, start) => {
      start('200 OK', [['Content-Length', '99']]);
      start('500 Internal Server Error', [TYPE], error);
      return [encode('page')];
    },
    ['page'],
  ]),
  [
    'a response replaced after empty items',
    function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield EMPTY;
      start('500 Internal Server Error', [TYPE], new Error('x'));
      yield encode('page');
    },
    ['', 'page'],
  ],
  [
    'a response replaced after a start that threw',
    (_environ, start) => {
      try {
        start('200', [TYPE]);
        // The bare server takes anything.
        throw new Error('x');
      } catch (error) {
        start('500 Internal Server Error', [TYPE], error);
      }
      return [encode('page')];
    },
    ['page'],
  ],

  [
    'an input read in every way',
    async ({ 'wsgi.input': input }, start) => {
      start('200 OK', [TYPE]);
      const blocks = [await input.read(0), await input.readline(0), await input.read(1)];
      blocks.push(await input.readline(2), await input.readline(), await input.readline(-1));
      blocks.push(...(await input.readlines(1)));
      for await (const line of input) {
        blocks.push(line);
        break;
      }
      blocks.push(...(await input.readlines()), await input.read(9), await input.readline());
      return blocks;
    },
    ['', '', 'a', 'bc', 'd\n', '\n', 'two\n', 'three\n', 'four', '', ''],
    post('abcd\n\ntwo\nthree\nfour'),
  ],
  [
    'a buffered input read at once',
    ({ 'wsgi.input': stream, CONTENT_LENGTH: length }, start) => {
      start('200 OK', [TYPE]);
      const input = stream as BufferedInputStream;
      const blocks = [input.readSync(1), input.readlineSync(), ...input.readlinesSync(1)];
      blocks.push(...input, input.readSync(Number(length)), ...input.readlinesSync());
      return blocks;
    },
    ['a', '\n', 'two\n', 'three\n', 'four', ''],
    () =>
      makeEnviron(
        { REQUEST_METHOD: 'POST', 'gatecall.input_buffered': true },
        'a\ntwo\nthree\nfour',
      ),
  ],
  [
    'errors written in every way',
    async ({ 'wsgi.errors': errors }, start) => {
      errors.write('lone \ud800 surrogate\n');
      errors.writelines(new Set(['a\n', 'b\n']));
      errors.writelines([]);
      await errors.flush();
      return says('a')({} as Environ, start);
    },
    ['a'],
  ],
  [
    'an environ taken to pieces',
    (environ, start) => {
      environ['app.session'] = new Map();
      environ['wsgi.input'] = { read: async () => EMPTY } as unknown as Environ['wsgi.input'];
      for (const key of Object.keys(environ)) delete environ[key];
      Object.freeze(environ);
      return says('a')(environ, start);
    },
    ['a'],
  ],
  [
    'a file wrapper',
    ({ 'wsgi.file_wrapper': wrap }, start) => {
      start('200 OK', [TYPE]);
      const parts = [encode('a'), encode('b'), EMPTY];
      return wrap?.({ read: () => parts.shift() ?? EMPTY }, 1) ?? [];
    },
    ['a', 'b'],
    () =>
      makeEnviron({
        'wsgi.file_wrapper': function* (file: FileLike, size: number) {
          for (let block = file.read(size) as Uint8Array; block.length > 0;) {
            yield block;
            block = file.read(size) as Uint8Array;
          }
        },
      }),
  ],
];

const CONSTANT = encode('constant');

const environs: [name: string, environ: () => Environ][] = [
  ['OPTIONS *', () => makeEnviron({ REQUEST_METHOD: 'OPTIONS', PATH_INFO: '*' })],
  ['OPTIONS * without a path', () => makeEnviron({ REQUEST_METHOD: 'OPTIONS', PATH_INFO: '' })],
  ['a mount without a slash', () => makeEnviron({ SCRIPT_NAME: '/app', PATH_INFO: '' })],
  ['a path as it came', () => makeEnviron({ PATH_INFO: '//a/../%zz;\u00e9#' })],
  ['a method of WebDAV', () => makeEnviron({ REQUEST_METHOD: 'PROPFIND' })],
  ['HTTP/2', () => makeEnviron({ SERVER_PROTOCOL: 'HTTP/2' })],
  ['HTTP/1.0', () => makeEnviron({ SERVER_PROTOCOL: 'HTTP/1.0' })],
  ['an IPv6 address', () => makeEnviron({ SERVER_NAME: '[::1]' })],
  ['an empty header', () => makeEnviron({ HTTP_X_EMPTY: '' })],
  ['a header with odd characters', () => makeEnviron({ 'HTTP_X.Y~': '\u00e9' })],
  [
    'the names of Object.prototype',
    () => makeEnviron({ HTTP___PROTO__: 'a', HTTP_CONSTRUCTOR: 'b' }),
  ],
  ['a length of 0', () => makeEnviron({ CONTENT_LENGTH: '0' })],
  ['a variable of the deployer', () => makeEnviron({ DATABASE_URL: 'postgres://' })],
  [
    'extensions of any type',
    () => makeEnviron({ 'my_server.socket': Symbol('socket'), 'gatecall.event': null }),
  ],
  ['a frozen version', () => makeEnviron({ 'wsgi.version': Object.freeze([1, 0]) })],
  ['https', () => makeEnviron({ 'wsgi.url_scheme': 'https', HTTPS: 'on', SERVER_PORT: '443' })],
];

describe('what is good', () => {
  it.each(rows)('an application: %s', async (_, application, blocks, environ = makeEnviron) => {
    const bare = await serve(application, environ());
    expect(bare.problems).toEqual([]);
    expect(texts(bare.blocks)).toEqual(blocks);
    for (const checked of [strict(application), strict(strict(application))]) {
      const { problems, status, headers, blocks: sent, log } = await serve(checked, environ());
      expect(problems).toEqual([]);
      expect({ status, headers, log }).toEqual({
        status: bare.status,
        headers: bare.headers,
        log: bare.log,
      });
      expect(texts(sent)).toEqual(blocks);
    }
  });

  it.each(environs)('an environ: %s', async (_, environ) => {
    const { problems, blocks, log } = await serve(strict(says('a')), environ());
    expect(problems).toEqual([]);
    expect(texts(blocks)).toEqual(['a']);
    expect(log).toBe('');
  });

  it('the server and the environ of this library', async () => {
    const log: string[] = [];
    const environ = createEnviron(
      {
        method: 'POST',
        rawPath: '/caf%C3%A9/%2F',
        query: 'a=1',
        headers: { Host: 'example.com:8080', 'X-Name': 'Žofie', 'Content-Type': 'text/plain' },
        body: encode('hello'),
        remoteAddress: '::1',
      },
      { errors: errorStream((text) => log.push(text)) },
    );
    const application: Application = async ({ 'wsgi.input': input, CONTENT_LENGTH }, start) => {
      start('200 OK', [TYPE]);
      return [await input.read(Number(CONTENT_LENGTH))];
    };
    const { status, body } = await callApplication(strict(application), environ, {
      throwErrors: true,
    });
    expect([status, decode([body])]).toEqual(['200 OK', 'hello']);
    expect(log).toEqual([]);
  });

  it.each<[string, object | null]>([
    ['without a prototype', null],
    ['with one that is empty, frozen and has none', Object.freeze(Object.create(null) as object)],
    ['with one of another realm', runInNewContext('Object.freeze(Object.create(null))') as object],
  ])('an environ %s', async (_what, prototype) => {
    const environ = Object.assign(Object.create(prototype) as Environ, makeEnviron());
    expect((await serve(strict(says('a')), environ)).problems).toEqual([]);
  });

  it('an error that replaces a head after an empty item, but before any write', async () => {
    const application: Application = function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield EMPTY;
      start('500 No', [TYPE], new Error('in time'));
      yield encode('sorry');
    };
    const { status, blocks, problems } = await serve(strict(application));
    expect([status, decode(blocks), problems]).toEqual(['500 No', 'sorry', []]);
  });

  it('an environ of another realm', () => {
    const environ = runInNewContext('({})') as Environ;
    Object.assign(environ, makeEnviron());
    const warnings: string[] = [];
    const checked = validator(says('a'), { onWarning: (_message, rule) => warnings.push(rule) });
    void checked(environ, () => () => {});
    expect(warnings).toEqual(['environ-prototype']);
  });
});

describe('what passes through', () => {
  it('the environ itself, the same for the application and those around it', async () => {
    const environ = makeEnviron();
    let seen: Environ | undefined;
    const application: Application = (inside, start) => {
      seen = inside;
      inside['app.note'] = 'left behind';
      return says('a')(inside, start);
    };
    const keys = Object.keys(environ);
    await serve(strict(application), environ);
    expect(seen).toBe(environ);
    expect(Reflect.ownKeys(environ)).toEqual([...keys, 'app.note']);
  });

  it('the moment of the call, and of a synchronous return', () => {
    const order: string[] = [];
    const application: Application = (_environ, start) => {
      order.push('called');
      start('200 OK', [TYPE]);
      return [];
    };
    const body = strict(application)(makeEnviron(), () => () => {});
    order.push('returned');
    expect(order).toEqual(['called', 'returned']);
    expect(body).not.toHaveProperty('then');
    expect(Symbol.asyncIterator in body).toBe(false);
  });

  it('laziness: one item at a time, and none before it is asked for', async () => {
    const order: string[] = [];
    const application: Application = function* (_environ, start) {
      start('200 OK', [TYPE]);
      for (const letter of 'abc') {
        order.push(`made ${letter}`);
        yield encode(letter);
      }
    };
    const body = await strict(application)(makeEnviron(), () => () => {});
    order.push('returned');
    for await (const block of body) order.push(`sent ${decode([block])}`);
    expect(order).toEqual(['returned', 'made a', 'sent a', 'made b', 'sent b', 'made c', 'sent c']);
  });

  it('the very blocks, not copies', async () => {
    const block = encode('block');
    const { blocks } = await serve(strict(returns(() => [block])));
    expect(blocks[0]).toBe(block);
  });

  it('return() and close(), each once, in that order, when the server stops early', async () => {
    const order: string[] = [];
    const application = returns(() => ({
      *[Symbol.iterator]() {
        try {
          for (;;) yield encode('a');
        } finally {
          order.push('finally');
        }
      },
      close: () => void order.push('close'),
    }));
    const body = (await strict(application)(makeEnviron(), () => () => {})) as Iterable<Uint8Array>;
    takeOne(body);
    (body as ResponseBody).close?.();
    expect(order).toEqual(['finally', 'close']);
  });

  it('a close that takes its time', async () => {
    let closed = false;
    const application = returns(() =>
      Object.assign([], {
        async close() {
          await new Promise((resolve) => setImmediate(resolve));
          closed = true;
        },
      }),
    );
    const { problems } = await serve(strict(application));
    expect(problems).toEqual([]);
    expect(closed).toBe(true);
  });

  it.each(['call', 'iteration', 'close'])(
    'an error of the application’s own, from %s',
    async (where) => {
      const error = new Error('its own');
      const application: Application = (_environ, start) => {
        start('200 OK', [TYPE]);
        if (where === 'call') throw error;
        return {
          *[Symbol.iterator]() {
            yield encode('a');
            if (where === 'iteration') throw error;
          },
          close() {
            if (where === 'close') throw error;
          },
        };
      };
      expect((await serve(strict(application))).problems).toEqual([error]);
      expect((await serve(strict(strict(application)))).problems[0]).toBe(error);
    },
  );

  it('the error that comes too late for a new response, itself', async () => {
    const error = new Error('too late');
    const application: Application = function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield encode('part');
      start('500 Internal Server Error', [TYPE], error);
    };
    const { problems } = await serve(strict(strict(application)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toBe(error);
  });

  it('a rejection, whatever it is', async () => {
    const application: Application = () => Promise.reject(0);
    expect((await serve(strict(application))).problems).toEqual([0]);
  });

  it('the end of an unread stream: it is destroyed', async () => {
    const streams: Readable[] = [];
    const application = returns(() => {
      const stream = Readable.from([encode('a')]);
      streams.push(stream);
      return stream;
    });
    const body = await strict(application)(makeEnviron(), () => () => {});
    await body.close?.();
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('a block whose memory the server has transferred', async () => {
    const application = returns(() => [encode('a'), encode('b')]);
    const body = await strict(application)(makeEnviron(), () => () => {});
    for await (const block of body)
      structuredClone(block, { transfer: [block.buffer as ArrayBuffer] });
    expect(() => body.close?.()).not.toThrow();
  });
});

describe('middleware between two validators', () => {
  const lines: Application = function* (_environ, start) {
    start('200 OK', [TYPE]);
    for (const line of ['one\n', 'two\n', 'three\n']) yield encode(line);
  };
  const transform =
    (change: (blocks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>): Middleware =>
    (inner) =>
    async (environ, start) => {
      const body = await inner(environ, start);
      return {
        [Symbol.asyncIterator]: () =>
          change(body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator](),
        close: () => body.close?.(),
      };
    };

  const middlewares: [name: string, middleware: Middleware, text: string][] = [
    ['none at all', (inner) => inner, 'one\ntwo\nthree\n'],
    [
      'a call with a copy of environ',
      (inner) => (environ, start) =>
        inner(Object.assign(Object.create(null) as Environ, environ), start),
      'one\ntwo\nthree\n',
    ],
    [
      'changing each block',
      transform(async function* (blocks) {
        for await (const block of blocks) yield encode(decode([block]).toUpperCase());
      }),
      'ONE\nTWO\nTHREE\n',
    ],
    [
      'holding blocks back, with empty items',
      transform(async function* (blocks) {
        let held = '';
        for await (const block of blocks) {
          held += decode([block]);
          yield EMPTY;
        }
        yield encode(held);
      }),
      'one\ntwo\nthree\n',
    ],
    [
      'looking at the first block before it returns',
      (inner) => async (environ, start) => {
        const body = (await inner(environ, start)) as Iterable<Uint8Array> & { close(): void };
        const iterator = body[Symbol.iterator]();
        let next = iterator.next();
        return {
          *[Symbol.iterator]() {
            while (!next.done) {
              yield next.value;
              next = iterator.next();
            }
          },
          close: () => body.close(),
        };
      },
      'one\ntwo\nthree\n',
    ],
    [
      'an error page in place of what had begun',
      (inner) => async (environ, start) => {
        let held: Parameters<typeof start> | undefined;
        const body = (await inner(environ, (...args) => {
          held = args;
          return () => {};
        })) as Iterable<Uint8Array> & { close(): void };
        takeOne(body);
        body.close();
        expect(held?.[0]).toBe('200 OK');
        return says('page')(environ, start);
      },
      'page',
    ],
    [
      'two applications, one environ',
      (inner) => async (environ, start) => {
        const first = (await inner(environ, () => () => {})) as Iterable<Uint8Array> & {
          close(): void;
        };
        takeOne(first);
        const second = (await inner(environ, start)) as typeof first;
        return {
          [Symbol.iterator]: () => second[Symbol.iterator](),
          close() {
            first.close();
            second.close();
          },
        };
      },
      'one\ntwo\nthree\n',
    ],
    [
      'a generator',
      (inner) =>
        function* (environ, start) {
          const body = inner(environ, start) as Iterable<Uint8Array> & { close(): void };
          try {
            yield* body;
          } finally {
            body.close();
          }
        },
      'one\ntwo\nthree\n',
    ],
    [
      'what is written goes on by write',
      () => async (environ, start) => {
        const writer: Application = (_environ, startInside) => {
          void startInside('200 OK', [TYPE])(encode('written\n'));
          return [encode('yielded\n')];
        };
        return strict(writer)(environ, start);
      },
      'written\nyielded\n',
    ],
  ];

  it.each(middlewares)('%s', async (_, middleware, text) => {
    const { problems, blocks } = await serve(strict(middleware(strict(lines))));
    expect(problems).toEqual([]);
    expect(decode(blocks)).toBe(text);
  });

  it('may keep the error page of an application for itself', async () => {
    const application: Application = function* (_environ, start) {
      start('200 OK', [TYPE]);
      yield encode('part');
      start('500 Internal Server Error', [TYPE], new Error('x'));
      yield encode('page');
    };
    const middleware: Middleware = (inner) =>
      function* (environ, start) {
        start('200 OK', [TYPE]);
        const body = inner(environ, () => () => {}) as Iterable<Uint8Array> & { close(): void };
        try {
          yield* body;
        } finally {
          body.close();
        }
      };
    const { problems, blocks } = await serve(strict(middleware(strict(application))));
    expect(problems).toEqual([]);
    expect(decode(blocks)).toBe('partpage');
  });
});
