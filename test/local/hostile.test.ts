/** Clients that no front of AWS would put up with. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Functions } from '../../src/local/functions.ts';
import {
  functionUrl,
  httpApi,
  inProcess,
  loadBalancer,
  makeProject,
  serve,
  type Served,
  type TestProject,
} from './support.ts';

let files: TestProject;
let served: Served;
let calls = 0;
beforeAll(async () => {
  files = makeProject({});
  const Hello = async (): Promise<unknown> => {
    calls++;
    return { statusCode: 200, headers: {}, body: 'ok' };
  };
  served = await serve(
    files.project(
      [{}],
      [
        httpApi([{ path: '$default' }]),
        functionUrl(),
        loadBalancer([
          {
            conditions: [{ on: 'host', values: ['shop.example.com', '*.shop.example.com', '*'] }],
            action: { type: 'function', functionId: 'Hello', multiValueHeaders: false },
          },
        ]),
      ],
    ),
    { functions: inProcess({ Hello }), allowedHosts: ['my.laptop'] },
  );
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});

async function open(front?: string): Promise<Socket> {
  const { hostname, port } = new URL(served.url(front));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the server closes. */
async function exchange(bytes: string, front?: string): Promise<string> {
  const socket = await open(front);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return received;
}

const get = (host: string): string =>
  `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe('the Host header', () => {
  it.each(['localhost', 'LOCALHOST:3000', 'api.localhost', '127.0.0.1', '[::1]:80', 'my.laptop'])(
    'may be %s',
    async (host) => {
      expect(await exchange(get(host))).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:80'])(
    'may not be %s, whose owner can make it point here',
    async (host) => {
      const before = calls;
      expect(await exchange(get(host))).toMatch(/^HTTP\/1\.1 421 [^]*--allowed-host/);
      expect(calls).toBe(before);
    },
  );

  it.each([
    ['evil.example', 'localhost'],
    ['evil.example:80', '127.0.0.1'],
    ['evil.example', 'evil.example'],
  ])('is what an absolute target names: not %s, whatever Host says', async (authority, host) => {
    const before = calls;
    const bytes = `GET http://${authority}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await exchange(bytes)).toMatch(/^HTTP\/1\.1 421 /);
    expect(calls).toBe(before);
  });

  it('may be a local name in an absolute target', async () => {
    const bytes = 'GET HTTP://localhost:1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await exchange(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['two of them', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n'],
    ['user information', 'GET / HTTP/1.1\r\nHost: evil.example@api.localhost\r\n'],
    [
      'the same in a target',
      'GET http://evil.example@api.localhost/ HTTP/1.1\r\nHost: localhost\r\n',
    ],
    ['markup', 'GET / HTTP/1.1\r\nHost: "><script>.localhost\r\n'],
  ])('may not be %s', async (_what, head) => {
    const before = calls;
    const received = await exchange(`${head}Connection: close\r\n\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(calls).toBe(before);
  });

  it('may be a name of the load balancer', async () => {
    expect(await exchange(get('shop.example.com'), 'Alb')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(get('eu.shop.example.com'), 'Alb')).toMatch(/^HTTP\/1\.1 200 /);
    // A rule for every name allows none.
    expect(await exchange(get('evil.example'), 'Alb')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('tells fronts on one port apart', async () => {
    const project = files.project([{}], [httpApi([{ path: '/a' }]), functionUrl()]);
    const reply = async (): Promise<unknown> => ({ statusCode: 200, body: 'ok' });
    await using together = await serve(project, {
      functions: inProcess({ Hello: reply }),
      singlePort: true,
    });
    const urls = together.fronts.list.map(({ url }) => new URL(url));
    expect(urls.map(({ hostname }) => hostname)).toEqual(['api.localhost', 'url.localhost']);
    const port = urls[0]?.port ?? '';
    expect(urls[1]?.port).toBe(port);
    const status = async (host: string): Promise<string> => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(get(host));
      const [data] = (await once(socket, 'data')) as [Buffer];
      return data.toString().slice(9, 12);
    };
    expect(await status(`api.localhost:${port}`)).toBe('404');
    expect(await status(`url.localhost:${port}`)).toBe('200');
    expect(await status('localhost')).toBe('421');
  });
});

describe('a body', () => {
  it('over the limit is refused before it has come', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n';
    expect(await exchange(head)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('over the limit is refused when its length was not told', async () => {
    const socket = await open();
    let received = '';
    socket.on('data', (data: Buffer) => (received += data.toString()));
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
    const piece = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    for (let mb = 0; mb < 12 && !socket.destroyed; mb++) {
      socket.write(piece);
      await sleep(5);
    }
    if (!socket.destroyed) await once(socket, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('that breaks off reaches no function', async () => {
    const before = calls;
    const socket = await open();
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
    await sleep(50);
    socket.destroy();
    await sleep(100);
    expect(calls).toBe(before);
  });
});

describe('a head', () => {
  it.each([
    ['of nonsense', 'nonsense\r\n\r\n', 400],
    ['with a bad length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n', 400],
    [
      'with two framings',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['of 100 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ])('%s is refused', async (_what, bytes, status) => {
    const before = calls;
    expect(await exchange(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(calls).toBe(before);
  });

  it('that does not come to its end holds up no other client, nor the end', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open('Url')));
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: loc');
    expect(await exchange(get('localhost'), 'Url')).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of sockets) socket.destroy();
  });
});

it('a fault of the gateway itself is told', async () => {
  const project = files.project([{}], [functionUrl()]);
  const functions: Functions = {
    invoke: () => Promise.reject(new TypeError('unforeseen')),
    close: async () => {},
  };
  await using broken = await serve(project, { functions });
  const response = await fetch(broken.url());
  expect([response.status, await response.text()]).toEqual([
    500,
    'The local gateway failed; its terminal says why.\n',
  ]);
  expect(broken.problems).toEqual(['TypeError: unforeseen']);
});

it('a reply cannot write headers of its own', async () => {
  const evil = { statusCode: 200, headers: { 'x-a': 'b\r\nset-cookie: c=1' }, body: '' };
  const project = files.project([{}], [functionUrl()]);
  await using split = await serve(project, { functions: inProcess({ Hello: async () => evil }) });
  const response = await fetch(split.url());
  expect(response.status).toBe(502);
  expect(response.headers.has('set-cookie')).toBe(false);
});
