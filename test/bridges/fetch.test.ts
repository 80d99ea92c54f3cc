/** The bridge's own duties, beside what the table and the frameworks show. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type FetchContext, fromFetchHandler } from '../../src/bridges/fetch.ts';
import { callApplication } from '../../src/core/call.ts';
import { DeadlineExceeded } from '../../src/core/errors.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import type { RequestParts } from '../../src/core/request/request-parts.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { streamedInput } from '../../src/core/request/input.ts';
import type { Transport } from '../../src/core/transport.ts';
import type { Application, Environ } from '../../src/types.ts';

type Body = ConstructorParameters<typeof Response>[0];

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function environOf(facts: Partial<RequestParts> = {}, log: string[] = []): Environ {
  return createEnviron(
    { method: 'GET', rawPath: '/', headers: { host: 'example.com' }, ...facts },
    { errors: errorStream((line) => log.push(line)) },
  );
}

async function answer(
  application: Application,
  facts?: Partial<RequestParts>,
): Promise<{ status: string; headers: unknown; text: string; log: string }> {
  const log: string[] = [];
  const { status, headers, body } = await callApplication(application, environOf(facts, log));
  return { status, headers, text: Buffer.from(body).toString(), log: log.join('\n') };
}

/** What a handler sees of a request. */
async function seen<T>(
  facts: Partial<RequestParts>,
  look: (request: Request) => T,
  change?: (environ: Environ) => void,
): Promise<Awaited<T>> {
  let found: Awaited<T> | undefined;
  const application = fromFetchHandler(async (request) => {
    found = await look(request);
    return new Response();
  });
  const log: string[] = [];
  const environ = environOf(facts, log);
  change?.(environ);
  const { status } = await callApplication(application, environ);
  expect([status, log]).toEqual(['200 OK', []]);
  return found as Awaited<T>;
}

const kinds = [{ request: 'light' as const }, { request: 'standard' as const }];

describe('fromFetchHandler', () => {
  it('refuses what is no handler, and options that do not exist', () => {
    expect(() => fromFetchHandler({} as never)).toThrow(/a method fetch; got a plain object/);
    expect(() => fromFetchHandler(undefined as never)).toThrow(TypeError);
    expect(() => fromFetchHandler(() => new Response(), { bindings: 1 } as never)).toThrow(
      /no option bindings/,
    );
    expect(() => fromFetchHandler(() => new Response(), { env: 1 } as never)).toThrow(/option env/);
    expect(() => fromFetchHandler(() => new Response(), { request: 'own' as never })).toThrow(
      /option request/,
    );
  });

  it('calls a method with its owner', async () => {
    const app = {
      text: 'mine',
      fetch(): Response {
        return new Response(this.text);
      },
    };
    expect((await answer(fromFetchHandler(app))).text).toBe('mine');
  });

  it('leaves the globals alone', async () => {
    const before = [Request, Response, Headers, fetch];
    const keys = [Request, Headers].map((one) => Reflect.ownKeys(one.prototype));
    await answer(fromFetchHandler(() => new Response('x')));
    expect([Request, Response, Headers, fetch]).toEqual(before);
    expect([Request, Headers].map((one) => Reflect.ownKeys(one.prototype))).toEqual(keys);
  });

  it.each([
    [
      'undefined',
      undefined,
      /got undefined: return one for every request; a router without a matching route/,
    ],
    ['a string', 'text', /got the string "text": return new Response/],
    ['a plain object', { status: 200 }, /got a plain object/],
    ['a network error', Response.error(), /network error/],
  ])('says what is wrong with %s', async (_, value, message) => {
    for (const given of [value, Promise.resolve(value)]) {
      const { status, text, log } = await answer(fromFetchHandler((() => given) as never));
      expect([status, text]).toEqual(['500 Internal Server Error', 'Internal Server Error\n']);
      expect(log).toMatch(/^GET \/: ContractError/);
      expect(log).toMatch(message);
    }
  });

  it('says that a body has been read, or is being read', async () => {
    const consumed = async (): Promise<Response> => {
      const response = new Response('x');
      await response.text();
      return response;
    };
    const locked = (): Response => {
      const response = new Response('x');
      response.body?.getReader();
      return response;
    };
    for (const handler of [consumed, locked]) {
      const { status, log } = await answer(fromFetchHandler(handler));
      expect(status).toBe('500 Internal Server Error');
      expect(log).toMatch(/body has been read already, or is being read/);
    }
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret reason');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret reason'))],
  ])('logs what a handler %s', async (_, handler) => {
    const { status, text, log } = await answer(fromFetchHandler(handler as never));
    expect([status, text]).toEqual(['500 Internal Server Error', 'Internal Server Error\n']);
    expect(log).toMatch(/GET \/: Error: secret reason\n +at /);
  });

  it('answers 400 to a Host that no URL can have', async () => {
    const handler = vi.fn<() => Response>(() => new Response('x'));
    const { status, text, log } = await answer(fromFetchHandler(handler), {
      headers: { host: 'example.com:99999' },
    });
    expect([status, text, log]).toEqual(['400 Bad Request', 'Bad Request\n', '']);
    expect(handler).not.toHaveBeenCalled();
  });

  it.each(['bad host/evil', 'user@evil.example', 'a b', '[::1', 'x\\y'])(
    'takes the name of the server for the Host %j, which is none',
    async (host) => {
      const application = fromFetchHandler(({ url }) => new Response(url));
      const { status, text } = await answer(application, { headers: { host }, rawPath: '/x' });
      expect([status, text]).toEqual(['200 OK', 'https://localhost/x']);
    },
  );

  it('drops headers of the connection, and fills in the reason', async () => {
    const headers = {
      connection: 'close',
      'transfer-encoding': 'chunked',
      'keep-alive': 'x',
      a: 'b',
    };
    const application = fromFetchHandler(() => new Response('x', { status: 404, headers }));
    const { status, headers: sent } = await answer(application);
    expect(status).toBe('404 Not Found');
    expect(sent).toEqual([
      ['a', 'b'],
      ['content-type', 'text/plain;charset=UTF-8'],
      ['Content-Length', '1'],
    ]);
    const own = fromFetchHandler(() => new Response(null, { status: 299, statusText: 'Odd' }));
    expect((await answer(own)).status).toBe('299 Odd');
  });

  it('knows the length of what is there already, and of nothing else', async () => {
    const lengthOf = async (body: Body): Promise<string | undefined> => {
      const { headers } = await answer(fromFetchHandler(() => new Response(body)));
      return new Map(headers as [string, string][]).get('Content-Length');
    };
    expect(await lengthOf('h\u00e9')).toBe('3');
    expect(await lengthOf(utf8('bytes'))).toBe('5');
    expect(await lengthOf(new URLSearchParams({ a: '1' }))).toBe('3');
    expect(await lengthOf('')).toBe('0');
    expect(await lengthOf(null)).toBe('0');
    const later = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(utf8('one'));
        await pause(1);
        controller.close();
      },
    });
    expect(await lengthOf(later)).toBeUndefined();
  });

  it('sends what is left of a response that was cloned, and no response twice', async () => {
    const texts = async (made: () => Response | Promise<Response>): Promise<string[]> => {
      const application = fromFetchHandler(made);
      return [(await answer(application)).text, (await answer(application)).text];
    };
    for (const body of ['cloned', utf8('cloned')]) {
      const cloned = async (readBefore: boolean): Promise<Response> => {
        const response = new Response(body);
        const clone = response.clone();
        if (readBefore) await clone.text();
        return response;
      };
      expect(await texts(() => cloned(true))).toEqual(['cloned', 'cloned']);
      expect(await texts(() => cloned(false))).toEqual(['cloned', 'cloned']);
      const once = new Response(body);
      expect(await texts(() => once)).toEqual(['cloned', 'Internal Server Error\n']);
      expect(once.bodyUsed).toBe(true);
    }
  });

  it('sends the body that a class of its own shows', async () => {
    class Shouting extends Response {}
    Object.defineProperty(Shouting.prototype, 'body', { get: () => new Blob(['LOUD']).stream() });
    expect((await answer(fromFetchHandler(() => new Shouting('loud')))).text).toBe('LOUD');
  });

  it('takes a response of another class', async () => {
    const { buffer } = utf8('other');
    class Other {
      status = 201;
      statusText = '';
      headers = new Map([['x', 'y']]);
      body = new Blob([buffer as ArrayBuffer]).stream();
    }
    const { status, headers, text } = await answer(fromFetchHandler(() => new Other() as never));
    expect([status, headers, text]).toEqual(['201 Created', [['x', 'y']], 'other']);
  });
});

describe('the second argument', () => {
  it('has the environ, the platform’s event and context, twice', async () => {
    const application = fromFetchHandler((_request, env: FetchContext, context: FetchContext) => {
      expect(env).toBe(context);
      env.passThroughOnException();
      return Response.json([env.environ.PATH_INFO, env.event, env.context]);
    });
    const environ = environOf({ rawPath: '/x' });
    environ['gatecall.event'] = { is: 'event' };
    environ['gatecall.context'] = { is: 'context' };
    const { body } = await callApplication(application, environ);
    expect(JSON.parse(Buffer.from(body).toString())).toEqual([
      '/x',
      { is: 'event' },
      { is: 'context' },
    ]);
  });

  it('is what the option env makes', async () => {
    const application = fromFetchHandler<{ path: string }>(
      (_request, env, context) => Response.json([env, typeof context.waitUntil]),
      { env: (environ) => ({ path: environ.PATH_INFO }) },
    );
    expect((await answer(application, { rawPath: '/p' })).text).toBe('[{"path":"/p"},"function"]');
  });

  it('has a waitUntil that is gatecall.after, with or without its owner', async () => {
    const after: unknown[] = [];
    const environ = environOf();
    environ['gatecall.after'] = (work: Promise<unknown>) => after.push(work);
    await callApplication(
      fromFetchHandler((_request, context) => {
        const { waitUntil } = context;
        waitUntil(Promise.resolve(1));
        context.waitUntil(Promise.resolve(2));
        return new Response();
      }),
      environ,
    );
    expect(await Promise.all(after)).toEqual([1, 2]);
  });

  it('logs failed work where the server has no gatecall.after', async () => {
    const log: string[] = [];
    const application = fromFetchHandler((_request, { waitUntil }) => {
      waitUntil(Promise.reject(new Error('later')));
      return new Response();
    });
    await callApplication(application, environOf({}, log));
    await pause(1);
    expect(log.join('')).toMatch(/work after the response failed\nError: later/);
  });
});

describe.each(kinds)('a $request request', ({ request: kind }) => {
  const bridge = (handler: (request: Request) => Response | Promise<Response>): Application =>
    fromFetchHandler(handler, { request: kind });

  it('is a Request', async () => {
    const { text } = await answer(
      bridge((request) =>
        Response.json([
          request instanceof Request,
          request.headers instanceof Headers,
          request.constructor === Request,
          Object.prototype.toString.call(request),
          request.signal instanceof AbortSignal,
        ]),
      ),
    );
    expect(text).toBe('[true,true,true,"[object Request]",true]');
  });

  it('reads its body in every way', async () => {
    const post = {
      method: 'POST',
      headers: { host: 'h.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: utf8('a=1'),
    };
    for (const [read, wanted] of [
      [(request: Request) => request.text(), 'a=1'],
      [async (request: Request) => Buffer.from(await request.arrayBuffer()).toString(), 'a=1'],
      [async (request: Request) => (await request.blob()).text(), 'a=1'],
      [async (request: Request) => (await request.formData()).get('a') as string, '1'],
      [(request: Request) => request.clone().text(), 'a=1'],
      [(request: Request) => new Response(request.body).text(), 'a=1'],
    ] as const) {
      const { text, log } = await answer(
        bridge(async (request) => new Response(await read(request))),
        post,
      );
      expect([text, log]).toEqual([wanted, '']);
    }
  });

  it('is the init of another, and can be cloned', async () => {
    const application = bridge(async (request) => {
      const clone = request.clone();
      const other = new Request(new URL('/other', request.url), request);
      return Response.json([
        clone instanceof Request,
        other.url,
        other.method,
        other.headers.get('x-tag'),
        await other.text(),
        await clone.text(),
      ]);
    });
    const { text, log } = await answer(application, {
      method: 'PUT',
      headers: { host: 'example.com', 'x-tag': 'one' },
      body: utf8('body'),
    });
    expect(log).toBe('');
    expect(JSON.parse(text)).toEqual([
      true,
      'https://example.com/other',
      'PUT',
      'one',
      'body',
      'body',
    ]);
  });

  it('gives bytes away that are nobody else’s', async () => {
    const event = Buffer.from('xabcx');
    const facts = { method: 'POST', body: event.subarray(1, 4) };
    await answer(
      bridge(async (request) => {
        const buffer = await request.arrayBuffer();
        expect(buffer.byteLength).toBe(3);
        new Uint8Array(buffer).fill(0);
        return new Response();
      }),
      facts,
    );
    expect(event.toString()).toBe('xabcx');
  });

  it('aborts with gatecall.signal', async () => {
    const controller = new AbortController();
    const environ = environOf();
    environ['gatecall.signal'] = controller.signal;
    let aborted: unknown;
    await callApplication(
      bridge(async ({ signal }) => {
        setTimeout(() => controller.abort('gone'), 1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted = signal.reason;
        return new Response();
      }),
      environ,
    );
    expect(aborted).toBe('gone');
  });

  it('streams its body in while the response streams out', async () => {
    const given: string[] = [];
    async function* blocks(): AsyncGenerator<Uint8Array> {
      for (const part of ['one', 'two', 'three']) {
        given.push(`in ${part}`);
        yield utf8(part);
        await pause(5);
      }
    }
    const transport: Transport = {
      begin: () => void given.push('begin'),
      send: (block) => void given.push(`out ${Buffer.from(block).toString()}`),
      end: () => void given.push('end'),
      abort: () => void given.push('abort'),
    };
    const log: string[] = [];
    const environ = environOf({ method: 'POST', input: streamedInput(blocks()) }, log);
    // Blocks of any size: a read of an input fills its buffer, so this looks at the order of the
    // ends only.
    await callApplication(
      bridge((request) => new Response(request.body)),
      environ,
      { transport },
    );
    expect(log).toEqual([]);
    expect(given.at(-1)).toBe('end');
    expect(
      given
        .filter((line) => line.startsWith('out'))
        .join('')
        .replaceAll('out ', ''),
    ).toBe('onetwothree');
  });
});

describe('the light request', () => {
  const light = <T>(
    facts: Partial<RequestParts>,
    look: (request: Request) => T,
    change?: (environ: Environ) => void,
  ): Promise<Awaited<T>> => seen(facts, look, change);

  it.each([
    ['/a%2Fb/%7Ec//d', 'x=%20&flag&y', 'http://example.com/a%2Fb/%7Ec//d?x=%20&flag&y'],
    ['/caf%C3%A9', undefined, 'http://example.com/caf%C3%A9'],
    ['/a/../b/./%2e%2E/c', undefined, 'http://example.com/c'],
    ['//evil.example/x', undefined, 'http://example.com//evil.example/x'],
    ['/%zz%', 'q=%', 'http://example.com/%zz%?q=%'],
    ['/"<>`{}', '"<>\'', 'http://example.com/%22%3C%3E%60%7B%7D?%22%3C%3E%27'],
    ['*', undefined, 'http://example.com/*'],
  ])('of %s ? %s has the URL the standard gives it', async (rawPath, query, url) => {
    const found = await light({ rawPath, query, scheme: 'http' }, (request) => request.url);
    expect(found).toBe(url);
    expect(new Request(found).url).toBe(url);
  });

  it.each([
    ['EXAMPLE.com', 'https://example.com/'],
    ['example.com:443', 'https://example.com/'],
    ['example.com:8443', 'https://example.com:8443/'],
    ['127.1', 'https://127.0.0.1/'],
    ['[::1]:80', 'https://[::1]:80/'],
    ['localhost', 'https://localhost/'],
    ['a_b.example', 'https://a_b.example/'],
  ])('of the host %s has the URL the standard gives it', async (host, url) => {
    expect(await light({ headers: { host } }, (request) => request.url)).toBe(url);
  });

  it('has the URL below the mount, and follows a middleware that moves the path', async () => {
    expect(
      await light(
        { rawPath: '/items/%2F' },
        (request) => request.url,
        (environ) => {
          environ.SCRIPT_NAME = '/shop';
        },
      ),
    ).toBe('https://example.com/items/%2F');
    expect(
      await light(
        { rawPath: '/old/%2F' },
        (request) => request.url,
        (environ) => {
          environ.PATH_INFO = '/new path';
        },
      ),
    ).toBe('https://example.com/new%20path');
  });

  it('looks headers up without making a list, and makes one when it must', async () => {
    const headers = { host: 'example.com', 'X-Tag': 'one', 'Content-Type': 'a/b', accept: 'x' };
    const found = await light({ method: 'POST', headers, body: utf8('x') }, (request) => {
      const { headers } = request;
      const first = [
        headers.get('x-tag'),
        headers.get('CONTENT-TYPE'),
        headers.has('http-accept'),
        headers.get('x_tag'),
        headers.get('method'),
      ];
      headers.append('x-tag', 'two');
      headers.delete('accept');
      return [first, [...headers]];
    });
    expect(found).toEqual([
      ['one', 'a/b', false, null, null],
      [
        ['content-length', '1'],
        ['content-type', 'a/b'],
        ['host', 'example.com'],
        ['x-tag', 'one, two'],
      ],
    ]);
  });

  it('has no header that the environ has not from the client', async () => {
    const names = await light({ remoteAddress: '192.0.2.1', remoteUser: 'me' }, ({ headers }) => [
      ...headers.keys(),
    ]);
    expect(names).toEqual(['host']);
  });

  it('can be shown', async () => {
    const { inspect } = await import('node:util');
    const text = await light({ rawPath: '/x' }, (request) => inspect(request));
    expect(text).toMatch(/^Request \{/);
    expect(text).toContain("url: 'https://example.com/x'");
  });
});

describe('a streamed body', () => {
  const transport = (
    seenBlocks: string[],
    onBlock?: () => void,
  ): Transport & { broke: unknown } => ({
    broke: undefined,
    begin: () => undefined,
    send(block) {
      seenBlocks.push(Buffer.from(block).toString());
      onBlock?.();
    },
    end: () => void seenBlocks.push('end'),
    abort(error) {
      this.broke = error;
    },
  });

  it('is pulled block by block, and cancelled when the client goes', async () => {
    let pulled = 0;
    let cancelled = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(utf8(String(pulled)));
        },
        cancel: () => void cancelled++,
      },
      { highWaterMark: 0 },
    );
    const client = new AbortController();
    const blocks: string[] = [];
    await callApplication(
      fromFetchHandler(() => new Response(body)),
      environOf(),
      {
        transport: transport(blocks, () => blocks.length === 3 && client.abort()),
        signal: client.signal,
      },
    );
    expect(blocks).toEqual(['1', '2', '3']);
    expect([pulled <= 4, cancelled]).toEqual([true, 1]);
  });

  it('is cancelled for HEAD', async () => {
    let cancelled = 0;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(utf8('x')),
      cancel: () => void cancelled++,
    });
    const { status, text } = await answer(
      fromFetchHandler(() => new Response(body)),
      { method: 'HEAD' },
    );
    expect([status, text, cancelled]).toEqual(['200 OK', '', 1]);
  });

  it('that fails before its first block is a 500, and breaks the response after it', async () => {
    const failing = (first: boolean): ReadableStream =>
      new ReadableStream(
        {
          async pull(controller) {
            if (first) controller.enqueue(utf8('one'));
            else controller.error(new Error('broke off'));
            first = false;
          },
        },
        { highWaterMark: 0 },
      );
    const early = await answer(fromFetchHandler(() => new Response(failing(false))));
    expect([early.status, early.text]).toEqual([
      '500 Internal Server Error',
      'Internal Server Error\n',
    ]);
    expect(early.log).toMatch(/Error: broke off/);
    const blocks: string[] = [];
    const log: string[] = [];
    const late = transport(blocks);
    await callApplication(
      fromFetchHandler(() => new Response(failing(true))),
      environOf({}, log),
      { transport: late },
    );
    expect([blocks, late.broke]).toEqual([['one'], new Error('broke off')]);
    expect(log.join('')).toMatch(/Error: broke off/);
  });

  it('that comes too late, or with headers that cannot be sent, is cancelled', async () => {
    const cancelled: unknown[] = [];
    const open = (name: string): ReadableStream =>
      new ReadableStream({ cancel: () => void cancelled.push(name) });
    const { status, log } = await answer(
      fromFetchHandler(() => new Response(open('header'), { headers: { a: 'x\u0001' } })),
    );
    expect([status, cancelled]).toEqual(['500 Internal Server Error', ['header']]);
    expect(log).toMatch(/the value of header a has a control character/);

    const deadline = new AbortController();
    setTimeout(() => deadline.abort(new DeadlineExceeded('no time left')), 1);
    const late = await callApplication(
      fromFetchHandler(async () => {
        await pause(10);
        return new Response(open('late'));
      }),
      environOf(),
      { signal: deadline.signal },
    );
    expect(late.status).toBe('504 Gateway Timeout');
    await pause(20);
    expect(cancelled).toEqual(['header', 'late']);
  });

  it('of text is refused with a word to the author', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue('text') });
    const { status, log } = await answer(fromFetchHandler(() => new Response(body)));
    expect(status).toBe('500 Internal Server Error');
    expect(log).toMatch(/Uint8Array blocks; got the string "text"/);
  });
});

describe('concurrent requests', () => {
  it('never meet', async () => {
    const application = fromFetchHandler(async (request, context) => {
      await pause(Math.random() * 5);
      return new Response(
        `${new URL(request.url).pathname} ${request.headers.get('x-n')} ${context.environ.PATH_INFO}`,
      );
    });
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        callApplication(
          application,
          environOf({ rawPath: `/${n}`, headers: { host: 'h.example', 'x-n': String(n) } }),
        ),
      ),
    );
    expect(all.map(({ body }) => Buffer.from(body).toString())).toEqual(
      all.map((_, n) => `/${n} ${n} /${n}`),
    );
  });
});
