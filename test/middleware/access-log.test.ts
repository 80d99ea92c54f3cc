import { describe, expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { callApplication } from '../../src/core/call.ts';
import { type AccessEntry, accessLog } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { ask, type Ask, bytes, environOf } from './support.ts';

const plain = [['Content-Type', 'text/plain']] as const;

async function entryOf(application: Application, request: Ask = {}): Promise<AccessEntry> {
  const entries: AccessEntry[] = [];
  const format = (entry: AccessEntry): string => {
    entries.push(entry);
    return '';
  };
  const logged = accessLog(application, { format, log: () => {} });
  await callApplication(logged, environOf(request), request.options);
  expect(entries).toHaveLength(1);
  return entries[0]!;
}

async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes('one');
  yield bytes('two');
}

describe('a line', () => {
  const request: Ask = {
    method: 'POST',
    rawPath: '/a b"',
    query: 'x=1',
    remoteAddress: '192.0.2.1',
    headers: { Referer: 'https://example.com/"', 'User-Agent': 'caf\u00e9\\1' },
    environ: { REMOTE_USER: 'some one' },
  };

  it('is in the combined format by default', async () => {
    const log: string[] = [];
    await ask(accessLog(text('hello')), { ...request, log });
    expect(log.join('')).toMatch(
      /^192\.0\.2\.1 - some\\x20one \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "POST \/a%20b\\"\?x=1 HTTP\/1\.1" 200 5 "https:\/\/example\.com\/\\"" "caf\\xc3\\xa9\\\\1"$/,
    );
  });

  it('has dashes for what is not there', async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    await ask(accessLog(text(''), { log, format: 'common' }));
    await ask(accessLog(text(''), { log }));
    expect(lines[0]).toMatch(/^- - - \[.*\] "GET \/ HTTP\/1\.1" 200 -$/);
    expect(lines[1]).toMatch(/ 200 - "-" "-"$/);
  });

  it('cannot be broken by what a client sends', async () => {
    const lines: string[] = [];
    const environ = { HTTP_USER_AGENT: 'a\r\nb\u001b[31m', REQUEST_URI: '/\n' };
    const application = accessLog(text(''), { log: (line) => lines.push(line) });
    await application(environOf({ environ }), () => () => {});
    const body = await application(environOf({ environ }), () => () => {});
    await body.close?.();
    expect(lines[0]).toMatch(/^[\x20-\x7e]*$/);
    expect(lines[0]).toContain('a\\x0d\\x0ab\\x1b[31m');
  });

  it('comes when the response has been closed, once', async () => {
    const log = vi.fn<(line: string) => void>();
    const body = await accessLog(() => stream(), { log })(environOf(), () => () => {});
    for await (const block of body) expect(block).toHaveLength(3);
    expect(log).not.toHaveBeenCalled();
    await body.close?.();
    await body.close?.();
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('that fails is no reason to fail', async () => {
    const log: string[] = [];
    const broken = accessLog(text('fine'), {
      log: () => {
        throw new Error('disk full');
      },
    });
    expect((await ask(broken, { log })).text).toBe('fine');
    expect(log.join()).toBe('accessLog: Error: disk full');
  });
});

describe('an entry', () => {
  it('says what happened', async () => {
    const entry = await entryOf(text('hello'), { environ: { 'gatecall.request_id': 'id-1' } });
    expect(entry).toMatchObject({
      method: 'GET',
      target: '/',
      status: 200,
      bytes: 5,
      complete: true,
      requestId: 'id-1',
    });
    expect(entry.time).toBeInstanceOf(Date);
    expect(entry.duration).toBeGreaterThanOrEqual(0);
  });

  it('has the user that the application found', async () => {
    const entry = await entryOf((environ, startResponse) => {
      environ.REMOTE_USER = 'ann';
      environ.REQUEST_METHOD = 'CHANGED';
      return text('')(environ, startResponse);
    });
    expect([entry.user, entry.method]).toEqual(['ann', 'GET']);
  });

  const declared: Application = (_environ, startResponse) => {
    startResponse('200 OK', [...plain, ['Content-Length', '4']]);
    return [bytes('longer')];
  };
  const writing: Application = (_environ, startResponse) => {
    const write = startResponse('200 OK', plain);
    void write(bytes('one'));
    return [bytes('two')];
  };
  const started: Application = (_environ, startResponse) => {
    startResponse('200 OK', plain);
    return stream();
  };
  it.each<[string, Application, Ask, number, number, boolean]>([
    ['a list', text('hello'), {}, 200, 5, true],
    ['a stream', started, {}, 200, 6, true],
    ['writes', writing, {}, 200, 6, true],
    ['HEAD', writing, { method: 'HEAD' }, 200, 0, true],
    [
      'a 304',
      (_environ, startResponse) => (startResponse('304 Not Modified', []), [bytes('x')]),
      {},
      304,
      0,
      true,
    ],
    ['more than declared', declared, {}, 200, 4, true],
    [
      'a failure',
      () => {
        throw new Error('no');
      },
      {},
      500,
      0,
      false,
    ],
    ['a failure later', () => Promise.reject(new Error('no')), {}, 500, 0, false],
    [
      'a failure after the start',
      (_environ, startResponse) => {
        startResponse('200 OK', plain);
        throw new Error('no');
      },
      {},
      500,
      0,
      false,
    ],
    [
      'a failure in the body',
      (_environ, startResponse) => {
        startResponse('200 OK', plain);
        return (async function* () {
          yield bytes('one');
          throw new Error('no');
        })();
      },
      {},
      200,
      3,
      false,
    ],
    [
      'a failure before the first block',
      (_environ, startResponse) => {
        startResponse('200 OK', plain);
        return (async function* () {
          throw new Error('no');
        })();
      },
      {},
      500,
      0,
      false,
    ],
  ])('after %s', async (_what, application, request, status, count, complete) => {
    expect(await entryOf(application, request)).toMatchObject({ status, bytes: count, complete });
  });

  it('after a client that left', async () => {
    const controller = new AbortController();
    const leaving: Application = (_environ, startResponse) => {
      startResponse('200 OK', plain);
      return (async function* () {
        yield bytes('one');
        controller.abort();
        yield bytes('two');
      })();
    };
    const entry = await entryOf(leaving, { options: { signal: controller.signal } });
    expect(entry).toMatchObject({ status: 200, complete: false });
  });
});

it('has the status of a head that was sent by an empty write', async () => {
  const broken =
    (flush: boolean): Application =>
    async (_environ, startResponse) => {
      const write = startResponse('201 Created', plain);
      if (flush) await write(new Uint8Array(0));
      throw new Error('too late for a 500');
    };
  const { status, bytes: length, complete } = await entryOf(broken(true));
  expect([status, length, complete]).toEqual([201, 0, false]);
  expect((await entryOf(broken(false))).status).toBe(500);
});

it('leaves a list its length', async () => {
  const answer = await callApplication(accessLog(text('hello'), { log: () => {} }), environOf());
  expect(answer.headers).toContainEqual(['Content-Length', '5']);
});

it.each([
  [{ form: 'x' }, /accessLog has no option form; it has format, log/],
  [{ format: 'json' }, /as option format/],
])('refuses %j', (options, message) => {
  expect(() => accessLog(text(''), options as never)).toThrow(message);
});
