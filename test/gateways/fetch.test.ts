/**
 * What the table cannot ask: hosts' own arguments, odd URLs, and the response as a host handles it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FetchOptions, platforms, toFetchHandler } from '../../src/gateways/fetch.ts';
import { json, text } from '../../src/core/response/answers.ts';
import type { Application, Environ } from '../../src/types.ts';

const utf8 = (content: string): Uint8Array => new TextEncoder().encode(content);
const PAGE = 'https://example.com/items?a=1';

/** What an application finds in its environ. */
async function environOf(
  request: Request,
  given: readonly unknown[] = [],
  options: FetchOptions = {},
): Promise<Environ> {
  let found: Environ | undefined;
  const application: Application = (environ, startResponse) => {
    found = environ;
    return text('ok')(environ, startResponse);
  };
  const response = await toFetchHandler(application, options)(request, ...given);
  expect([response.status, await response.text()]).toEqual([200, 'ok']);
  return found as Environ;
}

/** As hosts hand it over that leave the URL as it was sent. */
function rawRequest(url: string, init: RequestInit = {}): Request {
  return Object.defineProperties(new Request('https://example.com/', init), {
    url: { value: url },
    method: { value: init.method ?? 'GET' },
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('options', () => {
  it('are checked at once', () => {
    const application = text('x');
    expect(() => toFetchHandler(undefined as never)).toThrow(/an application is a function/);
    expect(() => toFetchHandler(application, { timeout: 1 } as never)).toThrow(
      /no option timeout; it has basePath/,
    );
    expect(() => toFetchHandler(application, { platform: 'heroku' as never })).toThrow(
      /cannot use the string "heroku" as option platform/,
    );
    expect(() => toFetchHandler(application, { basePath: 'x' })).toThrow(TypeError);
    expect(() => toFetchHandler(application, { constructor: 1 } as never)).toThrow(
      /no option constructor/,
    );
  });

  it('basePath moves to SCRIPT_NAME', async () => {
    const environ = await environOf(new Request('https://example.com/shop/items'), [], {
      basePath: '/shop/',
    });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/shop', '/items']);
  });

  it('throwErrors: true rejects, and logs', async () => {
    const log: string[] = [];
    const options = { throwErrors: true, log: (line: string) => log.push(line) } as const;
    const handler = toFetchHandler(() => {
      throw new Error('on purpose');
    }, options);
    await expect(handler(new Request(PAGE))).rejects.toThrow('on purpose');
    expect(log.join('')).toMatch(/GET \/items\?a=1: Error: on purpose/);
  });

  it('without a request there is a word to the caller', async () => {
    await expect(toFetchHandler(text('x'))({} as never)).rejects.toThrow(/called with a Request/);
  });
});

describe('the URL', () => {
  it.each([
    ['https://example.com/a/../b/./%2e/x', '/a/../b/./%2e/x', '', 'https', '443'],
    ['http://example.com//double?a?b', '//double', 'a?b', 'http', '80'],
    ['https://example.com:8443?q', '/', 'q', 'https', '8443'],
    ['HTTPS://example.com/x#frag?no', '/x', '', 'https', '443'],
    ['https://example.com/%zz%', '/%zz%', '', 'https', '443'],
  ])('%s is taken apart by hand', async (url, path, query, scheme, port) => {
    const environ = await environOf(rawRequest(url));
    expect([
      environ['gatecall.raw_path'],
      environ.QUERY_STRING,
      environ['wsgi.url_scheme'],
      environ.SERVER_NAME,
      environ.SERVER_PORT,
    ]).toEqual([path, query, scheme, 'example.com', port]);
  });

  it.each(['http://example.com*', 'http://*'])('%s is the target * of OPTIONS', async (url) => {
    const environ = await environOf(rawRequest(url, { method: 'OPTIONS' }));
    expect([environ.PATH_INFO, environ.REQUEST_URI]).toEqual(['*', '*']);
  });

  it.each([
    [
      'a Host with text of a path in it',
      rawRequest('http://bad host/evil/h', { headers: { host: 'bad host/evil' } }),
    ],
    ['an authority that is none', rawRequest('http://bad host/evil/h')],
    ['a user and password', rawRequest('http://me:secret@example.com/')],
    ['no authority', rawRequest('/x?y')],
  ])('with %s gets 400, and no application sees it', async (_, request) => {
    const application = vi.fn<Application>(text('x'));
    const response = await toFetchHandler(application)(request);
    expect([response.status, await response.text()]).toEqual([400, 'Bad Request\n']);
    expect(application).not.toHaveBeenCalled();
  });
});

describe('platforms', () => {
  const ask = (headers: Record<string, string> = {}): Request => new Request(PAGE, { headers });

  it.each([
    [
      'cloudflare',
      ask({ 'cf-connecting-ip': '192.0.2.1' }),
      [{ KEY: 'env' }, { waitUntil: () => undefined }],
      '192.0.2.1',
    ],
    [
      'deno',
      ask(),
      [{ remoteAddr: { hostname: '192.0.2.2', port: 4711, transport: 'tcp' } }],
      '192.0.2.2',
    ],
    [
      'bun',
      ask(),
      [{ requestIP: (): object => ({ address: '192.0.2.3', port: 4712 }) }],
      '192.0.2.3',
    ],
    ['bun', ask(), [{ requestIP: (): null => null }], undefined],
    ['vercel', ask({ 'x-real-ip': '192.0.2.4', 'x-forwarded-for': '1.1.1.1' }), [], '192.0.2.4'],
    ['vercel', ask({ 'x-forwarded-for': '192.0.2.5, 10.0.0.1' }), [], '192.0.2.5'],
    ['netlify', ask(), [{ ip: '192.0.2.6' }], '192.0.2.6'],
    ['fastly', ask(), [{}, { client: { address: '192.0.2.7' } }], '192.0.2.7'],
    ['bunny', ask({ 'x-real-ip': '192.0.2.8' }), [], '192.0.2.8'],
  ] as const)('%s tells the address', async (platform, request, given, address) => {
    const environ = await environOf(request, given, { platform });
    expect(environ.REMOTE_ADDR).toBe(address);
    expect((environ['gatecall.platform'] as { name: string }).name).toBe(platform);
  });

  it('hand over their other arguments, never in the environ itself', async () => {
    const env = { KEY: 'secret' };
    const context = { waitUntil: () => undefined };
    const environ = await environOf(ask(), [env, context], { platform: 'cloudflare' });
    expect(environ['gatecall.platform']).toEqual({ name: 'cloudflare', env, context });
    expect(environ['gatecall.context']).toBe(context);
    expect(environ['KEY']).toBeUndefined();
    expect((await environOf(ask(), ['info'], { platform: 'deno' }))['gatecall.context']).toBe(
      'info',
    );
  });

  it('tell port and protocol where they know them', async () => {
    const info = { remoteAddr: { hostname: '192.0.2.2', port: 4711 } };
    expect((await environOf(ask(), [info], { platform: 'deno' })).REMOTE_PORT).toBe('4711');
    const request = Object.assign(ask(), { cf: { httpProtocol: 'HTTP/2' } });
    expect((await environOf(request, [], { platform: 'cloudflare' })).SERVER_PROTOCOL).toBe(
      'HTTP/2',
    );
  });

  it('trust no header unless they are named', async () => {
    const headers = {
      'cf-connecting-ip': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-forwarded-for': '6.6.6.6',
    };
    expect((await environOf(ask(headers))).REMOTE_ADDR).toBeUndefined();
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    expect((await environOf(ask(headers))).REMOTE_ADDR).toBeUndefined();
    expect(
      (await environOf(ask(headers), [{ ip: '1.2.3.4' }], { platform: platforms.netlify }))
        .REMOTE_ADDR,
    ).toBe('1.2.3.4');
  });

  it.each([
    ['Deno/2.9.6', 'deno'],
    ['Bun/1.4.5', 'bun'],
    ['Cloudflare-Workers', 'cloudflare'],
    ['Node.js/20', 'fetch'],
  ])('are recognised: %s', async (userAgent, name) => {
    vi.stubGlobal('navigator', { userAgent });
    const environ = await environOf(ask(), [{}]);
    expect((environ['gatecall.platform'] as { name: string }).name).toBe(name);
  });

  it('repair what Workers do to cookies, and to bytes', async () => {
    const lines = [
      ['cookie', 'a=1, b=2; c=3, d'],
      ['x-name', 'caf\u00e9'],
    ] as const;
    const headers = {
      get: () => null,
      forEach: (each: (value: string, name: string) => void) => {
        for (const [name, value] of lines) each(value, name);
      },
    };
    const environ = await environOf(
      Object.defineProperty(ask(), 'headers', { value: headers }),
      [],
      { platform: 'cloudflare' },
    );
    expect([environ.HTTP_COOKIE, environ.HTTP_X_NAME]).toEqual([
      'a=1; b=2; c=3, d',
      'caf\u00c3\u00a9',
    ]);
    const answer: Application = (_environ, startResponse) => {
      startResponse('200 Bien s\u00c3\u00bbr', [['X-Name', 'caf\u00c3\u00a9']]);
      return [];
    };
    const response = await toFetchHandler(answer, { platform: 'cloudflare' })(ask());
    expect(response.headers.get('x-name')).toBe('caf\u00e9');
  });
});

describe('waitUntil', () => {
  it.each([
    ['Workers, as the third argument', (context: unknown) => [{}, context]],
    ['Vercel and Netlify, as the second', (context: unknown) => [context]],
  ])('of %s is gatecall.after', async (_, given) => {
    const waiting: Promise<unknown>[] = [];
    class Context {
      #own = waiting;
      // Unbound, this would throw as Workers' own does.
      waitUntil(work: Promise<unknown>): void {
        this.#own.push(work);
      }
    }
    const log: string[] = [];
    const application: Application = (environ, startResponse) => {
      const after = environ['gatecall.after'] as (work: Promise<unknown>) => void;
      after(pause(5).then(() => log.push('done')));
      after(Promise.reject(new Error('too late')));
      startResponse('200 OK', []);
      return [utf8('o'), utf8('k')];
    };
    const options = { log: (line: string) => void log.push(line) };
    const response = await toFetchHandler(application, options)(
      new Request(PAGE),
      ...given(new Context()),
    );
    expect(await response.text()).toBe('ok');
    await Promise.all(waiting);
    // The two, and the response itself, whose end may come after its last byte.
    expect(waiting).toHaveLength(3);
    expect(log).toContain('done');
    expect(log.join('\n')).toMatch(/work after the response failed\nError: too late/);
  });

  it('has no response to wait for that was there at once', async () => {
    const waitUntil = vi.fn<() => void>();
    const response = await toFetchHandler(text('ok'))(new Request(PAGE), { waitUntil });
    expect([await response.text(), waitUntil.mock.calls]).toEqual(['ok', []]);
  });

  it('that is missing leaves the work to the process', async () => {
    const log: string[] = [];
    const application: Application = (environ, startResponse) => {
      (environ['gatecall.after'] as (work: Promise<unknown>) => void)(
        Promise.reject(new Error('alone')),
      );
      return text('ok')(environ, startResponse);
    };
    await toFetchHandler(application, { log: (line) => void log.push(line) })(new Request(PAGE), {
      remoteAddr: {},
    });
    await pause(1);
    expect(log.join('')).toMatch(/Error: alone/);
  });
});

describe('the request body', () => {
  const echo: Application = async (environ, startResponse) => {
    const body = await environ['wsgi.input'].read();
    return json([environ.CONTENT_LENGTH ?? null, Buffer.from(body).toString()])(
      environ,
      startResponse,
    );
  };

  it('is absent when the host has none, whatever the header says', async () => {
    const request = new Request(PAGE, { headers: { 'content-length': '3' } });
    expect(await (await toFetchHandler(echo)(request)).json()).toEqual(['0', '']);
  });

  it('has no length when it is sent in chunks, and is not read before it is asked for', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (++pulled > 2) controller.close();
          else controller.enqueue(utf8('ab'));
        },
      },
      { highWaterMark: 0 },
    );
    const init = { method: 'POST', body, duplex: 'half' } as const;
    await toFetchHandler(text('unread'))(new Request(PAGE, init));
    expect(pulled).toBe(0);
    const again = new Request(PAGE, { ...init, body: new Blob(['abab']).stream() });
    expect(await (await toFetchHandler(echo)(again)).json()).toEqual([null, 'abab']);
  });

  it('that breaks off makes the read fail', async () => {
    const log: string[] = [];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('reset')),
    });
    const request = new Request(PAGE, { method: 'POST', body, duplex: 'half' });
    let failure: unknown;
    const application: Application = async (environ, startResponse) => {
      await environ['wsgi.input'].read().catch((error: unknown) => (failure = error));
      return text('ok')(environ, startResponse);
    };
    await toFetchHandler(application, { log: (line) => void log.push(line) })(request);
    expect(failure).toMatchObject({ name: 'ClientDisconnected', cause: new Error('reset') });
  });
});

describe('the response', () => {
  it('is asked for block by block', async () => {
    const made: string[] = [];
    function* blocks(): Generator<Uint8Array> {
      for (const part of ['one', 'two', 'three']) {
        made.push(part);
        yield utf8(part);
      }
    }
    const handler = toFetchHandler((_environ, startResponse) => {
      startResponse('200 OK', []);
      return blocks();
    });
    const { body } = await handler(new Request(PAGE));
    const reader = body?.getReader();
    await pause(5);
    expect(made).toEqual(['one']);
    await reader?.read();
    await pause(5);
    expect(made).toEqual(['one']);
    await reader?.read();
    await pause(5);
    expect(made).toEqual(['one', 'two']);
    await reader?.read();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('that is cancelled closes the body, and aborts gatecall.signal', async () => {
    let closed = 0;
    let signal: AbortSignal | undefined;
    const handler = toFetchHandler((environ, startResponse) => {
      signal = environ['gatecall.signal'] as AbortSignal;
      startResponse('200 OK', []);
      return {
        async *[Symbol.asyncIterator]() {
          for (;;) yield utf8('on and on');
        },
        close: () => void closed++,
      };
    });
    const { body } = await handler(new Request(PAGE));
    const reader = body?.getReader();
    await reader?.read();
    expect([closed, signal?.aborted]).toEqual([0, false]);
    await reader?.cancel();
    expect([closed, signal?.aborted]).toEqual([1, true]);
  });

  it('that has ended takes no notice of what the host aborts afterwards', async () => {
    const client = new AbortController();
    let signal: AbortSignal | undefined;
    const handler = toFetchHandler((environ, startResponse) => {
      signal = environ['gatecall.signal'] as AbortSignal;
      return text('ok')(environ, startResponse);
    });
    const response = await handler(new Request(PAGE, { signal: client.signal }));
    expect(await response.text()).toBe('ok');
    await pause(1);
    client.abort();
    expect(signal?.aborted).toBe(false);
  });

  it('has two cookies, and no body for HEAD, 204, 205 and 304', async () => {
    const cookies: Application = (environ, startResponse) => {
      startResponse(environ.QUERY_STRING.replace('+', ' ') || '200 OK', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      return environ.QUERY_STRING.startsWith('20') || environ.REQUEST_METHOD === 'HEAD'
        ? [utf8('body')]
        : [];
    };
    for (const [method, status] of [
      ['HEAD', '200+OK'],
      ['GET', '204+No'],
      ['GET', '205+Reset'],
      ['GET', '304+Not'],
    ] as const) {
      const response = await toFetchHandler(cookies)(
        new Request(`https://example.com/?${status}`, { method }),
      );
      expect([response.status, response.body]).toEqual([Number(status.slice(0, 3)), null]);
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    }
  });

  it('with a status that no Response has is a 500', async () => {
    const log: string[] = [];
    const application: Application = (_environ, startResponse) => {
      startResponse('700 Odd', []);
      return [utf8('x')];
    };
    const response = await toFetchHandler(application, { log: (line) => void log.push(line) })(
      new Request(PAGE),
    );
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect(log.join('')).toMatch(/RangeError: a Response has a status up to 599; got 700 Odd/);
  });

  it('keeps its length on Workers through a FixedLengthStream', async () => {
    const lengths: number[] = [];
    vi.stubGlobal(
      'FixedLengthStream',
      class extends TransformStream {
        constructor(length: number) {
          super();
          lengths.push(length);
        }
      },
    );
    const inTwo: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [utf8('fo'), utf8('ur')];
    };
    const response = await toFetchHandler(inTwo)(new Request(PAGE));
    expect([await response.text(), lengths]).toEqual(['four', [4]]);
    // A block that is all needs no stream, and so nobody to vouch for it.
    const inOne = await toFetchHandler(text('four'))(new Request(PAGE));
    expect([await inOne.text(), lengths]).toEqual(['four', [4]]);
  });

  it('needs no Content-Type, and gets none', async () => {
    const bare: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [utf8('x')];
    };
    expect([...(await toFetchHandler(bare)(new Request(PAGE))).headers.keys()]).toEqual([
      'content-length',
    ]);
  });
});
