/** `serve` in one process: where it listens, what it refuses, how it logs and how it ends. */
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listenAddress } from '../../../src/gateways/node/address.ts';
import { serve, type ServeOptions, type Server } from '../../../src/gateways/node.ts';
import type { Driver } from '../../../src/testing/conformance.ts';
import { testRequest, textOf } from '../../../src/aws-model/message.ts';
import type { Application, Environ, StartResponse } from '../../../src/types.ts';
import { describeConformance } from '../../conformance/support.ts';
import { type Address, httpDriver, openConnection, send } from '../../http-client.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serveConformance(application: Application, options: ServeOptions): Promise<Driver> {
  const log: string[] = [];
  const server = await serve(application, {
    port: 0,
    signals: false,
    stopTimeout: 0,
    log: (line) => log.push(line),
    ...options,
  });
  return {
    ...httpDriver({ http: { port: server.port } }),
    log: () => log.join('\n'),
    close: () => server.close(),
  };
}

describeConformance('serve', {
  serve: (application) => serveConformance(application, {}),
  serveAt: (application, mount) => serveConformance(application, { basePath: mount }),
  // TLS ends at the load balancer in front.
  limits: ['http-only'],
  buffered: false,
  multithread: false,
  multiprocess: false,
  runOnce: false,
  concurrent: true,
});

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [bytes('hello')];
};

async function started(application: Application, options: ServeOptions = {}): Promise<Server> {
  const port = options.socket === undefined ? { port: 0 } : {};
  const server = await serve(application, { ...port, signals: false, ...options });
  stops.push(() => server.close());
  return server;
}

async function raw(address: Address, text: string): Promise<string> {
  const connection = await openConnection(address);
  stops.push(() => connection.destroy());
  await connection.write(Buffer.from(text, 'latin1'));
  let all = '';
  for (;;) {
    const block = await connection.read();
    if (block.length === 0) return all;
    all += Buffer.from(block).toString('latin1');
  }
}

describe('where it listens', () => {
  it.each<[Parameters<typeof listenAddress>[0], Record<string, string>, unknown]>([
    [{}, {}, { host: '127.0.0.1', port: 8000 }],
    [{ port: 0 }, {}, { host: '127.0.0.1', port: 0 }],
    [{}, { PORT: '8080' }, { host: '0.0.0.0', port: 8080 }],
    [{ host: '::1' }, { PORT: '8080' }, { host: '::1', port: 8080 }],
    [{ port: 1 }, { PORT: '8080' }, { host: '0.0.0.0', port: 1 }],
    [{}, { FUNCTIONS_CUSTOMHANDLER_PORT: '7071' }, { host: '0.0.0.0', port: 7071 }],
    [
      {},
      { AWS_LAMBDA_HTTP_ENDPOINT: '127.0.0.1:9000', PORT: '1' },
      { host: '127.0.0.1', port: 9000 },
    ],
    [{}, { AWS_LAMBDA_HTTP_ENDPOINT: 'http://[::1]:9000/' }, { host: '::1', port: 9000 }],
    [{}, { AWS_LAMBDA_HTTP_ENDPOINT: ':9000' }, { host: '0.0.0.0', port: 9000 }],
    [{ socket: '/run/x' }, { PORT: '1' }, { path: '/run/x' }],
  ])('%j with %j', (options, env, expected) => {
    expect(listenAddress(options, env)).toEqual(expected);
  });

  it('says which variable or option makes no sense', () => {
    expect(() => listenAddress({}, { PORT: 'http' })).toThrow('PORT holds a port');
    expect(() => listenAddress({}, { PORT: '65536' })).toThrow('PORT holds a port');
    expect(() => listenAddress({}, { AWS_LAMBDA_HTTP_ENDPOINT: 'x' })).toThrow('holds host:port');
    expect(() => listenAddress({ port: 1, socket: 'x' }, {})).toThrow('not on both');
    expect(() => serve(hello, { port: 70_000 })).toThrow(
      'cannot use the number 70000 as option port',
    );
    expect(() => serve(hello, { worker: 2 } as ServeOptions)).toThrow('serve has no option worker');
  });

  it('says that an address is taken', async () => {
    const { port } = await started(hello);
    const second = serve(hello, { port, signals: false });
    await expect(second).rejects.toThrow(
      `cannot listen at http://127.0.0.1:${port}: another server is there already`,
    );
  });

  it('on a Unix socket, also where a killed server has left one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
    stops.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'app.sock');
    // What stays of a server that never got to close: the file, and nobody behind it.
    const { rename } = await import('node:fs/promises');
    const dead = createServer().listen(`${path}.old`);
    await new Promise((resolve) => dead.once('listening', resolve));
    await rename(`${path}.old`, path);
    await new Promise((resolve) => dead.close(resolve));

    const server = await started(hello, { socket: path });
    expect([server.url, server.port]).toEqual([`unix:${path}`, 0]);
    const response = await send({ http: { path } }, testRequest({ headers: [['Host', 'a']] }));
    expect(textOf(response)).toBe('hello');
    await expect(serve(hello, { socket: path, signals: false })).rejects.toThrow('another server');
  });

  it('never deletes what is no socket, or what a symbolic link leads to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
    stops.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'database');
    const link = join(folder, 'link');
    writeFileSync(file, 'precious');
    symlinkSync(file, link);
    for (const socket of [file, link]) {
      await expect(serve(hello, { socket, signals: false })).rejects.toThrow(
        `cannot listen at unix:${socket}: there is a file that is no socket`,
      );
    }
    await expect(serve(hello, { socket: folder, signals: false })).rejects.toThrow('no socket');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('for Lambda Web Functions: their endpoint, their request id, their word for the client', async () => {
    process.env['AWS_LAMBDA_HTTP_ENDPOINT'] = '127.0.0.1:0';
    stops.push(() => delete process.env['AWS_LAMBDA_HTTP_ENDPOINT']);
    const server = await serve(
      (environ, startResponse) => {
        startResponse('200 OK', []);
        const { REMOTE_ADDR, 'gatecall.request_id': id, 'wsgi.multiprocess': many } = environ;
        return [bytes(JSON.stringify([REMOTE_ADDR, id, many]))];
      },
      { signals: false },
    );
    stops.push(() => server.close());
    const headers = [
      ['Host', 'a'],
      ['X-Forwarded-For', '192.0.2.66, 192.0.2.1'],
      ['lambda-web-request-id', 'id-1'],
    ] as const;
    const response = await send({ http: { port: server.port } }, testRequest({ headers }));
    expect(JSON.parse(textOf(response))).toEqual(['192.0.2.1', 'id-1', true]);
  });
});

describe('what it refuses', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'a header section over maxHeader',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(2000)}\r\n\r\n`,
      431,
    ],
    ['a target over maxHeader', `GET /${'x'.repeat(2000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    [
      'a body over maxBody',
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello world',
      413,
    ],
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408],
    [
      'an expectation it does not know',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: tea\r\n\r\n',
      417,
    ],
  ])('%s', async (_name, text, status) => {
    const lines: string[] = [];
    const server = await started(hello, {
      maxHeader: 1000,
      maxBody: 10,
      headersTimeout: 200,
      accessLog: (line) => lines.push(line),
    });
    const answer = await raw({ port: server.port }, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(lines).toEqual([expect.stringMatching(new RegExp(`" ${status} `))]);
  });

  it('a body that must come in time', async () => {
    const server = await started(hello, { requestTimeout: 200 });
    const answer = await raw(
      { port: server.port },
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel',
    );
    // The application did not need it, so that there is an answer all the same.
    expect(answer).toMatch(/^HTTP\/1.1 (200|408) /);
  });

  it('two thousand headers are passed on whole', async () => {
    const server = await started(
      (environ, startResponse) => {
        startResponse('200 OK', []);
        return [
          bytes(String(Object.keys(environ).filter((key) => key.startsWith('HTTP_X_')).length)),
        ];
      },
      { maxHeader: 100_000 },
    );
    const many = Array.from({ length: 3000 }, (_, index) => [`X-${index}`, 'v'] as const);
    const response = await send(
      { http: { port: server.port } },
      testRequest({ headers: [['Host', 'a'], ...many] }),
    );
    expect(textOf(response)).toBe('3000');
  });

  it('idle connections after keepAliveTimeout', async () => {
    const server = await started(hello, { keepAliveTimeout: 100 });
    const answer = await raw({ port: server.port }, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toContain('hello');
  });
});

it('asks for a body only when the application reads it', async () => {
  const server = await started(async (environ, startResponse) => {
    if (environ.PATH_INFO === '/read') await environ['wsgi.input'].read();
    startResponse('200 OK', []);
    return [bytes(environ.PATH_INFO)];
  });
  const ask = async (path: string): Promise<string> => {
    const connection = await openConnection({ port: server.port });
    stops.push(() => connection.destroy());
    await connection.write(
      bytes(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
      ),
    );
    return Buffer.from(await connection.read())
      .toString()
      .slice(0, 12);
  };
  expect(await ask('/read')).toBe('HTTP/1.1 100');
  expect(await ask('/refuse')).toBe('HTTP/1.1 200');
});

it('logs accesses in combined format, and lets no request break out of its line', async () => {
  const lines: string[] = [];
  const server = await started(
    (environ, startResponse) => {
      if (environ.PATH_INFO === '/user') environ.REMOTE_USER = 'ann"\n';
      startResponse('200 OK', []);
      return environ.REQUEST_METHOD === 'HEAD' ? [] : [bytes('12345')];
    },
    { accessLog: (line) => lines.push(line) },
  );
  const headers = [
    ['Host', 'a'],
    ['Referer', 'http://"r"\\'],
    ['User-Agent', 'tea\xe9\t'],
  ] as const;
  const at = { http: { port: server.port } };
  await send(at, testRequest({ target: '/x?y=1', headers }));
  await send(at, testRequest({ target: '/user', method: 'HEAD', headers: [['Host', 'a']] }));
  await expect.poll(() => lines.length).toBe(2);
  const time = /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]/;
  expect(lines[0]).toMatch(time);
  expect(lines.map((line) => line.replace(time, '[time]'))).toEqual([
    String.raw`127.0.0.1 - - [time] "GET /x?y=1 HTTP/1.1" 200 5 "http://\"r\"\\" "tea\xe9"`,
    String.raw`127.0.0.1 - ann\"\x0a [time] "HEAD /user HTTP/1.1" 200 - "-" "-"`,
  ]);
});

it('serves on when its access log fails', async () => {
  const server = await started(hello, {
    accessLog: () => {
      throw new Error('the disk is full');
    },
  });
  const at = { http: { port: server.port } };
  for (let nth = 0; nth < 2; nth++) {
    expect(textOf(await send(at, testRequest({ headers: [['Host', 'a']] })))).toBe('hello');
  }
});

describe('when it stops', () => {
  it('lets requests that have begun end, takes no more, and closes idle connections', async () => {
    let entered = 0;
    const server = await started(async (_environ, startResponse) => {
      entered++;
      await pause(300);
      startResponse('200 OK', []);
      return [bytes('whole')];
    });
    const at = { http: { port: server.port } };
    const idle = await openConnection({ port: server.port });
    stops.push(() => idle.destroy());
    const slow = send(at, testRequest({ headers: [['Host', 'a']] }));
    await expect.poll(() => entered).toBe(1);
    const closed = server.close();
    await expect(send(at, testRequest({ headers: [['Host', 'a']] }))).rejects.toThrow(
      'ECONNREFUSED',
    );
    const response = await slow;
    expect(textOf(response)).toBe('whole');
    expect(response.headers).toContainEqual(['connection', 'close']);
    await closed;
    expect(await idle.read()).toHaveLength(0);
  });

  it('waits for work after the response, but for nothing longer than stopTimeout', async () => {
    let done = false;
    const server = await started(
      (environ, startResponse) => {
        const after = environ['gatecall.after'] as (work: Promise<unknown>) => void;
        after(pause(200).then(() => (done = true)));
        startResponse('200 OK', []);
        return [];
      },
      { stopTimeout: 5000 },
    );
    await send({ http: { port: server.port } }, testRequest({ headers: [['Host', 'a']] }));
    await server.close();
    expect(done).toBe(true);

    const stuck = await started(() => new Promise(() => {}), { stopTimeout: 100 });
    const broken = send({ http: { port: stuck.port } }, testRequest({ headers: [['Host', 'a']] }));
    broken.catch(() => {});
    await pause(50);
    await stuck.close();
    await expect(broken).rejects.toThrow('closed before a response');
  });
});

describe('bytes that are no request', () => {
  const GARBAGE = '\xff\xfe garbage\r\n\r\n';

  it.each([
    ['with a request', true],
    ['after it', false],
  ])('that come %s: the answer comes first, and the connection closes', async (_, together) => {
    let answer = (): void => {};
    const due = new Promise<void>((resolve) => (answer = resolve));
    const { port } = await started(async (environ, startResponse) => {
      await due;
      return hello(environ, startResponse);
    });
    const connection = await openConnection({ port });
    stops.push(() => connection.destroy());
    const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    if (together) await connection.write(Buffer.from(request + GARBAGE, 'latin1'));
    else {
      await connection.write(Buffer.from(request));
      await pause(20);
      await connection.write(Buffer.from(GARBAGE, 'latin1'));
    }
    await pause(50);
    answer();
    const all = await readAll(connection);
    expect(all).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(all).toMatch(/hello$/);
    expect(all.match(/^HTTP/gm)).toHaveLength(1);
  });

  it('behind a request that is answered at once: the answer comes first', async () => {
    const { port } = await started(hello);
    const all = await raw({ port }, `GET / HTTP/1.1\r\nHost: a\r\n\r\n${GARBAGE}`);
    expect(all).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nhello(?:HTTP\/1\.1 400 |$)/);
  });

  it('behind a response that has begun: it comes to its end', async () => {
    let finish = (): void => {};
    const due = new Promise<void>((resolve) => (finish = resolve));
    const { port } = await started(async function* (_: Environ, startResponse: StartResponse) {
      startResponse('200 OK', [['Content-Length', '10']]);
      yield bytes('hello');
      await due;
      yield bytes('world');
    });
    const connection = await openConnection({ port });
    stops.push(() => connection.destroy());
    await connection.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    const first = Buffer.from(await connection.read()).toString('latin1');
    await connection.write(Buffer.from(GARBAGE, 'latin1'));
    await pause(50);
    finish();
    expect(first + (await readAll(connection))).toMatch(/helloworld$/);
  });

  it('behind two requests: both answers, in order', async () => {
    const { port } = await started(async (environ, startResponse) => {
      await pause(environ.PATH_INFO === '/slow' ? 40 : 5);
      startResponse('200 OK', []);
      return [bytes(environ.PATH_INFO)];
    });
    const all = await raw(
      { port },
      `GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n${GARBAGE}`,
    );
    expect(all.match(/HTTP\/1\.1 [0-9]+|\/(?:slow|fast)/g)).toEqual([
      'HTTP/1.1 200',
      '/slow',
      'HTTP/1.1 200',
      '/fast',
    ]);
  });

  it('in the body of a request behind another: the first answer, and a close', async () => {
    const { port } = await started(async (environ, startResponse) => {
      await environ['wsgi.input'].read(10);
      await pause(20);
      return hello(environ, startResponse);
    });
    const all = await raw(
      { port },
      'GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    );
    expect(all.match(/^HTTP.*/gm)).toEqual(['HTTP/1.1 200 OK']);
  });

  it('in the body of the only request: a 400', async () => {
    const { port } = await started(async (environ, startResponse) => {
      await environ['wsgi.input'].read(10);
      return hello(environ, startResponse);
    });
    const all = await raw(
      { port },
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    );
    expect(all.match(/^HTTP.*/gm)).toEqual(['HTTP/1.1 400 Bad Request']);
  });
});

describe('limits', () => {
  it('are counts', () => {
    for (const value of [0, -1, 1.5, '3']) {
      const options = { maxConnections: value } as unknown as ServeOptions;
      expect(() => serve(hello, options)).toThrow('as option maxConnections');
    }
  });

  it('closes connections beyond maxConnections as they come', async () => {
    const { port } = await started(hello, { maxConnections: 2 });
    const open = await Promise.all([openConnection({ port }), openConnection({ port })]);
    const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    for (const connection of open) {
      stops.push(() => connection.destroy());
      await connection.write(request);
      expect(Buffer.from(await connection.read()).toString()).toMatch(/^HTTP\/1\.1 200/);
    }
    const third = await openConnection({ port });
    stops.push(() => third.destroy());
    await Promise.resolve(third.write(request)).catch(() => {});
    expect((await third.read().catch(() => [])).length).toBe(0);
    open[0].destroy();
    await pause(20);
    expect(await raw({ port }, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /hello$/,
    );
  });
});

async function readAll(connection: Awaited<ReturnType<typeof openConnection>>): Promise<string> {
  let all = '';
  for (;;) {
    const block = await connection.read();
    if (block.length === 0) return all;
    all += Buffer.from(block).toString('latin1');
  }
}
