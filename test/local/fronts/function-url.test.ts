/** Function URLs, buffered and streaming, with functions in processes of their own. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireDist } from '../../nodes.ts';
import {
  functionUrl,
  makeProject,
  restApi,
  serve,
  type Served,
  type TestProject,
  until,
} from '../support.ts';

let files: TestProject;
let served: Served;
beforeAll(async () => {
  requireDist();
  files = makeProject({
    'app.mjs': `
      import { toLambdaHandler } from 'gatecall/aws';
      export const handler = toLambdaHandler((environ, startResponse) => {
        startResponse('201 Created', [['Content-Type', 'text/plain'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['Date', 'then']]);
        return [new TextEncoder().encode(environ['gatecall.source'] + ' ' + environ.PATH_INFO)];
      });
      export const values = async ({ rawPath }) => ({ '/text': 'hello', '/number': 3, '/list': ['a', 1], '/object': { hello: 'world' } })[rawPath];`,
    'stream.mjs': `
      import { toStreamingLambdaHandler } from 'gatecall/aws';
      const text = (value) => new TextEncoder().encode(value);
      const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      export const handler = toStreamingLambdaHandler(async function* (environ, startResponse) {
        if (environ.PATH_INFO === '/throw') throw new Error('before');
        if (environ.PATH_INFO === '/empty') return void startResponse('204 No Content', [['X-Done', 'yes']]);
        startResponse('200 OK', [['Content-Type', 'text/event-stream'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']]);
        if (environ.PATH_INFO === '/large') for (let n = 0; n < 100; n++) yield new Uint8Array(65536).fill(n);
        yield text('one\\n');
        await sleep(400);
        if (environ.PATH_INFO === '/break') throw new Error('after');
        yield text('two\\n');
      });
      export const raw = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType('text/x-raw'); stream.write('raw'); stream.end(); });
      export const plain = async () => ({ statusCode: 201, body: 'whole' });
      export const lost = awslambda.streamifyResponse(async (event, stream) => { awslambda.HttpResponseStream.from(stream, { statusCode: 204 }).end(); });
      export const slow = awslambda.streamifyResponse(async (event, stream) => { stream.write('x'); await sleep(60_000); });`,
  });
  const stream = (id: string, handler: string) => ({ id, name: id, handler, timeoutMs: 1500 });
  const url = (id: string, streams = true) => functionUrl({ id, functionId: id, stream: streams });
  served = await serve(
    files.project(
      [
        { id: 'Hello', handler: 'app.handler' },
        { id: 'Values', handler: 'app.values' },
        stream('Stream', 'stream.handler'),
        stream('Raw', 'stream.raw'),
        stream('Plain', 'stream.plain'),
        stream('Lost', 'stream.lost'),
        stream('Slow', 'stream.slow'),
      ],
      [
        functionUrl(),
        url('Values', false),
        url('Stream'),
        { ...url('Stream', false), id: 'Whole' },
        ...['Raw', 'Plain', 'Lost', 'Slow'].map((id) => url(id)),
        restApi([
          { path: '/stream', functionId: 'Stream', stream: true },
          { path: '/plain', functionId: 'Plain', stream: true },
          { path: '/buffered', functionId: 'Stream' },
        ]),
        functionUrl({
          id: 'Cors',
          authType: 'AWS_IAM',
          cors: {
            allowOrigins: ['https://a.example'],
            allowMethods: ['*'],
            allowHeaders: [],
            exposeHeaders: [],
            allowCredentials: false,
          },
        }),
      ],
    ),
  );
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});

/** What comes, and when, in ms. */
async function pieces(
  url: string,
): Promise<{ response: IncomingMessage; seen: [string, number][]; broken: boolean }> {
  const begun = performance.now();
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const seen: [string, number][] = [];
  response.on('data', (chunk: Buffer) => seen.push([chunk.toString(), performance.now() - begun]));
  const broken = await new Promise<boolean>((resolve) => {
    response.on('end', () => resolve(false)).on('error', () => resolve(true));
  });
  return { response, seen, broken };
}

describe('in buffered mode', () => {
  it('answers with the reply', async () => {
    const response = await fetch(`${served.url('Url')}/a%2Fb`);
    expect(response.status).toBe(201);
    expect(await response.text()).toBe('function-url /a/b');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-amzn-remapped-date')).toBe('then');
  });

  it.each([
    ['/text', 'hello'],
    ['/number', '3'],
    ['/list', '["a",1]'],
    ['/object', '{"hello":"world"}'],
  ])('infers a response for %s', async (path, text) => {
    const response = await fetch(served.url('Values') + path);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      text,
    ]);
  });

  it('waits for the end of a stream', async () => {
    const { response, seen } = await pieces(`${served.url('Whole')}/x`);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-length']).toBe('8');
    expect(seen.map(([text]) => text).join('')).toBe('one\ntwo\n');
  });

  it('shows what the application was asked and answered', async () => {
    await fetch(`${served.url('Url')}/traced`);
    const trace = (): ReturnType<typeof served.traces.list>[number] | undefined =>
      served.traces.list().find(({ request }) => request.target === '/traced');
    await until(() => trace()?.startResponse !== undefined);
    expect(trace()).toMatchObject({
      environ: {
        REQUEST_METHOD: 'GET',
        PATH_INFO: '/traced',
        'gatecall.source': 'function-url',
        'gatecall.event': '[the event]',
      },
      startResponse: [
        {
          status: '201 Created',
          headers: [['Content-Type', 'text/plain'], ...Array(3).fill(expect.anything())],
        },
      ],
    });
  });
});

describe('in streaming mode', () => {
  it.each(['Stream', 'Rest'])('passes each piece on as it is made: %s', async (id) => {
    const { response, seen, broken } = await pieces(`${served.url(id)}/stream`);
    expect(response.statusCode).toBe(200);
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(seen.map(([text]) => text)).toEqual(['one\n', 'two\n']);
    expect((seen[1]?.[1] ?? 0) - (seen[0]?.[1] ?? 0)).toBeGreaterThan(250);
    expect(broken).toBe(false);
  });

  it('passes bytes unchanged', async () => {
    const response = await fetch(`${served.url('Stream')}/large`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(100 * 65_536 + 8);
    expect(bytes[65_536 * 99]).toBe(99);
  });

  it('has the status of a response without a body', async () => {
    const response = await fetch(`${served.url('Stream')}/empty`);
    expect([response.status, response.headers.get('x-done')]).toEqual([204, 'yes']);
  });

  it('breaks off where the function does', async () => {
    const { response, seen, broken } = await pieces(`${served.url('Stream')}/break`);
    expect(response.statusCode).toBe(200);
    expect(seen.map(([text]) => text)).toEqual(['one\n']);
    expect(broken).toBe(true);
  });

  it('breaks off at the timeout', async () => {
    const { seen, broken } = await pieces(served.url('Slow'));
    expect([seen.length, broken]).toEqual([1, true]);
    await until(() =>
      served.logs.some(({ text }) => text.endsWith('Task timed out after 1.50 seconds')),
    );
  });

  it('has a 200 for what has no prelude', async () => {
    const response = await fetch(served.url('Raw'));
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/x-raw',
      'raw',
    ]);
  });

  it('hands out the envelope of a handler that does not stream', async () => {
    const response = await fetch(served.url('Plain'));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{"statusCode":201,"body":"whole"}');
    expect((await fetch(`${served.url('Rest')}/plain`)).status).toBe(502);
  });

  it('answers 502 where the prelude is lost', async () => {
    const response = await fetch(served.url('Lost'));
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
    expect(served.problems.at(-1)).toMatch(/ended before its prelude/);
  });

  it('is nothing for a REST API that buffers', async () => {
    expect((await fetch(`${served.url('Rest')}/buffered`)).status).toBe(502);
    expect(served.problems.at(-1)).toMatch(/no JSON; a streamed one needs a front that streams/);
  });

  it('goes on without its client', async () => {
    const request = get(`${served.url('Stream')}/stream`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    const before = served.logs.filter(({ text }) => text.startsWith('REPORT')).length;
    request.destroy();
    await until(() => served.logs.filter(({ text }) => text.startsWith('REPORT')).length > before);
    expect(served.logs.findLast(({ text }) => text.startsWith('REPORT'))?.text).not.toContain(
      'timeout',
    );
  });
});

describe('CORS', () => {
  it('is answered and added by the front', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const asked = await fetch(served.url('Cors'), { method: 'OPTIONS', headers });
    expect(asked.status).toBe(200);
    expect(asked.headers.get('access-control-allow-methods')).toBe('*');
    const response = await fetch(served.url('Cors'), { headers: { origin: 'https://a.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(served.notes).toEqual([
      expect.stringMatching(/Hello has AuthType AWS_IAM: not enforced/),
    ]);
  });
});
