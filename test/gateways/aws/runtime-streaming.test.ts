/**
 * `toStreamingLambdaHandler` in AWS's own runtime client: what it streams is judged by what arrives
 * at the Runtime API, and when.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLambdaHandler } from '../../../src/gateways/aws.ts';
import type { InvocationResult, InvokeOptions } from '../../../src/local/runtime-api.ts';
import { lambdaEvent, lambdaSources } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { type LambdaFunction, ric, runtimes } from '../../ric.ts';
import { application, CONCURRENT, FACTS, HURRY, PATIENT, start, text } from './runtime.ts';

const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';

beforeAll(requireDist);

describe.skipIf(!ric).each(runtimes)('toStreamingLambdaHandler on $name', (runtime) => {
  let shared: LambdaFunction;
  beforeAll(async () => {
    shared = await start(runtime, 'streaming');
  });
  afterAll(async () => {
    await shared.stop();
  });

  async function get(
    target: string,
    options: InvokeOptions = {},
    method = 'GET',
  ): Promise<InvocationResult> {
    const event = lambdaEvent('function-url', { target, method });
    return await shared.invoke(event, { ...PATIENT, ...options });
  }

  it('sends a function URL the prelude and the bytes', async () => {
    const result = await shared.invoke(lambdaEvent('function-url', FACTS), PATIENT);
    expect(result).toMatchObject({
      kind: 'streamed',
      contentType: HTTP_RESPONSE,
      truncated: false,
      error: undefined,
    });
    expect(result.prelude).toEqual({
      statusCode: 201,
      headers: { 'content-type': 'application/json', 'x-two': 'a, b' },
      cookies: ['one=1; Path=/', 'two=2; Expires=Fri, 01 Jan 2038 00:00:00 GMT'],
    });
    expect(JSON.parse(text(result.payload))).toEqual({
      source: 'function-url',
      REQUEST_METHOD: 'POST',
      PATH_INFO: '/facts',
      QUERY_STRING: 'a=1&b=%32',
      HTTP_COOKIE: 'sid=abc; theme=d%20k',
      body: 'Hällo',
    });
  });

  it('sends a REST API every value of a header', async () => {
    const { prelude, payload } = await shared.invoke(lambdaEvent('rest-api', FACTS), PATIENT);
    expect(prelude).toEqual({
      statusCode: 201,
      multiValueHeaders: {
        'content-type': ['application/json'],
        'x-two': ['a', 'b'],
        'set-cookie': ['one=1; Path=/', 'two=2; Expires=Fri, 01 Jan 2038 00:00:00 GMT'],
      },
    });
    expect(JSON.parse(text(payload))).toMatchObject({ source: 'rest-api', body: 'Hällo' });
  });

  it.each(lambdaSources.filter((it) => it !== 'function-url' && it !== 'rest-api'))(
    'sends %s, which cannot stream, the whole reply',
    async (source) => {
      const event = lambdaEvent(source, FACTS);
      const { kind, contentType, body } = await shared.invoke(event, PATIENT);
      expect({ kind, contentType }).toEqual({
        kind: 'streamed',
        contentType: 'application/json',
      });
      const direct = await toLambdaHandler(application)(event, {});
      expect(text(body)).toBe(JSON.stringify(direct));
    },
  );

  it('sends bytes as they are', async () => {
    const { payload } = await get('/binary');
    expect([...(payload ?? [])]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it('sends 20 MB unchanged', async () => {
    const hash = createHash('sha256');
    const block = new Uint8Array(64 * 1024);
    for (let i = 0; i < 320; i++) hash.update(block.fill(i));
    const { payload, truncated } = await get('/blocks?blocks=320');
    expect(payload).toHaveLength(320 * block.length);
    expect(truncated).toBe(false);
    expect(
      createHash('sha256')
        .update(payload ?? '')
        .digest('hex'),
    ).toBe(hash.digest('hex'));
  });

  it.each([
    [
      'GET',
      '/empty',
      { statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } },
    ],
    [
      'HEAD',
      '/text',
      { statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } },
    ],
    ['GET', '/no-content', { statusCode: 204, headers: { 'x-done': 'yes' } }],
    ['GET', '/not-modified', { statusCode: 304, headers: { etag: '"1"' } }],
  ])('sends the prelude of %s %s, which has no body', async (method, target, prelude) => {
    const result = await get(target, {}, method);
    expect(result.prelude).toMatchObject(prelude);
    expect(result.payload).toHaveLength(0);
    expect(result).toMatchObject({ kind: 'streamed', truncated: false });
  });

  it.each(['/throw', '/throw-unsent'])('makes a clean 500 of %s', async (target) => {
    const { prelude, payload, error, truncated, trailers } = await get(target);
    expect(prelude).toMatchObject({ statusCode: 500 });
    expect(text(payload)).toBe('Internal Server Error\n');
    expect({ error, truncated, trailers }).toEqual({
      error: undefined,
      truncated: false,
      trailers: {},
    });
    await expect.poll(shared.logs).toMatch(/RangeError: böse.*application\.mjs/s);
  });

  it('breaks a response off that fails half-way', async () => {
    const { kind, prelude, payload, error, truncated, trailers } = await get('/throw-late');
    expect({ kind, truncated, payload: text(payload) }).toEqual({
      kind: 'streamed',
      truncated: true,
      payload: 'part',
    });
    expect(prelude).toMatchObject({ statusCode: 200 });
    expect(Object.keys(trailers)).toEqual([
      'lambda-runtime-function-error-type',
      'lambda-runtime-function-error-body',
    ]);
    // Who can read the trailers could read the log as well, but a client may see some of them.
    expect(error?.errorMessage).not.toContain('böse');
    await expect.poll(shared.logs).toMatch(/GET \/throw-late: .*RangeError: böse/s);
    expect(text((await get('/text')).payload)).toBe('Hällo\n');
  });

  it('reports an error in the trailers if told to fail the invocation', async () => {
    await using lambda = await start(runtime, 'streaming', { throwErrors: true });
    for (const target of ['/throw', '/throw-late']) {
      const result = await lambda.invoke(lambdaEvent('function-url', { target }), PATIENT);
      expect(result).toMatchObject({
        kind: 'streamed',
        truncated: true,
        error: { errorType: 'RangeError', errorMessage: 'böse' },
      });
      expect(text(result.payload)).toBe(target === '/throw' ? '' : 'part');
    }
  });

  it('refuses an event that is no request', async () => {
    const { kind, body, error } = await shared.invoke({ Records: [] }, PATIENT);
    expect({ kind, body: text(body), errorType: error?.errorType }).toEqual({
      kind: 'streamed',
      body: '',
      errorType: 'TypeError',
    });
  });

  it.concurrent('breaks off before a timeout, so that the client can tell', async () => {
    await using lambda = await start(runtime, 'streaming', {}, HURRY);
    const event = lambdaEvent('function-url', { target: '/half' });
    const { kind, payload, truncated, error } = await lambda.invoke(event, PATIENT);
    expect({ kind, truncated, payload: text(payload) }).toEqual({
      kind: 'streamed',
      truncated: true,
      payload: 'half',
    });
    expect(error).toBeDefined();
  });

  it.concurrent('answers before a timeout if nothing has left', async () => {
    await using lambda = await start(runtime, 'streaming', {}, HURRY);
    const event = lambdaEvent('function-url', { target: '/hang' });
    const { prelude, truncated } = await lambda.invoke(event, PATIENT);
    expect(prelude).toMatchObject({ statusCode: 504 });
    expect(truncated).toBe(false);
  });

  it.concurrent('runs into a timeout', async () => {
    await using lambda = await start(runtime, 'streaming', { deadlineMargin: 0 });
    const event = lambdaEvent('function-url', { target: '/half' });
    const { kind, payload, truncated } = await lambda.invoke(event, { timeoutMs: 1000 });
    expect({ kind, truncated, payload: text(payload) }).toEqual({
      kind: 'timeout',
      truncated: true,
      payload: 'half',
    });
  });

  describe('sends a block before it asks for the next', () => {
    let folder: string;
    let gate: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
      gate = join(folder, 'gate');
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    // The function waits for a file that is only made when its first block is here.
    it.each([
      ['that an application makes while it waits', '/gate'],
      ['that an application writes', '/gate-write'],
    ])('%s', async (_, target) => {
      const file = join(folder, target.slice(1));
      const { payload, error } = await get(`${target}?gate=${encodeURIComponent(file)}`, {
        onChunk: (chunk) => {
          if (text(chunk).includes('first ')) writeFileSync(file, '');
        },
      });
      expect(error).toBeUndefined();
      expect(text(payload)).toBe('first second');
    });

    it('and the head before the first block, where the application asks for it', async () => {
      const file = join(folder, 'head');
      let arrived = '';
      const { prelude, payload, error } = await get(`/gate-head?gate=${encodeURIComponent(file)}`, {
        onChunk: (chunk) => {
          arrived += text(chunk);
          if (arrived.includes('"statusCode":202')) writeFileSync(file, '');
        },
      });
      expect(error).toBeUndefined();
      expect(prelude).toMatchObject({ statusCode: 202 });
      expect(text(payload)).toBe('block');
    });

    it('while a generator keeps the event loop busy', async () => {
      let seen = '';
      const target = `/gate-busy?blocks=5&gate=${encodeURIComponent(gate)}`;
      const { payload, error } = await get(target, {
        onChunk: (chunk) => {
          seen += text(chunk);
          for (let block = 0; block < 5; block++) {
            if (seen.includes(`${block} `)) writeFileSync(`${gate}${block}`, '');
          }
        },
      });
      expect(error).toBeUndefined();
      expect(text(payload)).toBe('0 1 2 3 4 end');
    });

    it('also the first one of a process', async () => {
      await using lambda = await start(runtime, 'streaming');
      const file = join(folder, 'cold');
      const target = `/gate-busy?gate=${encodeURIComponent(file)}`;
      const { payload, error } = await lambda.invoke(lambdaEvent('rest-api', { target }), {
        ...PATIENT,
        onChunk: (chunk) => {
          if (text(chunk).includes('0 ')) writeFileSync(`${file}0`, '');
        },
      });
      expect(error).toBeUndefined();
      expect(text(payload)).toBe('0 end');
    });

    it('and no more of them than a slow client takes', async () => {
      const count = join(folder, 'count');
      const blocks = 1024; // 64 MB; the sockets between hold a few
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const target = `/blocks?blocks=${blocks}&count=${encodeURIComponent(count)}`;
      const outcome = get(target, { onChunk: () => held });
      const produced = async (): Promise<number> => {
        let number = -1;
        for (let same = 0; same < 10;) {
          await sleep(50);
          const now = Number(readOr0(count));
          same = now === number && now > 0 ? same + 1 : 0;
          number = now;
        }
        return number;
      };
      expect(await produced()).toBeLessThan(blocks / 2);
      release();
      expect((await outcome).payload).toHaveLength(blocks * 64 * 1024);
      expect(Number(readOr0(count))).toBe(blocks);
    });
  });

  it('ends as its process ends', async () => {
    for (const [target, ending, body] of [
      ['/exit', { kind: 'exited', truncated: false }, ''],
      ['/exit-late', { kind: 'streamed', truncated: true }, 'part'],
    ] as const) {
      await using lambda = await start(runtime, 'streaming');
      await lambda.invoke(lambdaEvent('function-url'), PATIENT);
      const result = await lambda.invoke(lambdaEvent('function-url', { target }), PATIENT);
      expect(result).toMatchObject(ending);
      expect(text(result.payload)).toBe(body);
    }
  });

  it('runs several invocations at once', async () => {
    await using lambda = await start(runtime, 'streaming', {}, CONCURRENT);
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.all(
      names.map((name) =>
        lambda.invoke(lambdaEvent('function-url', { target: `/meet?of=4&name=${name}` }), PATIENT),
      ),
    );
    expect(results.map(({ payload }) => text(payload))).toEqual(
      names.map((name, place) => `${name} true ${results[place]?.requestId}`),
    );
  });
});

function readOr0(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '0';
  }
}
