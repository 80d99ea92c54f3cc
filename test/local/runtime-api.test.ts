/**
 * The protocol as raw requests see it. That AWS's own client gets along with it shows
 * test/gateways/aws/runtime.test.ts.
 */
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  request as httpRequest,
} from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type InvocationResult,
  type RuntimeApi,
  type RuntimeApiOptions,
  startRuntimeApi,
} from '../../src/local/runtime-api.ts';

const LIMIT = 6_291_556;
const STREAM = { 'Lambda-Runtime-Function-Response-Mode': 'streaming' };
const HTTP_STREAM = {
  ...STREAM,
  'Content-Type': 'application/vnd.awslambda.http-integration-response',
};
const HUNG_UP = /socket hang up|ECONNRESET|EPIPE/;
const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

let api: RuntimeApi;
const agents: Agent[] = [];

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await api.close();
});

async function start(options?: RuntimeApiOptions): Promise<void> {
  api = await startRuntimeApi(options);
}

/** A request whose body is left to the caller. */
function open(
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  agent?: Agent,
): { request: ClientRequest; reply: Promise<Reply> } {
  const [host, port] = api.address.split(':');
  const url = { host, port, path: path.startsWith('/') ? path : `/2018-06-01/runtime/${path}` };
  const request = httpRequest({ ...url, method, headers, agent: agent ?? false });
  const reply = new Promise<Reply>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
  });
  reply.catch(() => {}); // some are cut off on purpose
  return { request, reply };
}

async function send(
  method: string,
  path: string,
  body: string | Uint8Array = '',
  headers: Record<string, string> = {},
): Promise<Reply> {
  const { request, reply } = open(method, path, headers);
  request.end(body);
  return await reply;
}

/** Asks for an event and gives back its id. */
async function next(): Promise<string> {
  const { headers } = await send('GET', 'invocation/next');
  return String(headers['lambda-runtime-aws-request-id']);
}

async function answer(id: string, body: string, headers?: Record<string, string>): Promise<Reply> {
  return await send('POST', `invocation/${id}/response`, body, headers);
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** What a refusal is. */
function problem({ status, text }: Reply): [number, unknown] {
  return [status, (JSON.parse(text) as { errorType: unknown }).errorType];
}

/** Settles once the other side has received so much of a body. */
function arrival(bytes: number): { onChunk: (chunk: Uint8Array) => void; done: Promise<void> } {
  let resolve = (): void => {};
  const done = new Promise<void>((settle) => (resolve = settle));
  let left = bytes;
  return { onChunk: ({ length }) => void ((left -= length) <= 0 && resolve()), done };
}

describe('an event', () => {
  it('comes with its id, its deadline and what a function must know', async () => {
    await start({ functionName: 'shop', region: 'eu-west-1' });
    const before = Date.now();
    const outcome = api.invoke({ key: 'välue' }, { timeoutMs: 5000 });
    const { status, headers, text: json } = await send('GET', 'invocation/next');
    expect(status).toBe(200);
    expect(JSON.parse(json)).toEqual({ key: 'välue' });
    expect(headers['content-type']).toBe('application/json');
    const id = String(headers['lambda-runtime-aws-request-id']);
    expect(id).toMatch(UUID);
    expect(headers['lambda-runtime-invoked-function-arn']).toBe(
      'arn:aws:lambda:eu-west-1:111122223333:function:shop',
    );
    expect(headers['lambda-runtime-trace-id']).toMatch(
      /^Root=1-[\da-f]{8}-[\da-f]{24};Parent=[\da-f]{16};Sampled=0$/,
    );
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    expect(deadline).toBeGreaterThanOrEqual(before + 5000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 5000);
    for (const name of ['client-context', 'cognito-identity', 'aws-tenant-id']) {
      expect(headers).not.toHaveProperty(`lambda-runtime-${name}`);
    }
    await answer(id, '1');
    expect((await outcome).requestId).toBe(id);
  });

  it('carries what a caller adds', async () => {
    await start();
    const identity = { cognitoIdentityId: 'a', cognitoIdentityPoolId: 'b' };
    void api.invoke(undefined, {
      clientContext: { custom: { näme: '\n€' } },
      identity,
      tenantId: 'tenant-7',
      traceId: 'Root=1-2-3',
    });
    const { headers, text: json } = await send('GET', 'invocation/next');
    expect(json).toBe('null');
    expect(JSON.parse(String(headers['lambda-runtime-client-context']))).toEqual({
      custom: { näme: '\n€' },
    });
    expect(JSON.parse(String(headers['lambda-runtime-cognito-identity']))).toEqual(identity);
    expect(headers['lambda-runtime-aws-tenant-id']).toBe('tenant-7');
    expect(headers['lambda-runtime-trace-id']).toBe('Root=1-2-3');
  });

  it('is waited for', async () => {
    await start();
    const asked = next();
    const outcome = api.invoke('late');
    await answer(await asked, '"answer"');
    expect(text((await outcome).body)).toBe('"answer"');
  });

  it('does not go to a runtime that went away while it waited', async () => {
    await start();
    const { request, reply } = open('GET', 'invocation/next');
    request.end();
    // The server has it for sure when a request sent later on another connection has been answered.
    await send('GET', '/none');
    request.destroy();
    await expect(reply).rejects.toThrow(HUNG_UP);
    await send('GET', '/none');
    const outcome = api.invoke('event');
    await answer(await next(), '2');
    expect((await outcome).kind).toBe('buffered');
  });

  it('is refused where Lambda would refuse it', async () => {
    await start();
    await expect(api.invoke('x'.repeat(6 * 1024 * 1024))).rejects.toThrow(RangeError);
    const outcome = api.invoke('x'.repeat(6 * 1024 * 1024 - 2));
    await answer(await next(), '1');
    expect((await outcome).kind).toBe('buffered');
  });
});

describe('several events', () => {
  it('come one at a time', async () => {
    await start();
    const outcomes = [api.invoke('a'), api.invoke('b')];
    const first = await next();
    const { request, reply } = open('GET', 'invocation/next');
    request.end();
    await send('GET', '/none');
    await answer(first, '"A"');
    const { headers, text: json } = await reply;
    expect(json).toBe('"b"');
    await answer(String(headers['lambda-runtime-aws-request-id']), '"B"');
    const results = await Promise.all(outcomes);
    expect(results.map(({ body }) => text(body))).toEqual(['"A"', '"B"']);
    expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it('come together where the function says so, and are answered in any order', async () => {
    await start({ concurrency: 2 });
    const outcomes = ['a', 'b', 'c'].map((event) => api.invoke(event));
    const [first, second] = [await next(), await next()];
    const third = next();
    await answer(second, '"B"');
    await answer(await third, '"C"');
    await answer(first, '"A"');
    const results = await Promise.all(outcomes);
    expect(results.map(({ body }) => text(body))).toEqual(['"A"', '"B"', '"C"']);
  });
});

describe('a buffered response', () => {
  it('is accepted and handed on with its headers', async () => {
    await start();
    const outcome = api.invoke('event');
    const id = await next();
    const reply = await answer(encodeURIComponent(id), '{"ü":1}', {
      'content-type': 'application/json',
    });
    expect(reply).toMatchObject({ status: 202, text: '{"status":"OK"}\n' });
    const result = await outcome;
    expect(result).toMatchObject({
      kind: 'buffered',
      contentType: 'application/json',
      prelude: undefined,
      payload: undefined,
      error: undefined,
      truncated: false,
      trailers: {},
    });
    expect(text(result.body)).toBe('{"ü":1}');
    expect(result.requestHeaders['content-length']).toBe('8');
    expect(result.rawHeaders).toContain('content-type');
    expect(result.firstByteMs).toBe(result.chunks[0]?.atMs);
  });

  it.each([
    ['with its length', { 'content-length': String(LIMIT + 1) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('may not be over 6 MiB and 100 bytes (%s)', async (_, headers) => {
    await start();
    const outcome = api.invoke('event');
    const id = await next();
    // The rest of the connection is still good.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    const { request, reply } = open('POST', `invocation/${id}/response`, headers, agent);
    request.end('x'.repeat(LIMIT + 1));
    expect(problem(await reply)).toEqual([413, 'RequestEntityTooLarge']);
    expect(await outcome).toMatchObject({
      kind: 'error',
      error: { errorType: 'Function.ResponseSizeTooLarge' },
    });
    const again = open('GET', '/none', {}, agent);
    again.request.end();
    expect((await again.reply).status).toBe(404);
  });

  it('may be just that long', async () => {
    await start();
    const outcome = api.invoke('event');
    expect((await answer(await next(), 'x'.repeat(LIMIT))).status).toBe(202);
    expect((await outcome).body).toHaveLength(LIMIT);
  });
});

describe('a refusal', () => {
  it.each(['response', 'error'])('of a wrong or finished id (%s)', async (action) => {
    await start();
    const outcome = api.invoke('event');
    const id = await next();
    const refused: unknown[] = [];
    for (const wrong of ['00000000-0000-4000-8000-000000000000', '%zz']) {
      refused.push(problem(await send('POST', `invocation/${wrong}/${action}`)));
    }
    await answer(id, '1');
    await outcome;
    refused.push(problem(await send('POST', `invocation/${id}/${action}`)));
    expect(refused).toEqual(Array.from({ length: 3 }, () => [400, 'InvalidRequestID']));
  });

  it('of an answer before any question, and of a failed start after one', async () => {
    await start();
    void api.invoke('event');
    const early = await answer('00000000-0000-4000-8000-000000000000', '1');
    expect(problem(early)).toEqual([403, 'InvalidStateTransition']);
    await next();
    expect(problem(await send('POST', 'init/error'))).toEqual([403, 'InvalidStateTransition']);
  });

  it('of a second answer while the first is arriving', async () => {
    await start();
    const { onChunk, done } = arrival(3);
    const outcome = api.invoke('event', { onChunk });
    const id = await next();
    const { request, reply } = open('POST', `invocation/${id}/response`, STREAM);
    request.write('one');
    await done;
    expect(problem(await answer(id, '1'))).toEqual([403, 'InvalidStateTransition']);
    request.end();
    expect((await reply).status).toBe(202);
    expect(text((await outcome).body)).toBe('one');
  });

  it('of an unknown response mode, after which the invocation can still be answered', async () => {
    await start();
    const outcome = api.invoke('event');
    const id = await next();
    const mode = { 'Lambda-Runtime-Function-Response-Mode': 'streamed' };
    expect(problem(await answer(id, '1', mode))).toEqual([400, 'InvalidFunctionResponseMode']);
    await answer(id, '2', { 'Lambda-Runtime-Function-Response-Mode': 'Buffered' });
    expect(text((await outcome).body)).toBe('2');
  });

  it.each([
    ['POST', 'invocation/next', 405],
    ['GET', 'invocation/1/response', 405],
    ['GET', 'init/error', 405],
    ['GET', 'invocation/1', 404],
    ['GET', '/', 404],
    ['GET', '/2015-03-31/functions/function/invocations', 404],
  ])('of %s %s', async (method, path, status) => {
    await start();
    expect((await send(method, path)).status).toBe(status);
  });
});

describe('a streamed response', () => {
  async function stream(
    headers: Record<string, string | string[]>,
    body: readonly (string | Uint8Array)[],
    trailers?: Record<string, string>,
  ): Promise<InvocationResult> {
    await start();
    const outcome = api.invoke('event');
    const { request, reply } = open('POST', `invocation/${await next()}/response`, headers);
    for (const block of body) request.write(block);
    if (trailers) request.addTrailers(trailers);
    request.end();
    expect((await reply).status).toBe(202);
    return await outcome;
  }

  it('has a prelude, which ends at the first eight NULs, where its type is for HTTP', async () => {
    const head = { statusCode: 201, headers: { 'X-A': 'é' }, cookies: ['a=1'] };
    const nul = new Uint8Array(8);
    const result = await stream(HTTP_STREAM, [JSON.stringify(head), nul, '\0one', nul, 'two']);
    expect(result).toMatchObject({ kind: 'streamed', prelude: head, truncated: false });
    expect(text(result.payload)).toBe(`\0one${'\0'.repeat(8)}two`);
    expect(text(result.body)).toBe(
      `${JSON.stringify(head)}${'\0'.repeat(9)}one${'\0'.repeat(8)}two`,
    );
  });

  it.each([
    ['of another type', STREAM, `{}${'\0'.repeat(8)}`],
    ['without the NULs', HTTP_STREAM, `{}${'\0'.repeat(7)}x`],
    ['without JSON', HTTP_STREAM, `{,}${'\0'.repeat(8)}x`],
    ['of nothing', HTTP_STREAM, ''],
  ])('has none %s', async (_, headers, body) => {
    const result = await stream(headers, [body]);
    expect(result).toMatchObject({ kind: 'streamed', prelude: undefined, payload: undefined });
    expect(text(result.body)).toBe(body);
  });

  it('may be longer than a buffered one', async () => {
    const result = await stream(STREAM, [new Uint8Array(LIMIT + 1)]);
    expect(result.body).toHaveLength(LIMIT + 1);
  });

  it('can fail in its trailers, at any length', async () => {
    const error = { errorType: 'RangeError', errorMessage: 'böse', trace: ['x'.repeat(100_000)] };
    const names = [
      'Lambda-Runtime-Function-Error-Type',
      'Lambda-Runtime-Function-Error-Body',
    ] as const;
    const result = await stream({ ...STREAM, Trailer: [...names] }, ['part'], {
      [names[0]]: 'RangeError',
      [names[1]]: Buffer.from(JSON.stringify(error)).toString('base64'),
    });
    expect(result).toMatchObject({ kind: 'streamed', error, truncated: true });
    expect(text(result.body)).toBe('part');
    expect(result.trailers).toHaveProperty(names[0].toLowerCase(), 'RangeError');
  });

  it('can fail without saying how', async () => {
    const trailers = { 'Lambda-Runtime-Function-Error-Type': 'Oops' };
    const { error } = await stream({ ...STREAM, Trailer: Object.keys(trailers) }, ['x'], trailers);
    expect(error).toEqual({ errorType: 'Oops', errorMessage: '', trace: [] });
  });

  it('is truncated if its connection is cut', async () => {
    await start();
    const { onChunk, done } = arrival(4);
    const outcome = api.invoke('event', { onChunk });
    const { request } = open('POST', `invocation/${await next()}/response`, STREAM);
    request.write('half');
    await done;
    request.destroy();
    const result = await outcome;
    expect(result).toMatchObject({
      kind: 'streamed',
      truncated: true,
      error: { errorType: 'TruncatedHTTPRequest' },
    });
    expect(text(result.body)).toBe('half');
  });

  it('tells when each piece came', async () => {
    await start();
    const released: (() => void)[] = [];
    const outcome = api.invoke('event', { onChunk: () => released.shift()?.() });
    const { request } = open('POST', `invocation/${await next()}/response`, STREAM);
    for (const block of ['one', 'two', 'three']) {
      const came = new Promise<void>((resolve) => released.push(resolve));
      request.write(block);
      await came;
    }
    request.end();
    const { chunks, firstByteMs } = await outcome;
    expect(chunks.map(({ bytes }) => text(bytes))).toEqual(['one', 'two', 'three']);
    const times = chunks.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBe(firstByteMs);
  });

  it('is read no faster than its reader wants', async () => {
    await start();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const total = 64 * 1024 * 1024; // much more than sockets hold
    const { onChunk, done } = arrival(1);
    const outcome = api.invoke('event', {
      onChunk: (chunk) => {
        onChunk(chunk);
        return held;
      },
    });
    const { request } = open('POST', `invocation/${await next()}/response`, STREAM);
    let finished = false;
    request.end(new Uint8Array(total), () => (finished = true));
    await done;
    // Enough requests for all of it to have come through, if anything did.
    for (let i = 0; i < 50; i++) await send('GET', '/none');
    expect(finished).toBe(false);
    release();
    expect((await outcome).body).toHaveLength(total);
  });

  it('is cut off when its reader throws', async () => {
    await start();
    const outcome = api.invoke('event', {
      onChunk: () => {
        throw new Error('enough');
      },
    });
    outcome.catch(() => {});
    const { request, reply } = open('POST', `invocation/${await next()}/response`, STREAM);
    request.write('one');
    await expect(outcome).rejects.toThrow('enough');
    await expect(reply).rejects.toThrow(HUNG_UP);
    // And the next event is not held up.
    const after = api.invoke('event');
    await answer(await next(), '1');
    expect((await after).kind).toBe('buffered');
  });
});

describe('an error', () => {
  const error = { errorType: 'TypeError', errorMessage: 'böse', trace: ['at a', 'at b'] };
  const type = { 'Lambda-Runtime-Function-Error-Type': 'Custom.Type' };

  it.each<[string, string, Record<string, string>, unknown]>([
    ['with its trace', JSON.stringify(error), {}, error],
    [
      'of a custom runtime',
      '{"errorType":"E","errorMessage":"m","stackTrace":["s"]}',
      {},
      { errorType: 'E', errorMessage: 'm', trace: ['s'] },
    ],
    [
      'by its header',
      '{"errorMessage":"m"}',
      type,
      { errorType: 'Custom.Type', errorMessage: 'm', trace: [] },
    ],
    ['that is no JSON', 'oops', {}, { errorType: 'Runtime.Unknown', errorMessage: '', trace: [] }],
    ['that is null', 'null', {}, { errorType: 'Runtime.Unknown', errorMessage: '', trace: [] }],
  ])('is reported %s', async (_, body, headers, reported) => {
    await start();
    const outcome = api.invoke('event');
    const reply = await send('POST', `invocation/${await next()}/error`, body, headers);
    expect(reply).toMatchObject({ status: 202, text: '{"status":"OK"}\n' });
    const result = await outcome;
    expect(result).toMatchObject({ kind: 'error', error: reported, truncated: false });
    expect(text(result.body)).toBe(body);
  });
});

describe('a start that fails', () => {
  const error = { errorType: 'Runtime.ImportModuleError', errorMessage: 'no module', trace: [] };
  const body = JSON.stringify(error);

  it('ends the events that wait', async () => {
    await start();
    const outcomes = [api.invoke('a'), api.invoke('b')];
    expect((await send('POST', 'init/error', body)).status).toBe(202);
    for (const result of await Promise.all(outcomes)) {
      expect(result).toMatchObject({ kind: 'init-error', error });
      expect(result.requestId).toMatch(UUID);
    }
  });

  it('ends the next event, if none waits, and no more', async () => {
    await start();
    await send('POST', 'init/error', body);
    expect(problem(await send('GET', 'invocation/next'))).toEqual([403, 'InvalidStateTransition']);
    api.reportExit('exit status 1');
    expect(await api.invoke('a')).toMatchObject({ kind: 'init-error', error });
    const outcome = api.invoke('b');
    await answer(await next(), '1');
    expect((await outcome).kind).toBe('buffered');
  });
});

describe('a timeout', () => {
  it('ends an invocation, whose answer then comes too late', async () => {
    await start();
    const outcome = api.invoke('event', { timeoutMs: 10 });
    const id = await next();
    const result = await outcome;
    expect(result).toMatchObject({
      kind: 'timeout',
      truncated: false,
      error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 0.01 seconds' },
    });
    expect(result.body).toHaveLength(0);
    expect(problem(await answer(id, '1'))).toEqual([400, 'InvalidRequestID']);
  });

  it('keeps what had come of a stream, and cuts it', async () => {
    await start();
    const outcome = api.invoke('event', { timeoutMs: 200 });
    const { request, reply } = open('POST', `invocation/${await next()}/response`, HTTP_STREAM);
    request.write(`{"statusCode":200}${'\0'.repeat(8)}half`);
    const result = await outcome;
    expect(result).toMatchObject({ kind: 'timeout', truncated: true });
    expect(result.prelude).toEqual({ statusCode: 200 });
    expect(text(result.payload)).toBe('half');
    await expect(reply).rejects.toThrow(HUNG_UP);
  });
});

describe('a process that ends', () => {
  const gone = {
    kind: 'exited',
    error: {
      errorType: 'Runtime.ExitError',
      errorMessage: 'Runtime exited with error: exit status 1',
    },
  };

  it('ends what it held and what waited for it; another one can start', async () => {
    await start();
    const outcomes = [api.invoke('a'), api.invoke('b')];
    await next();
    api.reportExit('exit status 1');
    for (const result of await Promise.all(outcomes)) expect(result).toMatchObject(gone);
    const early = await answer('00000000-0000-4000-8000-000000000000', '1');
    expect(problem(early)).toEqual([403, 'InvalidStateTransition']);
    const outcome = api.invoke('c');
    await answer(await next(), '1');
    expect((await outcome).kind).toBe('buffered');
  });

  it('ends the next event if it never asked for one', async () => {
    await start();
    api.reportExit('exit status 1');
    expect(await api.invoke('a')).toMatchObject(gone);
  });

  it('leaves a response that is arriving to its connection', async () => {
    await start();
    const { onChunk, done } = arrival(3);
    const outcome = api.invoke('event', { onChunk });
    const { request, reply } = open('POST', `invocation/${await next()}/response`, STREAM);
    request.write('one');
    await done;
    api.reportExit('exit status 1');
    request.end('two');
    await reply;
    expect(text((await outcome).body)).toBe('onetwo');
  });
});

describe('close', () => {
  it('ends what is under way and what waits', async () => {
    await start();
    const outcomes = [api.invoke('a'), api.invoke('b')];
    await next();
    await api.close();
    const results = await Promise.all(outcomes);
    expect(results.map(({ kind }) => kind)).toEqual(['exited', 'exited']);
    await expect(api.invoke('c')).rejects.toThrow('closed');
  });

  it('cuts a response that is arriving', async () => {
    await start();
    const { onChunk, done } = arrival(3);
    const outcome = api.invoke('event', { onChunk });
    const { request, reply } = open('POST', `invocation/${await next()}/response`, STREAM);
    request.write('one');
    await done;
    await api.close();
    await expect(reply).rejects.toThrow(HUNG_UP);
    expect(await outcome).toMatchObject({ kind: 'exited', truncated: true });
  });

  it('hangs up on a runtime that asks', async () => {
    await start();
    const { request, reply } = open('GET', 'invocation/next');
    request.end();
    await send('GET', '/none');
    await api.close();
    await expect(reply).rejects.toThrow(HUNG_UP);
  });
});
