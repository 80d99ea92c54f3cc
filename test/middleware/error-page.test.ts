import { describe, expect, it, vi } from 'vitest';
import { json, text } from '../../src/core/response/answers.ts';
import { ClientDisconnected, DeadlineExceeded } from '../../src/core/errors.ts';
import { errorPage, type ErrorPageOptions } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { type Answer, type Ask, ask, bytes } from './support.ts';

const failing: Application = () => {
  throw new Error('<secret> & more');
};
const get = (
  request: Ask = {},
  options?: ErrorPageOptions,
  application = failing,
): Promise<Answer> => ask(errorPage(application, options), request);
const browser = { headers: { Accept: 'text/html,*/*' } };

describe('the page', () => {
  it('says nothing of the error, the log everything', async () => {
    const log: string[] = [];
    const answer = await get({ ...browser, log, rawPath: '/x', query: 'a=1' });
    expect([answer.status, answer.header('content-type')]).toEqual([
      500,
      'text/html; charset=utf-8',
    ]);
    expect(answer.text).toContain('<h1>Internal Server Error</h1>');
    expect(answer.text).not.toContain('secret');
    expect(log.join()).toMatch(/^GET \/x\?a=1: Error: <secret> & more\n {4}at /);
    expect(log).toHaveLength(1);
  });

  it('is text for who asks for no HTML, and none for HEAD', async () => {
    const answer = await get();
    expect([answer.header('content-type'), answer.text]).toEqual([
      'text/plain; charset=utf-8',
      'Internal Server Error\n',
    ]);
    const bare = await get({ method: 'HEAD' });
    expect([bare.status, bare.text]).toEqual([500, '']);
    const own = await get(
      { method: 'HEAD' },
      {
        page: () => (_environ, startResponse) => (
          startResponse('500 Own', [['Content-Type', 'text/plain']]),
          [bytes('own')]
        ),
      },
    );
    expect([own.reason, own.text]).toEqual(['Own', '']);
  });

  it.each([
    [browser, {}],
    [browser, { debug: true }],
    [{}, {}],
    [{}, { debug: true }],
    [{ method: 'HEAD' }, {}],
  ])('is what it says, and no script: %j %j', async (request, options) => {
    const answer = await get(request, options);
    expect(answer.header('x-content-type-options')).toBe('nosniff');
  });

  it('is logged in one line with its request, whatever the path holds', async () => {
    const log: string[] = [];
    const environ = { PATH_INFO: '/x\nroot logged in\u001b[2J', REQUEST_URI: undefined } as never;
    await get({ log, environ });
    expect(log.join()).toMatch(/^GET \/x\\x0aroot logged in\\x1b\[2J: Error: <secret>/);
  });

  it('shows the stack when told to, as text that cannot be markup', async () => {
    const answer = await get(browser, { debug: true });
    expect(answer.text).toContain('Error: &lt;secret&gt; &amp; more\n    at ');
    expect((await get({}, { debug: true })).text).toContain('Error: <secret> & more\n    at ');
  });

  it('may be an application', async () => {
    const answer = await get(
      {},
      {
        page: (error, environ) =>
          json({ path: environ.PATH_INFO, error: String(error) }, { status: '503 Busy' }),
      },
    );
    expect([answer.status, answer.text]).toEqual([
      503,
      '{"path":"/","error":"Error: <secret> & more"}',
    ]);
  });
});

it('replaces what was announced, and closes what it discards', async () => {
  const close = vi.fn<() => void>();
  const broken: Application = (_environ, startResponse) => {
    startResponse('200 OK', [['X-Started', 'yes']]);
    return {
      async *[Symbol.asyncIterator]() {
        throw new Error('first block');
      },
      close,
    };
  };
  const answer = await get({}, {}, broken);
  expect([answer.status, answer.header('x-started')]).toEqual([500, undefined]);
  expect(close).toHaveBeenCalledTimes(1);
});

it('lets an error after the first bytes break the response', async () => {
  const log: string[] = [];
  const late: Application = async function* (_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    yield bytes('begun');
    throw new Error('too late');
  };
  const answer = get({ log, options: { throwErrors: true } }, {}, late);
  await expect(answer).rejects.toThrow('too late');
  // Logged once, by the server.
  expect(log.join().match(/Error: too late/g)).toHaveLength(1);
});

it.each([new ClientDisconnected(), new DeadlineExceeded('no time')])(
  'leaves %s to the server',
  async (error) => {
    const page = vi.fn<NonNullable<ErrorPageOptions['page']>>(() => text(''));
    await get({}, { page }, () => {
      throw error;
    });
    expect(page).not.toHaveBeenCalled();
  },
);

it('that fails itself is a 500 of the server', async () => {
  const log: string[] = [];
  const answer = await get(
    { log },
    {
      page: () => {
        throw new Error('the page, too');
      },
    },
  );
  expect([answer.status, answer.text]).toEqual([500, 'Internal Server Error\n']);
  expect(log.join('\n')).toMatch(/secret[\s\S]*the page, too/);
});

it('answers for whatever is thrown', async () => {
  for (const thrown of [0, '', null, undefined, Object.create(null)]) {
    const answer = await get({}, {}, () => Promise.reject(thrown));
    expect(answer.status).toBe(500);
  }
});

it.each([
  [{ show: true }, /errorPage has no option show; it has debug, page/],
  [{ page: 'x' }, /as option page/],
])('refuses %j', (options, message) => {
  expect(() => errorPage(failing, options as never)).toThrow(message);
});
