import { describe, expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { ContentTooLarge } from '../../src/core/errors.ts';
import { bufferedInput, streamedInput } from '../../src/core/request/input.ts';
import { bodyLimit } from '../../src/middleware.ts';
import type { Application, Environ } from '../../src/types.ts';
import { type Answer, type Ask, ask, bytes, show } from './support.ts';

const echo: Application = async (environ, startResponse) => {
  const body = show(await environ['wsgi.input'].read(1000));
  return text(body)(environ, startResponse);
};
async function* blocks(...parts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of parts) yield bytes(part);
}
/** A body of unknown length. */
const stream = (...parts: string[]): Ask => ({
  method: 'POST',
  input: streamedInput(blocks(...parts)),
});
const send = (request: Ask, application = echo): Promise<Answer> =>
  ask(bodyLimit(application, { bytes: 10 }), { method: 'POST', ...request });

describe('by its length', () => {
  it.each([
    [9, 200],
    [10, 200],
    [11, 413],
  ])('a body of %i bytes is answered with %i', async (length, status) => {
    const application = vi.fn<Application>(echo);
    expect((await send({ body: new Uint8Array(length).fill(97) }, application)).status).toBe(
      status,
    );
    expect(application).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
  });

  it('no body is none', async () => {
    expect((await send({ method: 'GET' })).status).toBe(200);
  });
});

describe('as it comes', () => {
  it('a body within the limit passes', async () => {
    expect((await send(stream('12345', '67890'))).text).toBe('1234567890');
  });

  type Read = (environ: Environ) => Promise<unknown>;
  const ways: [string, Read][] = [
    ['read()', ({ 'wsgi.input': input }) => input.read()],
    ['read(n)', ({ 'wsgi.input': input }) => input.read(11)],
    [
      'small reads',
      async ({ 'wsgi.input': input }) => {
        while ((await input.read(3)).length > 0);
      },
    ],
    [
      'readline()',
      async ({ 'wsgi.input': input }) => {
        while ((await input.readline()).length > 0);
      },
    ],
    ['readlines()', ({ 'wsgi.input': input }) => input.readlines()],
    [
      'iteration',
      async ({ 'wsgi.input': input }) => {
        for await (const line of input) expect(line.length).toBeLessThan(12);
      },
    ],
  ];
  it.each(ways)('a larger one is refused: %s', async (_way, read) => {
    const application: Application = async (environ, startResponse) => {
      await read(environ);
      return text('read')(environ, startResponse);
    };
    for (const parts of [
      ['12345', '678901'],
      ['1\n2\n3\n4\n5\n', '6\n7\n'],
    ]) {
      const answer = await send(stream(...parts), application);
      expect([answer.status, answer.text]).toEqual([413, 'Content Too Large\n']);
    }
  });

  it('holds no more than it must', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) {
        pulled++;
        yield bytes('1234');
      }
    }
    const application: Application = async (environ) => {
      await environ['wsgi.input'].read();
      throw new Error('never');
    };
    expect((await send({ input: streamedInput(endless()) }, application)).status).toBe(413);
    expect(pulled).toBe(3);
  });

  it('goes on failing, and an application may answer itself', async () => {
    const application: Application = async (environ, startResponse) => {
      for (let turn = 0; turn < 2; turn++) {
        await expect(environ['wsgi.input'].read()).rejects.toThrow(ContentTooLarge);
      }
      return text('own', { status: '400 Bad Request' })(environ, startResponse);
    };
    const answer = await send(stream('1234567890123'), application);
    expect([answer.status, answer.text]).toEqual([400, 'own']);
  });

  it('reads the same as without, up to the limit', async () => {
    const application: Application = async (environ, startResponse) => {
      const input = environ['wsgi.input'];
      const seen = [
        await input.readline(2),
        await input.readline(),
        ...(await input.readlines(1)),
        await input.read(),
        await input.read(5),
      ];
      return text(seen.map(show).join('|'))(environ, startResponse);
    };
    expect((await send(stream('ab', 'c\nd\n', 'e'), application)).text).toBe('ab|c\n|d\n|e|');
  });

  it('breaks off what was begun', async () => {
    const application: Application = async function* (environ, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      yield bytes('begun');
      await environ['wsgi.input'].read();
    };
    const options = { throwErrors: true } as const;
    await expect(send({ ...stream('1234567890123'), options }, application)).rejects.toThrow(
      /more than 10 bytes/,
    );
  });
});

it('leaves a buffered input alone', async () => {
  const input = bufferedInput(bytes('12345'));
  const application: Application = (environ, startResponse) =>
    text(String(environ['wsgi.input'] === input))(environ, startResponse);
  const environ = { 'wsgi.input': input, CONTENT_LENGTH: '5' };
  const bounded = bodyLimit(application, { bytes: 10 });
  const made = Object.assign(Object.create(null) as Environ, environ, {
    REQUEST_METHOD: 'POST',
    'gatecall.input_buffered': true,
  });
  const [body] = (await bounded(made, () => () => {})) as Uint8Array[];
  expect(show(body!)).toBe('true');
});

it.each([
  [{}, /bodyLimit needs the option bytes/],
  [{ limit: 1 }, /bodyLimit has no option limit; it has bytes/],
  [{ bytes: 1.5 }, /as option bytes/],
  [{ bytes: '1mb' }, /as option bytes/],
])('refuses %j', (options, message) => {
  expect(() => bodyLimit(echo, options as never)).toThrow(message);
});
