/** What the conformance table does not ask of `toNodeListener`, over real sockets. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { AfterFunction } from '../../../src/core/after.ts';
import { ClientDisconnected } from '../../../src/core/errors.ts';
import { type NodeOptions, toNodeListener } from '../../../src/gateways/node.ts';
import { testRequest, textOf, type TestRequestOptions } from '../../../src/aws-model/message.ts';
import type { Application, Environ } from '../../../src/types.ts';
import { openConnection, send } from '../../http-client.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Fixture {
  port: number;
  log: string[];
  get: (options?: TestRequestOptions) => ReturnType<typeof send>;
  /** Sends bytes, gives back all that comes until the server closes or `until` has come. */
  raw: (text: string, until?: string) => Promise<string>;
}

async function serving(application: Application, options: NodeOptions = {}): Promise<Fixture> {
  const log: string[] = [];
  const listener = toNodeListener(application, { log: (line) => log.push(line), ...options });
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    log,
    get: (request = {}) =>
      send(
        { http: { port } },
        testRequest({ ...request, headers: request.headers ?? [['Host', 'h']] }),
      ),
    async raw(text, until) {
      const connection = await openConnection({ port });
      stops.push(() => connection.destroy());
      await connection.write(Buffer.from(text, 'latin1'));
      let all = '';
      for (;;) {
        const block = await connection.read();
        all += Buffer.from(block).toString('latin1');
        if (block.length === 0 || (until !== undefined && all.includes(until))) return all;
      }
    },
  };
}

/** Answers with what `tell` says of the environ. */
const telling =
  (tell: (environ: Environ) => unknown): Application =>
  async (environ, startResponse) => {
    const told = JSON.stringify(await tell(environ));
    startResponse('200 OK', [['Content-Type', 'application/json']]);
    return [bytes(told)];
  };

describe('requests that two servers could read differently', () => {
  it.each([
    ['two Host headers', 'GET / HTTP/1.1', 'Host: a\r\nHost: a', 400],
    ['a Host with a path', 'GET / HTTP/1.1', 'Host: a/b', 400],
    ['a Host with user information', 'GET / HTTP/1.1', 'Host: user@a', 400],
    [
      'two Content-Types',
      'POST / HTTP/1.1',
      'Host: a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0',
      400,
    ],
    [
      'two Authorizations',
      'GET / HTTP/1.1',
      'Host: a\r\nAuthorization: A\r\nAuthorization: B',
      400,
    ],
    [
      'a transfer coding under HTTP/1.0',
      'POST / HTTP/1.0',
      'Host: a\r\nTransfer-Encoding: chunked',
      400,
    ],
    [
      'a transfer coding that only looks like chunked',
      'POST / HTTP/1.1',
      'Host: a\r\nTransfer-Encoding: xchunked',
      400,
    ],
    [
      'a transfer coding under another',
      'POST / HTTP/1.1',
      'Host: a\r\nTransfer-Encoding: gzip, chunked',
      501,
    ],
    ['an absolute target with user information', 'GET http://user@a/ HTTP/1.1', 'Host: a', 400],
    [
      'a length beside a transfer coding',
      'POST / HTTP/1.1',
      'Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1', 'Host: a\r\nContent-Length: 3\r\nContent-Length: 3', 400],
    ['a folded header line', 'GET / HTTP/1.1', 'Host: a\r\nX: 1\r\n 2', 400],
    ['a space before the colon', 'POST / HTTP/1.1', 'Host: a\r\nTransfer-Encoding : chunked', 400],
  ])('%s: refused, and the connection closed', async (_name, line, headers, status) => {
    let called = false;
    const { raw } = await serving((environ, startResponse) => {
      called = true;
      return telling(() => 'called')(environ, startResponse);
    });
    const body = status === 501 ? '0\r\n\r\n' : '';
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const answer = await raw(`${line}\r\n${headers}\r\n\r\n${body}${smuggled}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.match(/^HTTP/gm)).toHaveLength(1);
    expect(called).toBe(false);
  });

  it('of an absolute target the authority counts, also where there is no Host', async () => {
    const { raw } = await serving(telling((environ) => [environ.HTTP_HOST, environ.PATH_INFO]));
    const answer = await raw('GET http://h.example:81 HTTP/1.0\r\n\r\n');
    expect(answer).toContain('["h.example:81","/"]');
  });
});

describe('bodies', () => {
  it('that an application reads half of do not spoil the connection', async () => {
    const { raw } = await serving(
      telling(async (environ) => [(await environ['wsgi.input'].read(3)).length, environ.PATH_INFO]),
    );
    const body = 'x'.repeat(300_000);
    const first = `POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const answer = await raw(`${first}GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain('[3,"/1"]');
    expect(answer).toContain('[0,"/2"]');
  });

  it('longer than maxBody by their own word are answered 413 before the application runs', async () => {
    let called = false;
    const { get } = await serving(
      (environ, startResponse) => {
        called = true;
        return telling(() => '')(environ, startResponse);
      },
      { maxBody: 10 },
    );
    const headers = [
      ['Host', 'a'],
      ['Content-Length', '11'],
    ] as const;
    const { status } = await get({ method: 'POST', headers, body: 'x'.repeat(11) });
    expect(status).toBe(413);
    expect(called).toBe(false);
    expect(
      (
        await get({
          method: 'POST',
          headers: [
            ['Host', 'a'],
            ['Content-Length', '10'],
          ],
          body: 'x'.repeat(10),
        })
      ).status,
    ).toBe(200);
  });

  it('that turn out longer than maxBody are answered 413, and reading them fails', async () => {
    const failures: unknown[] = [];
    const { raw, log } = await serving(
      telling((environ) =>
        environ['wsgi.input'].read().catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
      ),
      { maxBody: 10 },
    );
    const answer = await raw(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n',
      'Large\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    await pause(20);
    expect(failures).toEqual([expect.any(ClientDisconnected)]);
    expect(String(failures[0])).toContain('longer than maxBody, 10 bytes');
    expect(log).toEqual([]);
  });

  it('that turn out too long when the answer has begun break it off', async () => {
    const { raw } = await serving(
      async function* (environ, startResponse) {
        startResponse('200 OK', []);
        yield bytes('begun');
        yield await environ['wsgi.input'].read();
      },
      { maxBody: 10 },
    );
    const answer = await raw(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n',
    );
    expect(answer).toContain('begun');
    expect(answer).not.toMatch(/0\r\n\r\n$/);
  });
});

describe('clients that leave', () => {
  it('abort gatecall.signal; a whole response does not', async () => {
    const signals: AbortSignal[] = [];
    const { get, port } = await serving(async (environ, startResponse) => {
      signals.push(environ['gatecall.signal'] as AbortSignal);
      if (environ.PATH_INFO === '/slow') await pause(500);
      startResponse('200 OK', []);
      return [bytes('done')];
    });
    await get();
    const connection = await openConnection({ port });
    await connection.write(bytes('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'));
    await expect.poll(() => signals.length).toBe(2);
    connection.destroy();
    await expect.poll(() => signals[1]?.aborted).toBe(true);
    expect(signals[1]?.reason).toBeInstanceOf(ClientDisconnected);
    expect(signals[0]?.aborted).toBe(false);
  });

  it('end the bodies of pipelined requests that never had their turn', async () => {
    let closed = 0;
    const { port } = await serving((environ, startResponse) => {
      startResponse('200 OK', []);
      const never = (async function* () {
        yield bytes('block');
        if (environ.PATH_INFO === '/first') await new Promise(() => {});
      })();
      return Object.assign(never, { close: () => void closed++ });
    });
    const connection = await openConnection({ port });
    const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    await connection.write(bytes(request('/first') + request('/second') + request('/third')));
    await connection.read();
    connection.destroy();
    await expect.poll(() => closed, { timeout: 5000 }).toBe(3);
  });
});

it('resets a connection whose end would pass for the end of a broken response', async () => {
  const { raw, get } = await serving(async function* (_environ, startResponse) {
    startResponse('200 OK', []);
    yield bytes('half');
    await pause(50); // libuv takes a reset that comes together with data for an end
    throw new Error('in the middle');
  });
  expect(await raw('GET / HTTP/1.0\r\n\r\n')).toContain('half');
  const response = await get({ protocol: 'HTTP/1.0' });
  expect([textOf(response), response.aborted]).toEqual(['half', true]);
});

describe('proxies in front', () => {
  const told = telling((environ) => [
    environ.REMOTE_ADDR,
    environ['wsgi.url_scheme'],
    environ.REMOTE_PORT !== undefined,
  ]);
  const ask = async (trustProxy: number, lines: [string, string][]): Promise<unknown> => {
    const { get } = await serving(told, { trustProxy });
    return JSON.parse(textOf(await get({ headers: [['Host', 'a'], ...lines] }))) as unknown;
  };
  it.each<[number, [string, string][], unknown]>([
    [
      0,
      [
        ['X-Forwarded-For', '192.0.2.1'],
        ['X-Forwarded-Proto', 'https'],
      ],
      ['127.0.0.1', 'http', true],
    ],
    [
      1,
      [
        ['X-Forwarded-For', '192.0.2.9, 192.0.2.1'],
        ['X-Forwarded-Proto', 'https'],
      ],
      ['192.0.2.1', 'https', false],
    ],
    [
      2,
      [
        ['X-Forwarded-For', '192.0.2.9, 192.0.2.1'],
        ['X-Forwarded-For', '192.0.2.2'],
      ],
      ['192.0.2.1', 'http', false],
    ],
    [2, [['X-Forwarded-For', '192.0.2.1']], ['127.0.0.1', 'http', false]],
    [1, [['X-Forwarded-For', '192.0.2.1:1234']], ['192.0.2.1', 'http', false]],
    [1, [['X-Forwarded-For', '[2001:db8::1]:1234']], ['2001:db8::1', 'http', false]],
    [1, [['X-Forwarded-For', '2001:db8::1']], ['2001:db8::1', 'http', false]],
    [1, [['X-Forwarded-For', '192.0.2.256']], ['127.0.0.1', 'http', false]],
    [
      1,
      [
        ['X-Forwarded-For', 'unknown'],
        ['X-Forwarded-Proto', 'gopher'],
      ],
      ['127.0.0.1', 'http', false],
    ],
    [2, [['X-Forwarded-Proto', 'https, http']], ['127.0.0.1', 'https', false]],
    [2, [['X-Forwarded-Proto', 'http, https, http']], ['127.0.0.1', 'https', false]],
  ])('%i trusted: %j', async (hops, lines, expected) => {
    expect(await ask(hops, lines)).toEqual(expected);
  });
});

it.each([
  ['/caf%C3%A9/x?y', ['/caf\u00c3\u00a9', '/x', '/caf%C3%A9/x?y']],
  ['/caf%C3%A9/', ['/caf\u00c3\u00a9', '/', '/caf%C3%A9/']],
  ['/caf%C3%A9', ['/caf\u00c3\u00a9', '', '/caf%C3%A9']],
  ['/caf%C3%A9?y', ['/caf\u00c3\u00a9', '', '/caf%C3%A9?y']],
])('takes the mount of an Express or Connect as SCRIPT_NAME: %s', async (target, expected) => {
  const listener = toNodeListener(
    telling((environ) => [environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI]),
  );
  const baseUrl = '/caf%C3%A9';
  const server = createServer((request, response) => {
    const originalUrl = request.url ?? '';
    // As they do: a target always begins with a slash.
    const url = originalUrl.slice(baseUrl.length).replace(/^(?!\/)/, '/');
    listener(Object.assign(request, { baseUrl, originalUrl, url }), response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const headers = [
    ['Host', 'a'],
    ['Connection', 'close'],
  ] as const;
  const response = await send({ http: { port } }, testRequest({ target, headers }));
  expect(JSON.parse(textOf(response))).toEqual(expected);
});

describe('a body that was read in front', () => {
  async function behindParser(keep: boolean): Promise<{ answer: string; log: string[] }> {
    const log: string[] = [];
    const listener = toNodeListener(
      telling(async (environ) => new TextDecoder().decode(await environ['wsgi.input'].read())),
      { log: (line) => log.push(line) },
    );
    const server = createServer((request, response) => {
      void buffer(request).then((rawBody) => {
        if (keep) Object.assign(request, { rawBody });
        listener(request, response);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const headers = [
      ['Host', 'a'],
      ['Connection', 'close'],
      ['Content-Length', '5'],
    ] as const;
    const request = testRequest({ method: 'POST', headers, body: 'hello' });
    return { answer: textOf(await send({ http: { port } }, request)), log };
  }

  it('is taken from rawBody', async () => {
    expect((await behindParser(true)).answer).toBe('"hello"');
  });

  it('and thrown away is an error that says so, and no empty body', async () => {
    const { answer, log } = await behindParser(false);
    expect(answer).toBe('Internal Server Error\n');
    expect(log.join()).toContain(
      'was read before gatecall saw it; put the listener in front of body parsers',
    );
  });
});

it('logs work after the response that fails', async () => {
  const { get, log } = await serving(
    telling((environ) => {
      const after = environ['gatecall.after'] as (work: Promise<unknown>) => void;
      after(Promise.reject(new Error('too late')));
    }),
  );
  expect((await get()).status).toBe(200);
  await expect
    .poll(() => log.join('\n'))
    .toContain('work after the response failed\nError: too late');
});

it('refuses options that do not exist or fit, and what is no application', () => {
  const application = telling(() => '');
  expect(() => toNodeListener(application, { trustProxys: 1 } as NodeOptions)).toThrow(
    'toNodeListener has no option trustProxys; it has basePath, log, onError, trustProxy',
  );
  expect(() => toNodeListener(application, { trustProxy: -1 })).toThrow('cannot use');
  expect(() => toNodeListener('app' as unknown as Application)).toThrow(
    'an application is a function',
  );
});

describe('work after the response', () => {
  it('has one function under two names, and its failure is logged', async () => {
    const { get, log } = await serving((environ, startResponse) => {
      const { 'gatecall.after': after, 'gatecall.wait_until': waitUntil } = environ;
      (after as AfterFunction)(Promise.reject(new Error('in vain')));
      startResponse('200 OK', []);
      return [bytes(String(after === waitUntil))];
    });
    expect(textOf(await get())).toBe('true');
    await pause(5);
    expect(log.join()).toMatch(/^work after the response failed\nError: in vain/);
  });
});

describe('the log', () => {
  it('has one line of each error, whatever the client wrote', async () => {
    const log: string[] = [];
    const listener = toNodeListener(
      () => {
        throw new Error('on purpose');
      },
      { log: (line) => log.push(line) },
    );
    const server = createServer((request, response) => {
      request.method = 'GET\r\nforged: \x1b[31m';
      listener(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    await send({ http: { port } }, testRequest({ headers: [['Host', 'h']] }));
    expect(log.join('\n').split('\n')[0]).toBe(
      'GET\\x0d\\x0aforged: \\x1b[31m /: Error: on purpose',
    );
  });
});

describe('what other frameworks made of a request', () => {
  type Changed = IncomingMessage & { baseUrl?: string; originalUrl?: string };

  async function through(change: (request: Changed) => void, target = '/'): Promise<string> {
    const log: string[] = [];
    const listener = toNodeListener(
      telling(({ SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI }) => [
        SCRIPT_NAME,
        PATH_INFO,
        QUERY_STRING,
        REQUEST_URI,
      ]),
      { log: (line) => log.push(line) },
    );
    const server = createServer((request, response) => {
      change(request);
      listener(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const options = { target, headers: [['Host', 'h']] } as TestRequestOptions;
    const response = await send({ http: { port } }, testRequest(options));
    expect(log).toEqual([]);
    return `${response.status} ${textOf(response).trim()}`;
  }

  it.each([
    ['/shop/a?x', '/a?x', '["/shop","/a","x","/shop/a?x"]'],
    ['/shop', '/', '["/shop","","","/shop"]'],
    ['/shop?x', '/?x', '["/shop","","x","/shop?x"]'],
    ['/shop/', '/', '["/shop","/","","/shop/"]'],
    ['/shop/%2Fb', '/%2Fb', '["/shop","//b","","/shop/%2Fb"]'],
    ['/old', '/new', '["","/new","","/new"]'],
    ['/a', '/a', '["","/a","","/a"]'],
  ])('a mount of Connect: %s as %s', async (originalUrl, url, expected) => {
    const answer = await through((request) => Object.assign(request, { originalUrl, url }));
    expect(answer).toBe(`200 ${expected}`);
  });

  it.each([
    ['/\u65e5', '["","/\u00e6\u0097\u00a5","","/%E6%97%A5"]'],
    ['/a?\u65e5', '["","/a","%E6%97%A5","/a?%E6%97%A5"]'],
    ['/\ud83d\ude00', '["","/\u00f0\u009f\u0098\u0080","","/%F0%9F%98%80"]'],
    ['/\ud800', '["","/\u00ef\u00bf\u00bd","","/%EF%BF%BD"]'],
  ])('a url with text that is no byte, %j, is encoded', async (url, expected) => {
    expect(await through((request) => Object.assign(request, { url }))).toBe(`200 ${expected}`);
    const originalUrl = `/\u65e5${url}`;
    expect(await through((request) => Object.assign(request, { url, originalUrl }))).toMatch(
      /^200/,
    );
    const mounted = { url, originalUrl, baseUrl: '/\u65e5' };
    expect(await through((request) => Object.assign(request, mounted))).toMatch(/^200/);
  });

  it.each([
    ['a header', (request: Changed) => request.rawHeaders.push('X-A', '\u65e5')],
    ['a name of a header', (request: Changed) => request.rawHeaders.push('X-\u65e5', 'a')],
    ['a method', (request: Changed) => (request.method = 'G\u65e5')],
  ])('%s with text that is no byte is answered', async (_, change) => {
    expect(await through(change)).toMatch(/^[2-5]00 /);
  });
});
