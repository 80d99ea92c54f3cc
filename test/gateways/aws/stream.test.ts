/**
 * The streaming handler and its stream: the head at once, and what becomes of a stream that fails
 * or has no reader.
 */
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type LambdaOptions, toStreamingLambdaHandler } from '../../../src/gateways/aws.ts';
import type { ResponseStream } from '../../../src/gateways/aws/stream-writer.ts';
import { lambdaEvent, type LambdaSource } from '../../../src/aws-model.ts';
import { startRuntimeApi } from '../../../src/local/runtime-api.ts';
import type { Application, AsyncResponseBody } from '../../../src/types.ts';
import { answers, encode } from './support.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/**
 * A stream as the runtime makes it: a request to the Runtime API, of which `peer` is the other end.
 */
async function streamTo(
  peer: (request: IncomingMessage) => void,
): Promise<ResponseStream & { emit(event: string, ...given: unknown[]): boolean }> {
  const server = createServer((incoming) => {
    incoming.on('error', () => undefined);
    peer(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST' });
  open.push(() => {
    outgoing.destroy();
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(outgoing, { setContentType: () => undefined });
}

interface Outcome {
  ended: 'resolved' | Error;
  log: string;
  ms: number;
}

async function invoke(
  application: Application,
  stream: ResponseStream,
  source: LambdaSource = 'function-url',
  options: LambdaOptions = {},
  remaining = 60_000,
): Promise<Outcome> {
  let log = '';
  const handler = toStreamingLambdaHandler(application, {
    log: (message) => void (log += `${message}\n`),
    ...options,
  });
  const start = performance.now();
  const context = { getRemainingTimeInMillis: () => start + remaining - performance.now() };
  const call = handler as unknown as (...given: unknown[]) => Promise<unknown>;
  const ended = await call(lambdaEvent(source), stream, context).then(
    () => 'resolved' as const,
    (error: unknown) => error as Error,
  );
  return { ended, log, ms: performance.now() - start };
}

/** A body that says when it was closed. */
function closable(
  blocks: () => AsyncGenerator<Uint8Array>,
): AsyncResponseBody & { closed: number } {
  const body = {
    closed: 0,
    [Symbol.asyncIterator]: blocks,
    close: () => void body.closed++,
  };
  return body;
}

function serving(body: ReturnType<Application>): Application {
  return (_, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return body;
  };
}

const LOST = /^GET \S+: the response stream failed\n/;

describe.each([0, 500])('with a deadline margin of %d, a stream', (deadlineMargin) => {
  it('whose peer dies between two blocks is left at once', async () => {
    const body = closable(async function* () {
      yield encode('x');
      await sleep(800);
      yield encode('y');
    });
    const stream = await streamTo((incoming) => {
      incoming.resume();
      incoming.once('data', () => incoming.socket.destroy());
    });
    const { ended, log, ms } = await invoke(serving(body), stream, 'function-url', {
      deadlineMargin,
    });
    expect(ended).toBeInstanceOf(Error);
    expect((ended as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    expect(ms).toBeLessThan(10_000);
    expect(log).toMatch(LOST);
    expect(log).not.toMatch(/Deadline|timeout/i);
    await expect.poll(() => body.closed).toBe(1);
  });

  it('whose reader dies under back-pressure is left at once', async () => {
    let blocks = 0;
    const body = closable(async function* () {
      for (; ; blocks++) yield new Uint8Array(1 << 20);
    });
    const stream = await streamTo((incoming) => {
      // It reads nothing, until it is gone.
      setTimeout(() => incoming.socket.destroy(), 200);
    });
    const { ended, log, ms } = await invoke(serving(body), stream, 'function-url', {
      deadlineMargin,
    });
    expect(ended).toBeInstanceOf(Error);
    expect(ms).toBeLessThan(10_000);
    expect(blocks).toBeLessThan(100);
    expect(log).toMatch(LOST);
    expect(log).not.toMatch(/Deadline|timeout/i);
    expect(body.closed).toBe(1);
  });

  it('that is closed without an error is left, too', async () => {
    const body = closable(async function* () {
      yield encode('x');
      await sleep(300);
    });
    const stream = await streamTo((incoming) => {
      incoming.resume();
      incoming.once('data', () => stream.emit('close'));
    });
    const { ended, log } = await invoke(serving(body), stream, 'function-url', { deadlineMargin });
    expect(String(ended)).toBe('Error: the response stream was closed before its end');
    expect(log).toMatch(LOST);
    expect(body.closed).toBe(1);
  });
});

it('a stream that fails twice ends no process, and is logged once', async () => {
  const stream = await streamTo((incoming) => {
    incoming.resume();
    incoming.once('data', () => {
      stream.emit('error', new Error('first'));
      stream.emit('error', new Error('second'));
    });
  });
  const { ended, log } = await invoke(
    serving(
      closable(async function* () {
        yield encode('x');
        await sleep(200);
      }),
    ),
    stream,
  );
  expect(String(ended)).toBe('Error: first');
  expect(log.match(/response stream failed/g)).toHaveLength(1);
  expect(log).not.toContain('second');
});

it('an application hears of a stream that has failed', async () => {
  const stream = await streamTo((incoming) => {
    incoming.resume();
    incoming.once('data', () => stream.emit('error', new Error('gone')));
  });
  let reason: unknown;
  const { ended } = await invoke(async (environ, startResponse) => {
    const write = startResponse('200 OK', []);
    const signal = environ['gatecall.signal'] as AbortSignal;
    const told = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await write(encode('x'));
    await told;
    reason = signal.reason;
    return [];
  }, stream);
  expect(String(reason)).toBe('Error: gone');
  expect(String(ended)).toBe('Error: gone');
});

it('a write that the stream refuses is no error of the application', async () => {
  const errors: unknown[] = [];
  const stream = await streamTo((incoming) => void incoming.resume());
  const broken = Object.assign(Object.create(stream) as ResponseStream, {
    write: () => {
      throw new Error('write after end');
    },
  });
  const { ended, log } = await invoke(answers('x'), broken, 'function-url', {
    onError: (error) => void errors.push(error),
  });
  expect(String(ended)).toBe('Error: write after end');
  expect(errors).toEqual([]);
  expect(log).toMatch(LOST);
});

describe('a source that cannot stream', () => {
  it('fails with its stream, and raises no uncaught error', async () => {
    const stream = await streamTo((incoming) => void incoming.resume());
    const application: Application = async (_, startResponse) => {
      stream.emit('error', new Error('gone'));
      startResponse('200 OK', []);
      return [];
    };
    const { ended, log } = await invoke(application, stream, 'alb');
    expect(String(ended)).toBe('Error: gone');
    expect(log).toMatch(LOST);
  });

  it('is not waited for without a reader', async () => {
    const stream = await streamTo((incoming) => {
      setTimeout(() => incoming.socket.destroy(), 100);
    });
    const large = answers(new Uint8Array(4_000_000), [['Content-Type', 'image/png']]);
    const { ended, log, ms } = await invoke(large, stream, 'http-api-2');
    expect(ended).toBeInstanceOf(Error);
    expect(log).toMatch(LOST);
    expect(ms).toBeLessThan(10_000);
  });
});

describe('the head', () => {
  it.each(['function-url', 'rest-api'] as const)(
    'arrives at the Runtime API before the first block: %s',
    async (source) => {
      const api = await startRuntimeApi({ functionName: 'head', concurrency: 1 });
      try {
        const arrived: string[] = [];
        let release = (): void => {};
        const headIsThere = new Promise<void>((resolve) => (release = resolve));
        const invoked = api.invoke(lambdaEvent(source), {
          timeoutMs: 20_000,
          onChunk: (chunk) => {
            arrived.push(Buffer.from(chunk).toString());
            if (arrived.join('').includes('"statusCode":202')) release();
          },
        });
        const { id, deadline } = await nextInvocation(api.address);
        const [host = '', port = ''] = api.address.split(':');
        const outgoing = request({
          host,
          port,
          method: 'POST',
          path: `/2018-06-01/runtime/invocation/${id}/response`,
          headers: { 'Lambda-Runtime-Function-Response-Mode': 'streaming' },
        });
        const stream = Object.assign(outgoing, {
          setContentType: (type: string) => outgoing.setHeader('Content-Type', type),
        }) as unknown as ResponseStream;
        const { ended } = await invoke(
          async (_, startResponse) => {
            const write = startResponse('202 Accepted', [['X-Head', 'yes']]);
            await write(new Uint8Array());
            // Nothing but the head can have let this go on.
            await headIsThere;
            return [encode('block')];
          },
          stream,
          source,
          {},
          deadline - Date.now(),
        );
        expect(ended).toBe('resolved');
        const { prelude, payload } = await invoked;
        expect(prelude).toMatchObject({ statusCode: 202 });
        expect(Buffer.from(payload ?? []).toString()).toBe('block');
      } finally {
        await api.close();
      }
    },
  );

  it('that has left stays: no 504 follows it', async () => {
    const chunks: Buffer[] = [];
    const stream = await streamTo((incoming) =>
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk)),
    );
    const { ended, log } = await invoke(
      async (_, startResponse) => {
        await startResponse('200 OK', [])(new Uint8Array());
        return await new Promise<never>(() => {});
      },
      stream,
      'function-url',
      {},
      400,
    );
    expect(String(ended)).toMatch(/the response broke off/);
    expect(log).toMatch(/DeadlineExceeded: no answer/);
    const text = Buffer.concat(chunks).toString();
    expect(text).toContain('"statusCode":200');
    expect(text).not.toContain('504');
  });
});

async function nextInvocation(address: string): Promise<{ id: string; deadline: number }> {
  const response = await fetch(`http://${address}/2018-06-01/runtime/invocation/next`);
  await response.text();
  return {
    id: response.headers.get('lambda-runtime-aws-request-id') ?? '',
    deadline: Number(response.headers.get('lambda-runtime-deadline-ms')),
  };
}
