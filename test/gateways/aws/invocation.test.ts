import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { closing } from '../../../src/core/response/body.ts';
import { text } from '../../../src/core/response/answers.ts';
import { environOf, fromNodeListener } from '../../../src/bridges/node.ts';
import { type LambdaOptions, toLambdaHandler } from '../../../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, textOf } from '../../../src/testing.ts';
import type { Application, Environ } from '../../../src/types.ts';

const event = lambdaEvent('http-api-2', { target: '/slow?x=1' });
const answered = async (
  application: Application,
  { ms = 400, ...options }: LambdaOptions & { ms?: number } = {},
): Promise<{ status: number; body: string; log: string }> => {
  let log = '';
  const handler = toLambdaHandler(application, {
    log: (message) => void (log += `${message}\n`),
    ...options,
  });
  const end = performance.now() + ms;
  const context = { getRemainingTimeInMillis: () => end - performance.now() };
  const response = lambdaResponse('http-api-2', await handler(event, context));
  return { status: response.status, body: textOf(response), log };
};
const signalOf = (environ: Environ): AbortSignal => environ['gatecall.signal'] as AbortSignal;
const never = new Promise<never>(() => {});
function* endless(size = 0): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(size);
}

describe('the deadline', () => {
  it('ends a promise that never settles in a 504, with the reason in the log', async () => {
    const { status, body, log } = await answered(() => never);
    expect(status).toBe(504);
    expect(body).toBe('Gateway Timeout\n');
    expect(log).toMatch(/^GET \/slow\?x=1: DeadlineExceeded: no answer \d+ ms before/);
  });

  it('ends a body that never goes on, and closes it', async () => {
    const close = vi.fn<() => void>();
    const { status } = await answered((_, startResponse) => {
      startResponse('200 OK', []);
      return {
        async *[Symbol.asyncIterator]() {
          yield new Uint8Array(3);
          await never;
        },
        close,
      };
    });
    expect(status).toBe(504);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('warns first, so that an application can answer in time itself', async () => {
    const { status, body, log } = await answered(async (environ, startResponse) => {
      const signal = signalOf(environ);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return text(String((signal.reason as Error).name), { status: '503 Service Unavailable' })(
        environ,
        startResponse,
      );
    });
    expect({ status, body, log }).toEqual({ status: 503, body: 'DeadlineExceeded', log: '' });
  });

  it('closes the body that comes too late', async () => {
    const close = vi.fn<() => void>();
    const { status } = await answered(async () => {
      await sleep(500);
      return { [Symbol.iterator]: () => [][Symbol.iterator](), close };
    });
    expect(status).toBe(504);
    await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1), { timeout: 5000 });
  });

  it('is in time for an application that computed before it waited', async () => {
    const { status } = await answered(
      () => {
        const end = performance.now() + 200;
        while (performance.now() < end);
        return never;
      },
      { ms: 400 },
    );
    expect(status).toBe(504);
  });

  it.each([
    ['a list without an end', (): Iterable<Uint8Array> => endless()],
    [
      'promises that settle at once',
      async function* (): AsyncGenerator<Uint8Array> {
        yield* endless();
      },
    ],
  ])('comes for %s, beside which no timer fires', async (_, body) => {
    const close = vi.fn<() => void>();
    const { status, log } = await answered((_, startResponse) => {
      startResponse('200 OK', []);
      return closing(body(), close);
    });
    expect(status).toBe(504);
    expect(log).toContain('DeadlineExceeded: no answer');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('does not touch the next invocation', async () => {
    let calls = 0;
    const application: Application = (environ, startResponse) =>
      calls++ === 0 ? never : text('next')(environ, startResponse);
    const handler = toLambdaHandler(application, { log: () => {} });
    const context = { getRemainingTimeInMillis: () => 60 };
    expect((await handler(event, context)) as object).toMatchObject({ statusCode: 504 });
    expect((await handler(event, context)) as object).toMatchObject({ body: 'next' });
  });

  it('does not come with a margin of 0, nor without a clock in the context', async () => {
    const seen: unknown[] = [];
    const application: Application = (environ, startResponse) => {
      seen.push('gatecall.signal' in environ);
      return text('x')(environ, startResponse);
    };
    await answered(application, { deadlineMargin: 0 });
    await toLambdaHandler(application)(event);
    await answered(application);
    expect(seen).toEqual([false, false, true]);
  });

  it('comes for each of several invocations at its own time', async () => {
    const handler = toLambdaHandler(() => never, { log: () => {} });
    const order: number[] = [];
    const invoke = async (ms: number): Promise<void> => {
      const end = performance.now() + ms;
      const context = { getRemainingTimeInMillis: () => end - performance.now() };
      expect((await handler(event, context)) as object).toMatchObject({ statusCode: 504 });
      order.push(ms);
    };
    await Promise.all([invoke(500), invoke(200), invoke(350)]);
    await invoke(250);
    expect(order).toEqual([200, 350, 500, 250]);
  });

  it('keeps no process alive when what it watched has ended', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const handler = toLambdaHandler(async (environ, startResponse) => {
      await Promise.resolve();
      expect(timers()).toBe(before + 1);
      return text('x')(environ, startResponse);
    });
    for (let time = 0; time < 3; time++) {
      await handler(event, { getRemainingTimeInMillis: () => 5000 });
      expect(timers()).toBe(before);
    }
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers();
    try {
      await answered(text('x'));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('throws with throwErrors', async () => {
    await expect(answered(() => never, { throwErrors: true })).rejects.toThrow(/no answer/);
  });
});

describe('gatecall.after', () => {
  const after = (environ: Environ, work: PromiseLike<unknown>): void =>
    (environ['gatecall.after'] as (work: PromiseLike<unknown>) => void)(work);

  it('is waited for before the reply returns, and so is the work it asks for', async () => {
    const order: string[] = [];
    await answered((environ, startResponse) => {
      const work = sleep(20).then(() => {
        order.push('first');
        after(
          environ,
          sleep(20).then(() => void order.push('second')),
        );
      });
      after(environ, work);
      return text('x')(environ, startResponse);
    });
    expect(order).toEqual(['first', 'second']);
  });

  it('is logged when it fails, and changes nothing', async () => {
    const { status, log } = await answered((environ, startResponse) => {
      after(environ, Promise.reject(new Error('no queue')));
      return text('x')(environ, startResponse);
    });
    expect(status).toBe(200);
    expect(log).toMatch(/work after the response failed\nError: no queue/);
  });

  it.each([
    ['finish', false],
    ['finish', true],
    ['close', false],
    ['close', true],
  ] as const)('is waited for from a listener of %s (late: %s)', async (event, late) => {
    let done = false;
    const application = fromNodeListener(async (request, response) => {
      response.on(event, () => {
        const work = sleep(30).then(() => {
          done = true;
        });
        after(environOf(request), work);
      });
      if (late) await sleep(3);
      response.end('x');
    });
    await answered(application);
    expect(done).toBe(true);
  });

  it('is also called gatecall.wait_until', async () => {
    let same: unknown;
    await answered((environ, startResponse) => {
      same = environ['gatecall.wait_until'] === environ['gatecall.after'];
      return text('x')(environ, startResponse);
    });
    expect(same).toBe(true);
  });

  it('is given up at the deadline', async () => {
    const { status, log } = await answered((environ, startResponse) => {
      after(environ, never);
      return text('x')(environ, startResponse);
    });
    expect(status).toBe(200);
    expect(log).toMatch(/work after the response failed\nDeadlineExceeded/);
  });
});

describe('a body larger than any reply', () => {
  it('is stopped and closed, and becomes a logged 500', async () => {
    const close = vi.fn<() => void>();
    const { status, body, log } = await answered((_, startResponse) => {
      startResponse('200 OK', []);
      return closing(endless(65_536), close);
    });
    expect({ status, body }).toEqual({ status: 500, body: 'Internal Server Error\n' });
    expect(log).toMatch(/RangeError: the body exceeds the platform's 6291556 bytes/);
    expect(close).toHaveBeenCalledTimes(1);
  });
});

describe('onOversize', () => {
  const huge: Application = text('x'.repeat(7_000_000), { headers: [['X-Name', 'big']] });

  it('answers instead, with what it is told', async () => {
    const { status, body, log } = await answered(huge, {
      onOversize: async ({ status: was, headers, body: bytes, size, limit }) =>
        text(`${was} ${headers.length} ${bytes.length} ${size > limit}`, {
          status: '303 See Other',
        }),
    });
    expect(status).toBe(303);
    expect(body).toBe('200 OK 3 7000000 true');
    expect(log).toContain('bytes once encoded');
  });

  it.each<[string, LambdaOptions['onOversize'], RegExp]>([
    ['throws', () => Promise.reject(new Error('no bucket')), /Error: no bucket/],
    ['is too large again', () => huge, /the answer of onOversize: the reply is/],
  ])('that %s leaves a logged 500', async (_, onOversize, message) => {
    const { status, log } = await answered(huge, onOversize ? { onOversize } : {});
    expect(status).toBe(500);
    expect(log).toMatch(message);
  });
});
