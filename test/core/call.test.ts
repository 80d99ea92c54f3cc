import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { callApplication, type CallOptions } from '../../src/core/call.ts';
import type { Transport } from '../../src/core/transport.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { ClientDisconnected, ContractError, DeadlineExceeded } from '../../src/core/errors.ts';
import { recover, wrapResponse } from '../../src/core/response/wrap.ts';
import type { Application, Environ, ResponseBody, StartResponse, Write } from '../../src/types.ts';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const show = (block: Uint8Array): string => new TextDecoder().decode(block);
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const PAGE_500 = {
  status: '500 Internal Server Error',
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', '22'],
  ],
  text: 'Internal Server Error\n',
};

function requested(method: string, log: string[]): Environ {
  return createEnviron(
    { method, rawPath: '/x', query: 'q=1', headers: {} },
    { errors: errorStream((message) => log.push(message)) },
  );
}

/** What a buffering gateway gets to see, and what was logged. */
async function buffered(
  application: Application,
  options: CallOptions & { method?: string } = {},
): Promise<{ status: string; headers: unknown; text: string; log: string }> {
  const log: string[] = [];
  const environ = requested(options.method ?? 'GET', log);
  const { status, headers, body } = await callApplication(application, environ, options);
  return { status, headers, text: show(body), log: log.join('\n') };
}

/** A streaming transport, everything that happened to it in order. */
function recorder(events: string[] = []): Transport & { events: string[] } {
  return {
    events,
    begin: (status) => void events.push(`begin ${status}`),
    send: (block) => void events.push(`send ${show(block)}`),
    end: () => void events.push('end'),
    abort: () => void events.push('abort'),
  };
}

async function streamed(
  application: Application,
  options: CallOptions & { method?: string; transport?: Partial<Transport> } = {},
): Promise<{ events: string[]; log: string }> {
  const log: string[] = [];
  const { method = 'GET', transport, ...rest } = options;
  const to = Object.assign(recorder(), transport);
  await callApplication(application, requested(method, log), { transport: to, ...rest });
  return { events: to.events, log: log.join('\n') };
}

/** Starts a response with these headers, and answers with this body. */
const answer =
  (body: unknown, headers: [string, string][] = [], status = '200 OK'): Application =>
  (_, startResponse) => {
    startResponse(status, headers);
    return body as ResponseBody;
  };

describe('an empty write', () => {
  const silent: Application = (_, startResponse) => {
    void startResponse('200 OK', [['Content-Type', 'text/event-stream']])(bytes(''));
    return asyncBlocks('late');
  };
  async function* asyncBlocks(text: string): AsyncGenerator<Uint8Array, void, undefined> {
    await turn();
    yield bytes(text);
  }

  it('sends the head before the first block is there', async () => {
    const to = recorder();
    const flushed = { ...to, flushHead: () => void to.events.push('flush') };
    await streamed(silent, { transport: flushed });
    expect(to.events).toEqual(['begin 200 OK', 'flush', 'send late', 'end']);
  });

  it('sends it once the application calls, also behind middleware', async () => {
    const to = recorder();
    const flushed = { ...to, flushHead: () => void to.events.push('flush') };
    const wrapped = wrapResponse(
      recover(silent, () => undefined),
      () => () => ({ body: { block: async (block) => block } }),
    );
    await streamed(wrapped, { transport: flushed });
    expect(to.events).toEqual(['begin 200 OK', 'flush', 'send late', 'end']);
  });

  it('lets no 500 and no 504 follow', async () => {
    for (const error of [new Error('broken'), new DeadlineExceeded('late')]) {
      const { events, log } = await streamed((_, startResponse) => {
        void startResponse('200 OK', [])(bytes(''));
        throw error;
      });
      expect(events).toEqual(['begin 200 OK', 'abort']);
      expect(log).toContain(error.message);
    }
  });
});

it('writes a client’s text into one line of the log', async () => {
  const log: string[] = [];
  const environ = requested('GET\nevil "\u001b[31m', log);
  environ.REQUEST_URI = '/x\r\n/y';
  await callApplication(() => {
    throw new Error('broken');
  }, environ);
  expect(log.join('').split('\n')[0]).toBe(
    'GET\\x0aevil \\"\\x1b[31m /x\\x0d\\x0a/y: Error: broken',
  );
});

describe('onError', () => {
  const failure = new Error('secret');
  const failing: Application = () => {
    throw failure;
  };

  it('gets the error itself and the environ, and is waited for', async () => {
    const seen: unknown[] = [];
    const onError = async (error: unknown, environ: Environ): Promise<void> => {
      await turn();
      seen.push(error, environ.REQUEST_METHOD);
    };
    const response = await buffered(failing, { onError });
    expect(seen).toEqual([failure, 'GET']);
    expect(response.status).toBe('500 Internal Server Error');
  });

  it('changes nothing when it fails itself', async () => {
    const onError = (): void => {
      throw new Error('no tracker');
    };
    const { status, log } = await buffered(failing, { onError });
    expect([status, log]).toEqual([
      '500 Internal Server Error',
      expect.stringMatching(/secret[^]*onError failed\nError: no tracker/),
    ]);
  });

  it('is not called for a client that has gone', async () => {
    const onError = vi.fn<() => void>();
    const controller = new AbortController();
    controller.abort();
    await buffered(answer([bytes('x')]), { onError, signal: controller.signal });
    expect(onError).not.toHaveBeenCalled();
  });
});

describe('a response', () => {
  function* generator(): Generator<Uint8Array, void, undefined> {
    yield bytes('a');
    yield bytes('');
    yield bytes('b');
  }
  async function* asynchronous(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const block of generator()) {
      await turn();
      yield block;
    }
  }

  it.each<[string, unknown, string]>([
    ['a list', [bytes('a'), bytes('b')], 'ab'],
    ['a list of none', [], ''],
    ['a generator', generator(), 'ab'],
    ['an async generator', asynchronous(), 'ab'],
    ['a set', new Set([bytes('a'), bytes('b')]), 'ab'],
    ['a Node stream', Readable.from([Buffer.from('a'), Buffer.from('b')]), 'ab'],
    ['a web stream', new Blob(['ab']).stream(), 'ab'],
    ['bytes of another realm', [runInNewContext('new Uint8Array([97])')], 'a'],
    ['bytes that look like framing', [bytes('\r\n0\r\n\r\n')], '\r\n0\r\n\r\n'],
  ])('may be %s', async (_, body, text) => {
    const response = await buffered(answer(body));
    expect(response).toMatchObject({ status: '200 OK', text, log: '' });
  });

  it('may come from any kind of callable, called once with two arguments and no this', async () => {
    const seen: unknown[][] = [];
    function note(this: unknown, ...given: [Environ, StartResponse]): ResponseBody {
      seen.push([this, given.length]);
      given[1]('200 OK', []);
      return [];
    }
    class Site {
      application: Application = (...given) => note.apply(undefined, given);
    }
    await buffered(note);
    await buffered(new Site().application);
    await buffered(note.bind('bound'));
    await buffered(async (...given) => note.apply('async', given));
    expect(seen).toEqual([
      [undefined, 2],
      [undefined, 2],
      ['bound', 2],
      ['async', 2],
    ]);
  });

  it('may start with the first block, even after empty ones', async () => {
    const response = await buffered(function* (_, startResponse) {
      yield bytes('');
      startResponse('201 Created', [['X-Tag', 'one']]);
      yield bytes('late');
    } as Application);
    expect(response).toMatchObject({
      status: '201 Created',
      headers: [['X-Tag', 'one']],
      text: 'late',
    });
  });

  it('is asked for nothing but iteration and close', async () => {
    const touched: PropertyKey[] = [];
    const body = new Proxy([bytes('x')][Symbol.iterator](), {
      get(target, key) {
        touched.push(key);
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect((await buffered(answer(body))).text).toBe('x');
    expect(new Set(touched)).not.toContain('length');
    expect(touched.filter((key) => typeof key === 'string' && key !== 'then')).toEqual([]);
  });

  it('is asynchronous where it is both, and a promise where it is iterable as well', async () => {
    const both = Object.assign([bytes('sync')], { [Symbol.asyncIterator]: asynchronous });
    expect((await buffered(answer(both))).text).toBe('ab');
    const thenable = Object.assign(Promise.resolve([bytes('yes')]), {
      [Symbol.iterator]: () => [bytes('no')][Symbol.iterator](),
    });
    expect((await buffered(answer(thenable))).text).toBe('yes');
  });

  it('leaves no earlier than its first non-empty block', async () => {
    const events: string[] = [];
    const { events: seen } = await streamed(
      async function* (_, startResponse) {
        startResponse('200 OK', []);
        events.push('started');
        yield bytes('');
        events.push('empty');
        yield bytes('a');
        events.push('a');
        yield bytes('b');
      },
      { transport: recorder(events) },
    );
    expect(seen).toEqual(['started', 'empty', 'begin 200 OK', 'send a', 'a', 'send b', 'end']);
  });

  it('is asked for its next block when the last one is on its way', async () => {
    const events: string[] = [];
    await streamed(
      answer(
        (function* () {
          for (const name of ['a', 'b']) {
            events.push(`make ${name}`);
            yield bytes(name);
          }
        })(),
      ),
      {
        transport: {
          ...recorder(events),
          async begin() {
            await turn();
            events.push('begun');
          },
          async send(block: Uint8Array) {
            await turn();
            events.push(`sent ${show(block)}`);
          },
        },
      },
    );
    expect(events).toEqual(['make a', 'begun', 'sent a', 'make b', 'sent b', 'end']);
  });
});

describe('Content-Length', () => {
  const of = async (application: Application, method = 'GET'): Promise<unknown> =>
    (await buffered(application, { method })).headers;
  const length = (value: number): unknown => [['Content-Length', String(value)]];

  it('is added for a list, and for an empty body of any kind', async () => {
    expect(await of(answer([bytes('é')]))).toEqual(length(2));
    expect(await of(answer([bytes('ab'), bytes(''), bytes('c')]))).toEqual(length(3));
    expect(await of(answer([]))).toEqual(length(0));
    expect(await of(answer(new Set()))).toEqual(length(0));
    expect(await of(answer([bytes('abc')]), 'HEAD')).toEqual(length(3));
  });

  it('is not invented for what is no list, for HEAD without one, for 204 and 304', async () => {
    expect(await of(answer(new Set([bytes('a')])))).toEqual([]);
    expect(await of(answer([]), 'HEAD')).toEqual([]);
    expect(await of(answer([], [], '204 No Content'))).toEqual([]);
    expect(await of(answer([bytes('x')], [], '304 Not Modified'))).toEqual([]);
  });

  it('of the application stays, but on a 204', async () => {
    const declared: [string, string][] = [['content-length', '3']];
    expect(await of(answer([bytes('abc')], declared))).toEqual(declared);
    expect(await of(answer([], declared), 'HEAD')).toEqual(declared);
    expect(await of(answer([], declared, '304 Not Modified'))).toEqual(declared);
    expect(await of(answer([], declared, '204 No Content'))).toEqual([]);
  });

  it('cuts a body that is longer, says so, and asks for no more', async () => {
    const body = {
      *[Symbol.iterator]() {
        yield bytes('ab');
        yield bytes('cd');
        throw new Error('not to be reached');
      },
    };
    const response = await buffered(answer(body, [['Content-Length', '3']]));
    expect(response.text).toBe('abc');
    expect(response.log).toMatch(/^GET \/x\?q=1: the body is longer than .* 3 bytes/);
    expect((await buffered(answer([bytes('a')], [['Content-Length', '0']]))).text).toBe('');
  });

  it('breaks a response whose body is shorter', async () => {
    const short = answer([bytes('ab')], [['Content-Length', '3']]);
    expect(await buffered(short)).toMatchObject({
      ...PAGE_500,
      log: expect.stringContaining('ended after 2 of the 3 bytes'),
    });
    const { events } = await streamed(short);
    expect(events).toEqual(['begin 200 OK', 'send ab', 'abort']);
  });
});

describe('responses without a body', () => {
  it.each([
    ['HEAD', '200 OK'],
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified'],
  ])('%s with %s: neither sent nor read on, but closed', async (method, status) => {
    const order: string[] = [];
    const endless = {
      *[Symbol.iterator]() {
        try {
          for (;;) {
            order.push('block');
            yield bytes('x');
          }
        } finally {
          order.push('stopped');
        }
      },
      close: () => void order.push('closed'),
    };
    const { events } = await streamed(answer(endless, [], status), { method });
    expect(events).toEqual([`begin ${status}`, 'end']);
    expect(order).toEqual(['block', 'stopped', 'closed']);
  });
});

describe('startResponse', () => {
  it('may be called again with an error, which replaces everything', async () => {
    const response = await buffered((_, startResponse) => {
      startResponse('200 OK', [['X-Old', '1']]);
      startResponse('503 Busy', [['X-New', '2']], new Error('busy'));
      return [bytes('x')];
    });
    expect(response).toMatchObject({
      status: '503 Busy',
      headers: [
        ['X-New', '2'],
        ['Content-Length', '1'],
      ],
    });
  });

  it.each([0, '', false, Number.NaN])('takes the error %j for one', async (error) => {
    const response = await buffered((_, startResponse) => {
      startResponse('200 OK', []);
      startResponse('503 Busy', [], error);
      return [];
    });
    expect(response.status).toBe('503 Busy');
  });

  it.each([undefined, null])('takes %j for none', async (error) => {
    const response = await buffered((_, startResponse) => {
      startResponse('200 OK', [], error);
      startResponse('503 Busy', [], error);
      return [];
    });
    expect(response).toMatchObject({ ...PAGE_500, log: expect.stringContaining('called twice') });
  });

  it('throws the very error once the headers are out, on every transport', async () => {
    const error = new Error('too late');
    const application: Application = function* (_, startResponse) {
      startResponse('200 OK', []);
      yield bytes('a');
      try {
        startResponse('500 Oops', [], error);
      } catch (thrown) {
        expect(thrown).toBe(error);
        throw thrown;
      }
    };
    const { text, log } = await buffered(application);
    expect(text).toBe(PAGE_500.text);
    expect(log.match(/too late/g)).toHaveLength(1);
    expect((await streamed(application)).events).toEqual(['begin 200 OK', 'send a', 'abort']);
  });

  it('counts as called even when it threw', async () => {
    const { log } = await buffered((_, startResponse) => {
      expect(() => startResponse('bad', [])).toThrow(ContractError);
      expect(() => startResponse('200 OK', [])).toThrow(/called twice/);
      startResponse('200 OK', [], new Error('why'));
      return [bytes('x')];
    });
    expect(log).toBe('');
  });

  it('throws after the end', async () => {
    let late: StartResponse | undefined;
    await buffered((_, startResponse) => {
      late = startResponse;
      startResponse('200 OK', []);
      return [];
    });
    expect(() => late?.('200 OK', [])).toThrow(/after the response had ended/);
    expect(() => late?.('200 OK', [], new Error('x'))).toThrow(ContractError);
  });

  it('has to be called', async () => {
    const never = expect.stringContaining('never called startResponse()');
    expect(await buffered(() => [])).toMatchObject({ ...PAGE_500, log: never });
    const first = expect.stringContaining('the first block came before startResponse()');
    expect(await buffered(() => [bytes('x')])).toMatchObject({ ...PAGE_500, log: first });
  });
});

describe('write', () => {
  it('goes before the body, in order, and with no invented length', async () => {
    const { events } = await streamed(async (_, startResponse) => {
      const write = startResponse('200 OK', []);
      void write(bytes('a'));
      await turn();
      await write(bytes(''));
      await write(bytes('b'));
      return [bytes('c')];
    });
    expect(events).toEqual(['begin 200 OK', 'send a', 'send b', 'send c', 'end']);
  });

  it('keeps order on a slow transport, and never rejects', async () => {
    const events: string[] = [];
    const slow: Partial<Transport> = {
      begin: turn,
      async send(block) {
        await turn();
        events.push(show(block));
        if (show(block) === 'b') throw new Error('socket');
      },
    };
    const { log } = await streamed(
      (_, startResponse) => {
        const write = startResponse('200 OK', []);
        for (const name of ['a', 'b', 'c']) void write(bytes(name));
        return [bytes('never')];
      },
      { transport: slow },
    );
    expect(events).not.toContain('never');
    expect(log).toContain('socket');
  });

  it.each<[string, (write: Write) => void, RegExp]>([
    ['text', (write) => write('x' as unknown as Uint8Array), /write\(\) takes Uint8Array.*encode/],
    [
      'an ArrayBuffer',
      (write) => write(new ArrayBuffer(1) as unknown as Uint8Array),
      /ArrayBuffer/,
    ],
    ['more than was declared', (write) => void write(bytes('abcd')), /past the declared.* 3 bytes/],
  ])('refuses %s', async (_, use, message) => {
    const { text, log } = await buffered((_, startResponse) => {
      use(startResponse('200 OK', [['Content-Length', '3']]));
      return [];
    });
    expect(text).toBe(PAGE_500.text);
    expect(log).toMatch(message);
  });

  it('refuses to go on after the application returned', async () => {
    const { log } = await buffered((_, startResponse) => {
      const write = startResponse('200 OK', []);
      return (function* () {
        yield bytes('a');
        void write(bytes('b'));
      })();
    });
    expect(log).toContain('write() was called after the application returned');
  });

  it('refuses to serve a start that failed', async () => {
    const { log } = await buffered((_, startResponse) => {
      const write = startResponse('200 OK', []);
      expect(() => startResponse('bad', [], new Error('x'))).toThrow(ContractError);
      void write(bytes('b'));
      return [];
    });
    expect(log).toContain('startResponse() had failed');
  });

  it('sends no body to HEAD', async () => {
    const { events } = await streamed(
      (_, startResponse) => {
        void startResponse('200 OK', [])(bytes('a'));
        return [bytes('b')];
      },
      { method: 'HEAD' },
    );
    expect(events).toEqual(['begin 200 OK', 'end']);
  });
});

describe('what is no body', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /got undefined: return a list/],
    ['null', null, /got null/],
    ['a number', 7, /got the number 7/],
    ['text', 'hello', /got the string "hello"/],
    ['bytes', bytes('x'), /got a Uint8Array: wrap it in a list/],
    ['an object', {}, /got a plain object/],
    ['a list of text', ['x'], /consists of Uint8Array.* "x" \(encode text/],
    ['a list of nothing', [undefined], /got undefined/],
    ['a list of numbers', [new Uint16Array(1)], /got a Uint16Array/],
  ])('%s', async (_, body, message) => {
    const response = await buffered(answer(body));
    expect(response).toMatchObject({ ...PAGE_500, log: expect.stringMatching(message) });
    expect(response.log).toMatch(/^GET \/x\?q=1: ContractError: /);
  });
});

describe('errors', () => {
  const secret = new Error('secret detail');
  const failing: Record<string, Application> = {
    'at once': () => {
      throw secret;
    },
    later: () => Promise.reject(secret),
    'after the start': (_, startResponse) => {
      startResponse('200 OK', []);
      throw secret;
    },
    'before the first block': function* (_, startResponse) {
      startResponse('200 OK', []);
      yield bytes('');
      throw secret;
    },
    'after a block': function* (_, startResponse) {
      startResponse('200 OK', []);
      yield bytes('a');
      throw secret;
    },
  };

  it.each(Object.entries(failing))('%s: a logged 500 without detail', async (_, application) => {
    const response = await buffered(application);
    expect(response).toMatchObject(PAGE_500);
    expect(response.log.match(/secret detail/g)).toHaveLength(1);
    expect(response.log).toMatch(/^GET \/x\?q=1: Error: secret detail\n {4}at /);
    expect((await buffered(application, { method: 'HEAD' })).text).toBe('');
  });

  it.each(Object.entries(failing))(
    '%s: thrown on where told to, and logged',
    async (_, application) => {
      const log: string[] = [];
      await expect(
        Promise.resolve(callApplication(application, requested('GET', log), { throwErrors: true })),
      ).rejects.toBe(secret);
      expect(log.join('')).toContain('secret detail');
    },
  );

  it('leave a begun stream broken, not ended', async () => {
    const { events } = await streamed(failing['after a block'] as Application);
    expect(events).toEqual(['begin 200 OK', 'send a', 'abort']);
  });

  it.each([undefined, null, 'text', 0, Symbol('s'), Object.create(null)])(
    'may be anything: %s',
    async (thrown) => {
      const response = await buffered(() => {
        throw thrown;
      });
      expect(response).toMatchObject({ ...PAGE_500, log: expect.stringContaining('thrown: ') });
    },
  );

  it('may even be what cannot be looked at', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const response = await buffered(() => {
      throw proxy;
    });
    expect(response).toMatchObject(PAGE_500);
  });

  it('name fromClass for a class', async () => {
    class Site {}
    const response = await buffered(Site as unknown as Application);
    expect(response.log).toMatch(/ContractError: the application is a class; wrap it: fromClass/);
  });

  it('go to the stream of the environ, whatever the application did to it', async () => {
    const { log } = await buffered((environ) => {
      for (const key of Object.keys(environ)) delete (environ as Record<string, unknown>)[key];
      throw secret;
    });
    expect(log).toMatch(/^GET \/x\?q=1: Error: secret/);
  });

  it('what an application wrote without a newline is logged with them', async () => {
    const { log } = await buffered((environ, startResponse) => {
      environ['wsgi.errors'].write('low on tea');
      startResponse('200 OK', []);
      return [];
    });
    expect(log).toBe('low on tea');
  });
});

describe('close', () => {
  const ends: [string, (body: ResponseBody) => Application, string?][] = [
    ['a normal end', (body) => answer(body)],
    ['HEAD', (body) => answer(body), 'HEAD'],
    ['a 304', (body) => answer(body, [], '304 Not Modified')],
    ['a body cut off', (body) => answer(body, [['Content-Length', '1']])],
    ['a body too short', (body) => answer(body, [['Content-Length', '9']])],
    ['no start', (body) => () => body],
  ];

  it.each(ends)('is called once, last, after %s', async (_, make, method = 'GET') => {
    const order: string[] = [];
    const iterator = [bytes('ab'), bytes('c')][Symbol.iterator]();
    const body = {
      [Symbol.iterator]: () => ({
        next: () => {
          order.push('next');
          return iterator.next();
        },
        return: () => {
          order.push('return');
          return { done: true as const, value: undefined };
        },
      }),
      async close() {
        await turn();
        order.push('close');
      },
    };
    await buffered(make(body as ResponseBody), { method });
    expect(order.filter((event) => event === 'close')).toHaveLength(1);
    expect(order.at(-1)).toBe('close');
    expect(order.filter((event) => event === 'return').length).toBeLessThanOrEqual(1);
  });

  it('that fails is logged and changes nothing', async () => {
    const body = Object.assign([bytes('x')], {
      close() {
        throw new Error('cannot close');
      },
    });
    const response = await buffered(answer(body));
    expect(response).toMatchObject({ status: '200 OK', text: 'x' });
    expect(response.log).toContain('close() of the body failed\nError: cannot close');
  });

  it('still comes when stopping the iterator failed', async () => {
    const close = vi.fn<() => void>();
    const body = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false as const, value: bytes('x') }),
        return: () => {
          throw new Error('cannot stop');
        },
      }),
      close,
    };
    const { log } = await buffered(answer(body, [['Content-Length', '1']]));
    expect(log).toContain('stopping the body failed\nError: cannot stop');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('is not asked of an iterator that has ended or thrown', async () => {
    const stop = vi.fn<() => IteratorResult<Uint8Array>>();
    const ending = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: true as const, value: undefined }),
        return: stop,
      }),
    };
    await buffered(answer(ending));
    const throwing = {
      [Symbol.iterator]: () => ({
        next() {
          throw new Error('x');
        },
        return: stop,
      }),
    };
    await buffered(answer(throwing));
    expect(stop).not.toHaveBeenCalled();
  });

  it('releases a stream that was never read', async () => {
    const stream = new Readable({ read() {} });
    const gone = AbortSignal.abort();
    await buffered(answer(stream), { signal: gone });
    expect(stream.destroyed).toBe(true);
  });
});

describe('a client that leaves', () => {
  function left(): { signal: AbortSignal; leave: () => void } {
    const controller = new AbortController();
    return { signal: controller.signal, leave: () => controller.abort() };
  }

  it('while the application works: the body is closed unread, and nothing is logged', async () => {
    const { signal, leave } = left();
    const close = vi.fn<() => void>();
    const next = vi.fn<() => never>();
    const { events, log } = await streamed(
      async (_, startResponse) => {
        startResponse('200 OK', []);
        leave();
        await turn();
        return { [Symbol.iterator]: () => ({ next }), close };
      },
      { signal },
    );
    expect(close).toHaveBeenCalledTimes(1);
    expect(next).not.toHaveBeenCalled();
    expect(events).toEqual([]);
    expect(log).toBe('');
  });

  it('while a block is awaited that never comes: the wait ends', async () => {
    const { signal, leave } = left();
    const close = vi.fn<() => void>();
    const body = {
      [Symbol.asyncIterator]: () => ({
        next() {
          setImmediate(leave);
          return new Promise<never>(() => {});
        },
        return: () => new Promise<never>(() => {}),
      }),
      close,
    };
    const { events, log } = await streamed(answer(body), { signal, stopTimeout: 1 });
    expect(close).toHaveBeenCalledTimes(1);
    expect(events).toEqual([]);
    expect(log).toBe('');
  });

  it('between blocks: the response is broken off, and the generator stopped', async () => {
    const { signal, leave } = left();
    const order: string[] = [];
    const { events } = await streamed(
      answer(
        (async function* () {
          try {
            yield bytes('a');
            leave();
            yield bytes('b');
          } finally {
            order.push('stopped');
          }
        })(),
      ),
      { signal },
    );
    expect(events).toEqual(['begin 200 OK', 'send a', 'abort']);
    expect(order).toEqual(['stopped']);
  });

  it('makes write throw, so that an imperative application stops', async () => {
    const { signal, leave } = left();
    const thrown: unknown[] = [];
    await streamed(
      (_, startResponse) => {
        const write = startResponse('200 OK', []);
        leave();
        try {
          void write(bytes('a'));
        } catch (error) {
          thrown.push(error);
        }
        return [];
      },
      { signal },
    );
    expect(thrown).toEqual([expect.any(ClientDisconnected)]);
  });
});
