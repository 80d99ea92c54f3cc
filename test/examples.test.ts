import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { application as demo } from '../examples/application.ts';
import { application as streamingDemo } from '../examples/aws-streaming/application.ts';
import { handler } from '../examples/aws/handler.ts';
import { callApplication } from '../src/core/call.ts';
import { type Transport } from '../src/core/transport.ts';
import { createEnviron } from '../src/core/request/environ.ts';
import { errorStream } from '../src/core/request/error-stream.ts';
import { toLambdaHandler } from '../src/gateways/aws.ts';
import { statusCode } from '../src/http/status.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../src/aws-model.ts';
import {
  header,
  headerLines,
  type TestRequestOptions,
  testRequest,
  type TestResponse,
  textOf,
} from '../src/aws-model/message.ts';
import type { HeaderList } from '../src/types.ts';
import { validator } from '../src/validator.ts';

/** Strict: what the validator would only warn of is an error too, and so a 500. */
const application = validator(demo, { strict: true });

interface Server {
  name: string;
  /** Asks for a page; what the application logs goes to `log`. */
  get: (request: TestRequestOptions, log?: string[]) => Promise<TestResponse>;
}

const native: Server = {
  name: 'callApplication',
  get: async (options, log = []) => {
    const { method, target, headers, body } = testRequest(options);
    const [rawPath = '', query] = target.split('?');
    const facts = { method, rawPath, query, headers, body, remoteAddress: '203.0.113.7' };
    const environ = createEnviron(facts, { errors: errorStream((line) => log.push(line)) });
    const response = await callApplication(application, environ);
    return {
      status: statusCode(response.status),
      headers: response.headers.map(([name, value]) => [name.toLowerCase(), value]),
      body: response.body,
    };
  },
};

const lambdas = lambdaSources.map((source): Server => ({
  name: source,
  get: async (request, log = []) => {
    const event = lambdaEvent(source, request);
    const handle = toLambdaHandler(application, { log: (line) => log.push(line) });
    return lambdaResponse(source, await handle(event), request);
  },
}));

describe.each([native, ...lambdas])('the demo through $name', ({ name, get }) => {
  test('/ shows the request as text', async () => {
    const response = await get({
      target: '/?a=1&b=%32',
      headers: [
        ['Host', 'shop.example.com'],
        ['Cookie', 'sid=abc123; theme=d%20k'],
        ['X-Tag', 'one'],
      ],
      clientAddress: '203.0.113.7',
    });
    expect(response.status).toBe(200);
    expect(header(response, 'content-type')).toBe('text/plain; charset=utf-8');
    const lines = textOf(response).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'method       GET',
        'scheme       https',
        'path         /',
        'cookie       sid=abc123',
        'cookie       theme=d%20k',
        'x-tag        one',
        name === 'callApplication' ? 'source' : `source       ${name}`,
        'client       203.0.113.7',
      ]),
    );
    // A REST API and an HTTP API of payload 1.0 hand over decoded parameters: how they were sent is
    // lost there.
    expect(lines.find((line) => line.startsWith('query'))).toMatch(/ a=1&b=(%32|2)$/);
  });

  test('/echo gives a PNG back, below any path', async () => {
    const body = (await get({ target: '/image' })).body;
    const response = await get({
      method: 'POST',
      target: '/echo/caf%C3%A9%20bar/a%2Fb',
      headers: [['Content-Type', 'image/png']],
      body,
    });
    expect(response.status).toBe(200);
    expect(header(response, 'content-type')).toBe('image/png');
    expect(header(response, 'x-body-length')).toBe('128');
    expect(response.body).toEqual(body);
  });

  test('/echo does not pass on a media type that is none', async () => {
    const headers = [['Content-Type', 'no type at all']] as const;
    const response = await get({ method: 'POST', target: '/echo', headers, body: 'text' });
    expect(header(response, 'content-type')).toBe('application/octet-stream');
    expect(textOf(response)).toBe('text');
  });

  test('/echo takes no more than it can hold', async () => {
    const response = await get({
      method: 'POST',
      target: '/echo',
      body: new Uint8Array(6_000_001),
    });
    expect(response.status).toBe(413);
  });

  test('/echo of nothing is empty', async () => {
    const response = await get({ target: '/echo' });
    expect(response.status).toBe(200);
    expect(header(response, 'x-body-length')).toBe('0');
    expect(response.body).toHaveLength(0);
  });

  test('/stream sends every block, in order', async () => {
    expect(textOf(await get({ target: '/stream' }))).toBe('one\ntwo\nthree\nfour\n');
  });

  test('/cookies sets two', async () => {
    const cookies = headerLines(await get({ target: '/cookies' }), 'set-cookie');
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['flavour', 'expires']);
  });

  test('/image is a PNG', async () => {
    const response = await get({ target: '/image' });
    expect(header(response, 'content-type')).toBe('image/png');
    expect([...response.body.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  });

  test('/json is JSON', async () => {
    const response = await get({ target: '/json' });
    expect(header(response, 'content-type')).toBe('application/json');
    expect(JSON.parse(textOf(response))).toMatchObject({ method: 'GET', path: '/json' });
  });

  test('/error is logged with its stack, and the client learns nothing of it', async () => {
    const log: string[] = [];
    const response = await get({ target: '/error' }, log);
    expect(response.status).toBe(500);
    expect(textOf(response)).not.toContain('purpose');
    expect(log.join('\n')).toMatch(/thrown on purpose.*examples\/application\.ts/s);
  });

  test('anything else is a 404 that names the path as it came', async () => {
    for (const [target, path] of [
      ['/caf%C3%A9', '/café'],
      ['/echoes', '/echoes'],
      ['/constructor', '/constructor'],
    ] as const) {
      const response = await get({ target });
      expect(response.status).toBe(404);
      expect(textOf(response)).toBe(`Nothing at ${path}\n`);
    }
  });

  test('HEAD has no body', async () => {
    const response = await get({ method: 'HEAD', target: '/image' });
    expect(response.status).toBe(200);
    expect(response.body).toHaveLength(0);
  });
});

test('examples/aws/handler.ts is the demo', async () => {
  const request = { target: '/json?x=1' };
  const reply = await handler(lambdaEvent('function-url', request));
  const response = lambdaResponse('function-url', reply, request);
  expect(JSON.parse(textOf(response))).toEqual({
    method: 'GET',
    path: '/json',
    query: 'x=1',
    source: 'function-url',
  });
});

describe('the streaming demo through callApplication', () => {
  const application = validator(streamingDemo, { strict: true });
  // Its pauses pass at once, and whether it waits for its next event can be asked.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Starts a request; the answer goes into the recording while it comes. */
  function start(
    request: TestRequestOptions,
    recording = new Recording(),
    signal?: AbortSignal,
  ): { recording: Recording; done: Promise<Recording> } {
    const { method, target, headers, body } = testRequest(request);
    const [rawPath = '', query] = target.split('?');
    const environ = createEnviron(
      { method, rawPath, query, headers, body },
      { errors: errorStream((line) => recording.log.push(line)) },
    );
    return {
      recording,
      done: Promise.resolve(
        callApplication(application, environ, { transport: recording, signal }),
      ),
    };
  }

  async function get(request: TestRequestOptions): Promise<Recording> {
    const { recording, done } = start(request);
    await vi.runAllTimersAsync();
    await done;
    expect(recording.log).toEqual([]);
    return recording;
  }

  test('/events sends each event as a block of its own', async () => {
    const { status, headers, blocks, ended } = await get({ target: '/events?count=3' });
    expect(status).toBe('200 OK');
    expect(headers).toContainEqual(['Content-Type', 'text/event-stream']);
    expect(blocks.map(text)).toEqual([
      'id: 1\ndata: {"number":1,"of":3}\n\n',
      'id: 2\ndata: {"number":2,"of":3}\n\n',
      'id: 3\ndata: {"number":3,"of":3}\n\n',
    ]);
    expect(ended).toBe(true);
  });

  test('/events sends ten unless told, and a hundred at most', async () => {
    expect((await get({ target: '/events' })).blocks).toHaveLength(10);
    expect((await get({ target: '/events?count=100' })).blocks).toHaveLength(100);
  });

  test('/events goes on after the last event seen, and in the end sends the browser away', async () => {
    const target = '/events?count=3';
    const resumed = await get({ target, headers: [['Last-Event-ID', '2']] });
    expect(resumed.blocks.map(text)).toEqual(['id: 3\ndata: {"number":3,"of":3}\n\n']);
    const over = await get({ target, headers: [['Last-Event-ID', '3']] });
    expect(over).toMatchObject({ status: '204 No Content', blocks: [], ended: true });
    const nonsense = await get({ target, headers: [['Last-Event-ID', '-1e9']] });
    expect(nonsense.blocks).toHaveLength(3);
  });

  test('/events does not work ahead of a client that does not read', async () => {
    const { promise: reading, resolve: read } = promiseWithResolver();
    const { recording, done } = start({ target: '/events?count=2' }, new Recording(reading));
    await vi.runAllTimersAsync();
    expect(recording.blocks).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    read();
    await vi.runAllTimersAsync();
    await done;
    expect(recording.blocks).toHaveLength(2);
  });

  test('/events stops when the client has gone', async () => {
    const client = new AbortController();
    const recording = new Recording();
    const { done } = start({ target: '/events?count=100' }, recording, client.signal);
    await vi.advanceTimersByTimeAsync(0);
    client.abort();
    await vi.runAllTimersAsync();
    await done;
    expect(recording).toMatchObject({ ended: false, aborted: true, log: [] });
    expect(recording.blocks).toHaveLength(1);
  });

  test('/download is more than Lambda could buffer, in blocks, and every byte is where it belongs', async () => {
    const length = 7_000_001;
    const { status, headers, blocks } = await get({ target: `/download?bytes=${length}` });
    expect(status).toBe('200 OK');
    expect(headers).toContainEqual(['Content-Length', String(length)]);
    expect(Math.max(...blocks.map((block) => block.length))).toBe(65_536);
    let offset = 0;
    for (const block of blocks) {
      const from = offset;
      expect(block.findIndex((byte, index) => byte !== (from + index) % 251)).toBe(-1);
      offset += block.length;
    }
    expect(offset).toBe(length);
  });

  test('/download of nothing is empty', async () => {
    const { status, headers, blocks } = await get({ target: '/download?bytes=0' });
    expect(status).toBe('200 OK');
    expect(headers).toContainEqual(['Content-Length', '0']);
    expect(blocks).toEqual([]);
  });

  test('/tokens sends the prompt back word by word', async () => {
    const { headers, blocks } = await get({
      method: 'POST',
      target: '/tokens',
      body: ' caf\u00e9 <b>or\nnot',
    });
    expect(headers).toContainEqual(['X-Content-Type-Options', 'nosniff']);
    expect(blocks.map(text)).toEqual(['caf\u00e9 ', '<b>or\n', 'not']);
  });

  test('/tokens has words of its own for an empty prompt', async () => {
    expect((await get({ target: '/tokens' })).blocks.map(text)).toEqual([
      'Nothing ',
      'to ',
      'say.\n',
    ]);
  });

  test.each([
    ['/events?count=101', '400 Bad Request'],
    ['/events?count=-1', '400 Bad Request'],
    ['/events?count=', '400 Bad Request'],
    ['/download?bytes=50000001', '400 Bad Request'],
    ['/download?bytes=1e3', '400 Bad Request'],
    ['/download?bytes=99999999999999999999', '400 Bad Request'],
    ['/', '404 Not Found'],
    ['/constructor', '404 Not Found'],
  ])('%s is a %s', async (target, status) => {
    const response = await get({ target });
    expect(response).toMatchObject({ status, ended: true });
    expect(response.blocks).toHaveLength(1);
  });

  test('/tokens takes a thousand bytes and no more', async () => {
    const post = { method: 'POST', target: '/tokens' };
    expect((await get({ ...post, body: 'x'.repeat(1000) })).status).toBe('200 OK');
    expect((await get({ ...post, body: 'x'.repeat(1001) })).status).toBe('413 Content Too Large');
  });

  test.each(['/events', '/download', '/tokens'])('HEAD of %s has no body', async (target) => {
    const { status, blocks } = await get({ method: 'HEAD', target });
    expect(status).toBe('200 OK');
    expect(blocks).toEqual([]);
  });
});

describe('examples/aws-streaming/handler.ts', () => {
  // The runtime's global is a stand-in: Lambda's own client calls a handler only in a process that
  // it has started itself, where no test can look into the module. The handler maker is tested with
  // the real client, elsewhere; here it is the example.
  type StreamingHandler = (event: unknown, stream: Stream, context: object) => Promise<void>;
  async function load(): Promise<StreamingHandler> {
    vi.stubGlobal('awslambda', {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: {
        from: (stream: Stream, prelude: object): Stream => {
          stream.prelude = prelude;
          return stream;
        },
      },
    });
    vi.resetModules();
    const { handler } = await import('../examples/aws-streaming/handler.ts');
    return handler as unknown as StreamingHandler;
  }

  test.each(['function-url', 'rest-api'] as const)('streams to a %s', async (source) => {
    const handler = await load();
    const stream = new Stream();
    await handler(lambdaEvent(source, { target: '/events?count=2' }), stream, {});
    expect(stream.prelude).toMatchObject({ statusCode: 200 });
    expect(JSON.stringify(stream.prelude)).toContain('text/event-stream');
    expect(stream.written.map((block) => block.split('\n')[0])).toEqual(['id: 1', 'id: 2']);
    expect(stream.ended).toBe(true);
  });

  test('answers a source that cannot stream in one piece', async () => {
    const handler = await load();
    const stream = new Stream();
    const request = { method: 'POST', target: '/tokens', body: 'to be' };
    await handler(lambdaEvent('http-api-2', request), stream, {});
    expect(stream.prelude).toBeUndefined();
    const reply: unknown = JSON.parse(stream.written.join(''));
    expect(textOf(lambdaResponse('http-api-2', reply, request))).toBe('to be');
  });
});

/** Keeps what it is sent; every block counts as sent when `reading` has settled. */
class Recording implements Transport {
  status = '';
  headers: HeaderList = [];
  blocks: Uint8Array[] = [];
  ended = false;
  aborted = false;
  log: string[] = [];
  #reading: Promise<void> | undefined;

  constructor(reading?: Promise<void>) {
    this.#reading = reading;
  }

  begin(status: string, headers: HeaderList): void {
    this.status = status;
    this.headers = headers;
  }

  send(block: Uint8Array): Promise<void> | undefined {
    this.blocks.push(block);
    return this.#reading;
  }

  end(): void {
    this.ended = true;
  }

  abort(): void {
    this.aborted = true;
  }
}

/** What the runtime hands to a streaming handler. */
class Stream extends EventEmitter {
  prelude: object | undefined;
  written: string[] = [];
  ended = false;

  setContentType(): void {}

  write(chunk: Uint8Array | string): boolean {
    this.written.push(typeof chunk === 'string' ? chunk : text(chunk));
    return true;
  }

  end(): void {
    this.ended = true;
    setImmediate(() => this.emit('finish'));
  }
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function text(block: Uint8Array): string {
  return new TextDecoder().decode(block);
}
