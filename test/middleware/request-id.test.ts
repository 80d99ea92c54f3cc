import { expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { requestId, type RequestIdOptions } from '../../src/middleware.ts';
import type { Environ } from '../../src/types.ts';
import { type Ask, ask } from './support.ts';

async function idsOf(
  request: Ask = {},
  options?: RequestIdOptions,
): Promise<(string | undefined)[]> {
  let seen: Environ | undefined;
  const application = requestId((environ, startResponse) => {
    seen = environ;
    return text('', { headers: [['x-request-id', 'replaced']] })(environ, startResponse);
  }, options);
  const answer = await ask(application, request);
  return [
    answer.header('x-request-id'),
    seen?.HTTP_X_REQUEST_ID,
    String(seen?.['gatecall.request_id']),
  ];
}
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

it('makes one, the same everywhere, and another for the next request', async () => {
  const [sent, seen, extension] = await idsOf();
  expect(sent).toMatch(UUID);
  expect([seen, extension]).toEqual([sent, sent]);
  expect((await idsOf())[0]).not.toBe(sent);
});

it('keeps what came in', async () => {
  expect(await idsOf({ headers: { 'X-Request-Id': 'Root=1-5e1b4151-43a0' } })).toEqual(
    Array.from({ length: 3 }, () => 'Root=1-5e1b4151-43a0'),
  );
});

it.each(['', 'a b', 'a,b', '<x>', 'x'.repeat(201), 'caf\u00e9'])('but not %j', async (id) => {
  expect((await idsOf({ headers: { 'X-Request-Id': id } }))[0]).toMatch(UUID);
});

it("uses the platform's, which no client can replace", async () => {
  const environ = { 'gatecall.request_id': 'lambda-1' };
  expect(await idsOf({ environ })).toEqual(['lambda-1', 'lambda-1', 'lambda-1']);
  const headers = { 'X-Request-Id': 'outside' };
  expect(await idsOf({ environ, headers })).toEqual(['outside', 'outside', 'lambda-1']);
  expect(await idsOf({ environ, headers }, { inbound: false })).toEqual([
    'lambda-1',
    'lambda-1',
    'lambda-1',
  ]);
});

it('has a maker', async () => {
  expect((await idsOf({}, { generate: () => 'made' }))[0]).toBe('made');
  expect(() => requestId(text(''), { header: 'X' } as never)).toThrow(
    /requestId has no option header; it has inbound, generate/,
  );
});
