import fc from 'fast-check';
import { expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { compress, conditionalGet, etag, head } from '../../src/middleware.ts';
import type { Application, HeaderList } from '../../src/types.ts';
import { ask, bytes } from './support.ts';

const list =
  (...blocks: Uint8Array[]): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return blocks;
  };
const tagOf = async (application: Application, method = 'GET'): Promise<string | undefined> =>
  (await ask(etag(application), { method })).header('etag');

it('is the same for the same bytes, however they are cut, and another for others', async () => {
  const body = fc.uint8Array({ maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(body, body, fc.nat(50), async (one, other, cut) => {
      const tag = await tagOf(list(one));
      expect(tag).toMatch(/^"[\w-]{22}"$/);
      expect(await tagOf(list(one.subarray(0, cut), one.subarray(cut)))).toBe(tag);
      const same = Buffer.compare(one, other) === 0;
      expect((await tagOf(list(other))) === tag).toBe(same);
    }),
    { numRuns: 50 },
  );
});

it('may be weak', async () => {
  const answer = await ask(etag(text('x'), { weak: true }));
  expect(answer.header('etag')).toMatch(/^W\/"[\w-]{22}"$/);
});

it.each<[string, Application, string?]>([
  ['HEAD', text('x'), 'HEAD'],
  ['POST', text('x'), 'POST'],
  ['404', text('x', { status: '404 Not Found' })],
  ['no-store', text('x', { headers: [['Cache-Control', 'private, no-store']] })],
  [
    'a stream',
    async function* (_environ, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      yield bytes('x');
    },
  ],
  [
    'written data',
    (_environ, startResponse) => {
      void startResponse('200 OK', [['Content-Type', 'text/plain']])(bytes('x'));
      return [];
    },
  ],
])('leaves %s alone', async (_what, application, method = 'GET') => {
  expect(await tagOf(application, method)).toBeUndefined();
});

it("leaves the application's own alone", async () => {
  const headers: HeaderList = [['etag', '"own"']];
  expect(await tagOf(text('x', { headers }))).toBe('"own"');
});

it('makes 304s with conditionalGet, HEADs with head, and is weak behind compress', async () => {
  const page = 'a page '.repeat(1000);
  const site = compress(conditionalGet(head(etag(text(page)))));
  const accept = ['Accept-Encoding', 'gzip'] as const;
  const first = await ask(site, { headers: [accept] });
  const tag = first.header('etag') ?? '';
  expect(tag).toMatch(/^W\//);
  const again = await ask(site, { headers: [accept, ['If-None-Match', tag]] });
  expect([again.status, again.text]).toEqual([304, '']);
  expect(again.headers.map(([name]) => name)).toEqual(['etag']);
  expect(`W/${(await ask(site, { method: 'HEAD' })).header('etag')}`).toBe(tag);
});

it('refuses unknown options', () => {
  expect(() => etag(text(''), { strong: true } as never)).toThrow(
    /etag has no option strong; it has weak/,
  );
});
