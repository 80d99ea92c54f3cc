import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { callApplication } from '../../../src/core/call.ts';
import { text } from '../../../src/core/response/answers.ts';
import { fileWrapper } from '../../../src/core/request/file-wrapper.ts';
import { omitHeader, setHeader } from '../../../src/http/headers.ts';
import type { Application, ResponseBody } from '../../../src/types.ts';
import {
  type BlockFilter,
  mapHead,
  recover,
  type ResponseStart,
  wrapResponse,
} from '../../../src/core/response/wrap.ts';
import { ask, bytes, environOf, show } from '../../middleware/support.ts';

const plain = [['Content-Type', 'text/plain']] as const;

const returns =
  (body: () => ResponseBody): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', plain);
    return body();
  };

async function* blocks(...contents: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const content of contents) yield bytes(content);
}

const upper: BlockFilter = { block: (block) => bytes(show(block).toUpperCase()) };
const shouting = (application: Application): Application =>
  wrapResponse(application, () => () => ({ body: upper }));

describe('mapHead', () => {
  const tagged = (application: Application): Application =>
    mapHead(application, () => ({ headers, code }) => ({
      status: code === 200 ? '203 Changed' : undefined!,
      headers: setHeader(headers, 'X-Tag', 'one'),
    }));

  it('changes status and headers, and leaves the body the object it is', async () => {
    const list = [bytes('body')];
    const starts: unknown[] = [];
    const body = await tagged(returns(() => list))(environOf(), (...head) => {
      starts.push(head);
      return () => {};
    });
    expect(body).toBe(list);
    expect(starts).toEqual([['203 Changed', [...plain, ['X-Tag', 'one']], undefined]]);
  });

  it('is asked again for the response that replaces one', async () => {
    const answer = await ask(
      tagged((_environ, startResponse) => {
        startResponse('200 OK', plain);
        startResponse('500 Sorry', plain, new Error('the reason'));
        return [];
      }),
    );
    expect([answer.status, answer.header('x-tag')]).toEqual([500, 'one']);
  });

  it('lets the server refuse what is no head, and count the call', async () => {
    const log: string[] = [];
    const application: Application = (_environ, startResponse) => {
      expect(() => startResponse('nonsense', [])).toThrow(/a status is three digits/);
      startResponse('200 OK', plain);
      return [];
    };
    const environ = environOf({ log });
    const response = await callApplication(tagged(application), environ);
    expect(response.status).toBe('500 Internal Server Error');
    expect(log.join()).toMatch(/startResponse\(\) was called twice/);
  });

  it('keeps out where nothing is to be done', async () => {
    const application = vi.fn<Application>(text('plain'));
    const answer = await ask(mapHead(application, () => undefined));
    expect([answer.text, application.mock.calls.length]).toEqual(['plain', 1]);
  });
});

describe('wrapResponse', () => {
  it('tells a list with its length from a stream', async () => {
    const starts: ResponseStart[] = [];
    const noted = (application: Application): Application =>
      wrapResponse(application, () => (start) => {
        starts.push(start);
        return {};
      });
    const environ = environOf();
    await callApplication(noted(returns(() => [bytes('one'), bytes('two')])), environ);
    await callApplication(noted(returns(() => blocks('one'))), environOf());
    await callApplication(
      noted((_environ, startResponse) => {
        const write = startResponse('200 OK', [...plain, ['Content-Length', '3']]);
        void write(bytes('one'));
        return [];
      }),
      environOf(),
    );
    expect(starts.map(({ length, blocks: list }) => [length, list?.length])).toEqual([
      [6, 2],
      [undefined, undefined],
      [3, undefined],
    ]);
  });

  it('leaves a body without a filter the object it is, a file_wrapper too', async () => {
    const file = fileWrapper({ read: () => new Uint8Array(0) });
    const untouched = wrapResponse(
      returns(() => file),
      () => () => ({}),
    );
    expect(await untouched(environOf(), () => () => {})).toBe(file);
  });

  it('filters what is yielded and what is written, in order, though the filter takes its time', async () => {
    const slow: BlockFilter = {
      async block(block) {
        await new Promise((resolve) => setTimeout(resolve, block[0] === 0x61 ? 10 : 1));
        return bytes(show(block).toUpperCase());
      },
      end: () => bytes('!'),
    };
    const answer = await ask(
      wrapResponse(
        (_environ, startResponse) => {
          const write = startResponse('200 OK', plain);
          void write(bytes('a'));
          void write(bytes('b'));
          return blocks('c', '', 'd');
        },
        () => () => ({ body: slow }),
      ),
    );
    expect(answer.text).toBe('ABCD!');
  });

  it('reaches applications that start with their first block', async () => {
    const answer = await ask(
      shouting(async function* (_environ, startResponse) {
        startResponse('200 OK', plain);
        yield bytes('late');
      }),
    );
    expect(answer.text).toBe('LATE');
  });

  it('makes a new filter for a response that replaces one, and closes both', async () => {
    const closed: number[] = [];
    let made = 0;
    const answer = await ask(
      wrapResponse(
        (_environ, startResponse) => {
          startResponse('200 OK', plain);
          return (async function* () {
            startResponse('500 Sorry', plain, new Error('the reason'));
            yield* blocks('sorry');
          })();
        },
        () => () => {
          const number = ++made;
          return { body: { ...upper, close: () => void closed.push(number) } };
        },
      ),
    );
    expect([answer.status, answer.text, closed]).toEqual([500, 'SORRY', [1, 2]]);
  });

  it('throws the error itself once bytes were taken, even where they were dropped', async () => {
    const error = new Error('too late');
    for (const body of [upper, 'drop'] as const) {
      const application = wrapResponse(
        (_environ, startResponse) => {
          const write = startResponse('200 OK', plain);
          void write(bytes('gone'));
          startResponse('500 Sorry', plain, error);
          return [];
        },
        () => () => ({ body }),
      );
      expect(() => application(environOf(), () => () => {})).toThrow(error);
    }
  });

  it('closes the filter when the application fails, and the body when the filter fails', async () => {
    const close = vi.fn<() => void>();
    const failing: BlockFilter = {
      block: () => Promise.reject(new Error('no room')),
      close,
    };
    const closed = vi.fn<() => void>();
    const wrap = (application: Application): Application =>
      wrapResponse(application, () => () => ({ body: failing }));
    const log: string[] = [];
    await callApplication(
      wrap((_environ, startResponse) => {
        void startResponse('200 OK', plain)(bytes('one'));
        throw new Error('broken');
      }),
      environOf({ log }),
    );
    expect(close).toHaveBeenCalledTimes(1);
    await callApplication(
      wrap((_environ, startResponse) => {
        void startResponse('200 OK', plain)(bytes('one'));
        return Object.assign([bytes('two')], { close: closed });
      }),
      environOf({ log }),
    );
    await callApplication(
      wrap(returns(() => Object.assign([bytes('two')], { close: closed }))),
      environOf({ log }),
    );
    expect([close.mock.calls.length, closed.mock.calls.length]).toEqual([3, 2]);
    expect(log.join().match(/no room/g)).toHaveLength(2);
  });

  it('drops a body: not begun where it was announced, left at its first block elsewhere', async () => {
    const drop = (application: Application): Application =>
      wrapResponse(application, () => () => ({ body: 'drop' }));
    const seen: string[] = [];
    const announced = returns(() =>
      Object.assign(blocks('a'), { close: () => void seen.push('1') }),
    );
    expect((await ask(drop(announced))).text).toBe('');
    async function* late(
      ...[, startResponse]: Parameters<Application>
    ): AsyncGenerator<Uint8Array, void, undefined> {
      startResponse('200 OK', plain);
      try {
        yield bytes('a');
        seen.push('asked for more');
      } finally {
        seen.push('2');
      }
    }
    expect((await ask(drop(late))).text).toBe('');
    expect(seen).toEqual(['1', '2']);
  });

  it('destroys a stream that nobody read', async () => {
    const stream = Readable.from([bytes('never')]);
    await ask(
      wrapResponse(
        returns(() => stream),
        () => () => ({ body: 'drop' }),
      ),
    );
    expect(stream.destroyed).toBe(true);
  });

  describe('holds the application to the Content-Length that a filter makes the server forget', () => {
    const unsized = (application: Application): Application =>
      wrapResponse(application, () => ({ headers }) => ({
        headers: omitHeader(headers, 'content-length'),
        body: upper,
      }));
    const declaring = (length: number, body: () => ResponseBody): Application => {
      return (_environ, startResponse) => {
        startResponse('200 OK', [...plain, ['Content-Length', String(length)]]);
        return body();
      };
    };

    it('cut where it is too long', async () => {
      const log: string[] = [];
      let asked = 0;
      async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
        for (;;) {
          asked++;
          yield bytes('abcd');
        }
      }
      const response = await callApplication(unsized(declaring(6, body)), environOf({ log }));
      expect([show(response.body), asked]).toEqual(['ABCDAB', 2]);
      expect(log.join()).toMatch(/longer than its Content-Length/);
    });

    it('a failure where it is too short', async () => {
      const log: string[] = [];
      const short = unsized(declaring(6, () => blocks('abcd')));
      const response = await callApplication(short, environOf({ log }));
      expect(response.status).toBe('500 Internal Server Error');
      expect(log.join()).toMatch(/ended 2 bytes before its Content-Length/);
    });

    it('refused where more is written', async () => {
      const application = unsized((_environ, startResponse) => {
        const write = startResponse('200 OK', [...plain, ['Content-Length', '2']]);
        expect(() => write(bytes('abc'))).toThrow(/past the declared Content-Length/);
        // Nothing of it was sent, so the response may still be another.
        startResponse('200 OK', [...plain, ['Content-Length', '2']], new Error('too long'));
        void write(bytes('ab'));
        return [];
      });
      expect((await ask(application)).text).toBe('AB');
    });

    it('but for HEAD, whose body is none', async () => {
      const answer = await ask(unsized(declaring(6, () => [])), { method: 'HEAD' });
      expect(answer.status).toBe(200);
    });
  });

  it('says what an application must not do', async () => {
    const bad: Application = (_environ, startResponse) => {
      const write = startResponse('200 OK', plain);
      expect(() => startResponse('200 OK', plain)).toThrow(/called twice/);
      expect(() => write('text' as never)).not.toThrow();
      queueMicrotask(() => expect(() => write(bytes('late'))).toThrow(/after the application/));
      return [];
    };
    await shouting(bad)(environOf(), () => () => {});
    await Promise.resolve();
    expect.assertions(3);
  });
});

describe('recover', () => {
  const saved = (application: Application): Application =>
    recover(application, (error) =>
      String(error).includes('pass') ? undefined : text('saved', { status: '500 Saved' }),
    );

  it.each<[string, Application]>([
    [
      'the call',
      () => {
        throw new Error('at once');
      },
    ],
    ['its promise', () => Promise.reject(new Error('later'))],
    [
      'a started call',
      (_environ, startResponse) => {
        startResponse('200 OK', plain);
        throw new Error('started');
      },
    ],
    [
      'the first block',
      returns(async function* () {
        yield new Uint8Array(0);
        throw new Error('first');
      }),
    ],
    [
      'a synchronous body',
      returns(function* () {
        throw new Error('sync');
      }),
    ],
  ])('answers for %s', async (_where, application) => {
    const answer = await ask(saved(application));
    expect([answer.status, answer.reason, answer.text]).toEqual([500, 'Saved', 'saved']);
  });

  it('gives the error on, and closes what it discards', async () => {
    const error = new Error('the reason');
    const close = vi.fn<() => void>();
    const starts: unknown[] = [];
    const broken = returns(() => ({
      [Symbol.iterator]: () => ({
        next: () => {
          throw error;
        },
      }),
      close,
    }));
    const body = await saved(broken)(environOf(), (status, _headers, given) => {
      starts.push([status, given]);
      return () => {};
    });
    for await (const block of body) expect(show(block)).toBe('saved');
    await body.close?.();
    expect(starts).toEqual([
      ['200 OK', undefined],
      ['500 Saved', error],
    ]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Application]>([
    [
      'what was sent',
      returns(async function* () {
        yield bytes('sent');
        throw new Error('late');
      }),
    ],
    [
      'what was written',
      (_environ, startResponse) => {
        void startResponse('200 OK', plain)(bytes('written'));
        throw new Error('late');
      },
    ],
    [
      'what is not for it',
      () => {
        throw new Error('pass');
      },
    ],
  ])('lets pass %s', async (_what, application) => {
    const log: string[] = [];
    const options = { throwErrors: true } as const;
    await expect(ask(saved(application), { log, options })).rejects.toThrow(/late|pass/);
  });

  it('leaves a list the object it is', async () => {
    const list = [bytes('fine')];
    expect(await saved(returns(() => list))(environOf(), () => () => {})).toBe(list);
  });
});
