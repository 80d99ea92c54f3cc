import { describe, expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { callApplication } from '../../src/core/call.ts';
import { DeadlineExceeded } from '../../src/core/errors.ts';
import { timeout } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { ask, bytes, environOf, show } from './support.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const plain = [['Content-Type', 'text/plain']] as const;

describe('an application that takes too long', () => {
  it.each<[string, Application]>([
    [
      'to return',
      async (environ, startResponse) => {
        await pause(200);
        return text('late')(environ, startResponse);
      },
    ],
    [
      'to yield',
      (_environ, startResponse) => {
        startResponse('200 OK', plain);
        return (async function* () {
          yield new Uint8Array(0);
          await pause(200);
          yield bytes('late');
        })();
      },
    ],
    ['for ever', () => new Promise(() => {})],
  ])('%s is answered for', async (_what, application) => {
    const log: string[] = [];
    const answer = await ask(timeout(application, { ms: 30 }), { log });
    expect([answer.status, answer.text]).toEqual([503, 'Service Unavailable\n']);
    expect(log.join()).toBe('GET /: the application took longer than 30 ms');
  });

  it('is told, and its late body is closed', async () => {
    const close = vi.fn<() => void>();
    let reason: unknown;
    let done = (): void => {};
    const finished = new Promise<void>((resolve) => (done = resolve));
    const application: Application = async (environ, startResponse) => {
      const signal = environ['gatecall.signal'] as AbortSignal;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      reason = signal.reason;
      expect(() => startResponse('200 OK', plain)).toThrow(DeadlineExceeded);
      setTimeout(done);
      return Object.assign([bytes('late')], { close });
    };
    expect((await ask(timeout(application, { ms: 20 }))).status).toBe(503);
    await finished;
    expect(reason).toBeInstanceOf(DeadlineExceeded);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('has its iterator stopped and its body closed', async () => {
    const events: string[] = [];
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => (events.push('return'), new Promise<never>(() => {})),
      }),
      close: () => void events.push('close'),
    };
    const application: Application = (_environ, startResponse) => {
      startResponse('200 OK', plain);
      return body;
    };
    const response = await callApplication(timeout(application, { ms: 20 }), environOf());
    expect([response.status, events]).toEqual(['503 Service Unavailable', ['return', 'close']]);
  });
});

describe('an application that has begun', () => {
  const slow: Application = (_environ, startResponse) => {
    startResponse('200 OK', plain);
    return (async function* () {
      yield bytes('one ');
      await pause(60);
      yield bytes('two');
    })();
  };

  it('may go on', async () => {
    expect((await ask(timeout(slow, { ms: 20 }))).text).toBe('one two');
  });

  it('breaks off where the end counts', async () => {
    const log: string[] = [];
    const bounded = timeout(slow, { ms: 20, until: 'end' });
    await expect(ask(bounded, { log, options: { throwErrors: true } })).rejects.toThrow(
      /took longer than 20 ms/,
    );
  });

  it('by writing may go on too', async () => {
    const application: Application = async (_environ, startResponse) => {
      const write = startResponse('200 OK', plain);
      await write(bytes('one '));
      await pause(60);
      await write(bytes('two'));
      return [];
    };
    expect((await ask(timeout(application, { ms: 20 }))).text).toBe('one two');
  });
});

describe('a head that was sent by an empty write', () => {
  const silent: Application = async (_environ, startResponse) => {
    void startResponse('200 OK', plain)(new Uint8Array(0));
    await pause(60);
    return [bytes('event')];
  };

  it('has begun the response, which may take its time', async () => {
    const answer = await ask(timeout(silent, { ms: 20 }));
    expect([answer.status, answer.text]).toEqual([200, 'event']);
  });

  it('is no answer where the end counts', async () => {
    const heads: string[] = [];
    const bounded = timeout(silent, { ms: 20, until: 'end' });
    const call = async (): Promise<unknown> =>
      bounded(environOf(), (status, _headers, error) => {
        if (heads.length > 0) throw error;
        heads.push(status);
        return () => {};
      });
    // The 503 would come too late: the response breaks off.
    await expect(call()).rejects.toThrow(/took longer than 20 ms/);
    expect(heads).toEqual(['200 OK']);
  });
});

it('leaves no timer behind', async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  const before = timers();
  const failing: Application = () => Promise.reject(new Error('no'));
  const generator: Application = function* (_environ, startResponse) {
    startResponse('200 OK', plain);
    yield bytes('x');
  };
  for (const application of [text('x'), generator, failing]) {
    await callApplication(timeout(application, { ms: 60_000 }), environOf());
  }
  expect(timers()).toBe(before);
});

it('passes a signal of the platform on, and lets its deadline be answered by the server', async () => {
  const platform = new AbortController();
  const application: Application = async (environ) => {
    const signal = environ['gatecall.signal'] as AbortSignal;
    platform.abort(new DeadlineExceeded('the platform has no more time'));
    throw signal.reason;
  };
  const environ = environOf({ environ: { 'gatecall.signal': platform.signal } });
  const response = await callApplication(timeout(application, { ms: 1000 }), environ);
  expect([response.status, show(response.body)]).toEqual([
    '504 Gateway Timeout',
    'Gateway Timeout\n',
  ]);
});

it.each([
  [{}, /timeout needs the option ms/],
  [{ seconds: 1 }, /timeout has no option seconds; it has ms, until/],
  [{ ms: 0 }, /as option ms/],
  [{ ms: 2 ** 31 }, /as option ms/],
])('refuses %j', (options, message) => {
  expect(() => timeout(text(''), options as never)).toThrow(message);
});
