import { expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { basicAuth, type BasicAuthOptions } from '../../src/middleware.ts';
import { encodeNative } from '../../src/base/native.ts';
import type { Application } from '../../src/types.ts';
import { type Answer, ask } from './support.ts';

const inner: Application = (environ, startResponse) =>
  text(`${environ.REMOTE_USER} ${environ.AUTH_TYPE}`)(environ, startResponse);
const verify = vi.fn<BasicAuthOptions['verify']>(
  (user, password) => user === 'café' && password === 'p:w',
);
const get = (authorization?: string, method = 'GET'): Promise<Answer> =>
  ask(basicAuth(inner, { verify, realm: 'Tea room' }), {
    method,
    headers: authorization === undefined ? [] : [['Authorization', authorization]],
  });
const basic = (pair: string): string => `Basic ${btoa(encodeNative(pair))}`;

it('lets in who is known', async () => {
  const answer = await get(basic('café:p:w'));
  expect(answer.status).toBe(200);
  expect(answer.text).toBe('caf\u00c3\u00a9 Basic');
  expect(verify).toHaveBeenLastCalledWith('café', 'p:w');
});

it.each([
  [undefined],
  [''],
  ['Basic'],
  ['Bearer abc'],
  ['Basic !!!'],
  ['Basic YQ'],
  [basic('no colon')],
  [basic('café:wrong')],
  [basic('café\n:p:w')],
])('%j is asked for a name', async (authorization) => {
  const answer = await get(authorization);
  expect([answer.status, answer.text]).toEqual([401, 'Unauthorized\n']);
  expect(answer.header('www-authenticate')).toBe('Basic realm="Tea room", charset="UTF-8"');
});

it('answers HEAD without a body, and waits for a promise', async () => {
  expect((await get(undefined, 'HEAD')).text).toBe('');
  const slow = basicAuth(inner, { verify: () => Promise.resolve(false) });
  expect((await ask(slow, { headers: { Authorization: basic('a:b') } })).status).toBe(401);
});

it.each([
  [{}, /basicAuth needs the option verify/],
  [{ verify, users: {} }, /basicAuth has no option users; it has verify, realm/],
  [{ verify, realm: 'a"b' }, /as option realm/],
])('refuses %j', (options, message) => {
  expect(() => basicAuth(inner, options as never)).toThrow(message);
});
