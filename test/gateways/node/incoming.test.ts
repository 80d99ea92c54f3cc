/** Headers that are made late are the headers that Node makes. */
import { channel } from 'node:diagnostics_channel';
import { createServer, IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { withLazyHeaders } from '../../../src/gateways/node/incoming.ts';
import { serve } from '../../../src/gateways/node.ts';

const LINES = [
  ['Host', 'here'],
  ['X-Tag', 'one'],
  ['x-tag', 'two'],
  ['Set-Cookie', 'a=1'],
  ['Set-Cookie', 'b=2'],
  ['Cookie', 'c=3'],
  ['Cookie', 'd=4'],
  ['Constructor', 'Gropius'],
];

type Headers = IncomingMessage['headers'];

async function answerOf(server: Server, text: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await exchange((server.address() as AddressInfo).port, text);
  server.close();
  return answer;
}

async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return answer;
}

/** What is read of the headers of a request of this kind. */
async function readOf(
  kind: typeof IncomingMessage,
  read: (headers: Headers, request: IncomingMessage) => unknown,
): Promise<unknown> {
  let seen: unknown;
  const server = createServer({ IncomingMessage: kind }, (request, response) => {
    seen = read(request.headers, request);
    response.end();
  });
  const lines = [...LINES, ['Connection', 'close']].map(([name, value]) => `${name}: ${value}`);
  await answerOf(server, ['GET / HTTP/1.1', ...lines, '', ''].join('\r\n'));
  return seen;
}

it.each<[string, (headers: Headers) => unknown]>([
  ['one that is there', (headers) => headers['x-tag']],
  ['a list', (headers) => headers['set-cookie']],
  ['one that is not', (headers) => headers.expect],
  ['a name in capitals', (headers) => headers['Host']],
  ['a name that every object has', (headers) => headers['constructor']],
  ['in', (headers) => ['x-tag' in headers, 'expect' in headers, 'toString' in headers]],
  ['hasOwn', (headers) => [Object.hasOwn(headers, 'host'), Object.hasOwn(headers, 'toString')]],
  ['all', (headers) => ({ ...headers })],
  ['entries', (headers) => Object.entries(headers)],
  ['JSON', (headers) => JSON.stringify(headers)],
  ['the prototype', (headers) => Object.getPrototypeOf(headers) as unknown],
  ['what was added', (headers) => [(headers['x-new'] = '1'), headers['x-new'], { ...headers }]],
  ['what was removed', (headers) => [delete headers['host'], headers.host, 'host' in headers]],
  [
    'what was defined',
    (headers) =>
      Object.defineProperty(headers, 'x-new', { value: '1', configurable: true })['x-new'],
  ],
])('says the same as Node about %s', async (_, read) => {
  const expected = await readOf(IncomingMessage, read);
  expect(await readOf(withLazyHeaders(IncomingMessage), read)).toEqual(expected);
});

it('is the same object whenever it is asked for, and can be replaced', async () => {
  const seen = await readOf(withLazyHeaders(IncomingMessage), (headers, request) => {
    const same = headers === request.headers;
    request.headers = { host: 'there' };
    return [same, request.headers];
  });
  expect(seen).toEqual([true, { host: 'there' }]);
});

it.each([
  ['1.1', ['Expect: 100-continue', 'Content-Length: 2', 'Connection: close'], 'continue hi'],
  ['1.1', ['Expect: tea', 'Connection: close'], 'expectation'],
  ['1.1', ['Connection: close'], 'request'],
  ['1.0', ['TE: chunked'], 'request'],
])('leaves Node what it goes by: HTTP/%s %s', async (version, lines, expected) => {
  const server = createServer({ IncomingMessage: withLazyHeaders(IncomingMessage) });
  server.on('request', (_request, response) => void response.end('request'));
  server.on('checkExpectation', (_request, response) => void response.end('expectation'));
  server.on('checkContinue', (incoming: IncomingMessage, response) => {
    response.writeContinue();
    let body = 'continue ';
    incoming.on('data', (piece: Buffer) => (body += String(piece)));
    incoming.on('end', () => response.end(body));
  });
  const head = ['POST / HTTP/' + version, 'Host: here', ...lines, '', ''].join('\r\n');
  const body = expected.startsWith('continue') ? 'hi' : '';
  expect(await answerOf(server, head + body)).toContain(expected);
});

it('shows tracing tools the headers of a request to serve()', async () => {
  const seen: unknown[] = [];
  const onStart = (message: unknown): void => {
    const { headers } = (message as { request: IncomingMessage }).request;
    seen.push(headers['traceparent'], Object.keys(headers));
  };
  const server = await serve(
    (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [];
    },
    { port: 0, signals: false },
  );
  channel('http.server.request.start').subscribe(onStart);
  const text = 'GET / HTTP/1.1\r\nHost: here\r\nTraceparent: 00-1\r\nConnection: close\r\n\r\n';
  await exchange(server.port, text);
  channel('http.server.request.start').unsubscribe(onStart);
  await server.close();
  expect(seen).toEqual(['00-1', ['host', 'traceparent', 'connection']]);
});
