import { expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { conditionalGet } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { type Answer, ask, bytes } from './support.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const close = vi.fn<() => void>();
const page: Application = (_environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain'],
    ['Content-Length', '4'],
    ['Content-Language', 'en'],
    ['Content-Location', '/page'],
    ['Content-Security-Policy', "default-src 'self'"],
    ['Cache-Control', 'max-age=1'],
    ['Set-Cookie', 'a=1'],
    ['ETag', '"a"'],
    ['Last-Modified', DATE],
  ]);
  return Object.assign([bytes('page')], { close });
};
const get = (
  headers: Record<string, string>,
  method = 'GET',
  application = page,
): Promise<Answer> => ask(conditionalGet(application), { method, headers });

it('answers 304 with what a cache needs, and closes the body it does not send', async () => {
  close.mockClear();
  const answer = await get({ 'If-None-Match': '"a"' });
  expect([answer.status, answer.text]).toEqual([304, '']);
  expect(answer.headers.map(([name]) => name)).toEqual([
    'content-location',
    'content-security-policy',
    'cache-control',
    'set-cookie',
    'etag',
    'last-modified',
  ]);
  expect(close).toHaveBeenCalledTimes(1);
});

it.each<[string, Record<string, string>, string, number]>([
  ['a date', { 'If-Modified-Since': DATE }, 'GET', 304],
  [
    'a tag of another state, though the date is right',
    { 'If-None-Match': '"b"', 'If-Modified-Since': DATE },
    'GET',
    200,
  ],
  ['HEAD', { 'If-None-Match': 'W/"a"' }, 'HEAD', 304],
  ['POST', { 'If-None-Match': '"a"' }, 'POST', 200],
  ['no condition', {}, 'GET', 200],
])('%s', async (_what, headers, method, status) => {
  const application: Application = (environ, startResponse) =>
    method === 'HEAD' ? (page(environ, startResponse), []) : page(environ, startResponse);
  expect((await get(headers, method, application)).status).toBe(status);
});

it('leaves other answers than 200 alone', async () => {
  const missing = text('x', { status: '404 Not Found', headers: [['ETag', '"a"']] });
  expect((await get({ 'If-None-Match': '"a"' }, 'GET', missing)).status).toBe(404);
});

it('decides anew for an error page', async () => {
  const failing: Application = (environ, startResponse) => {
    void page(environ, startResponse);
    startResponse('500 Sorry', [['Content-Type', 'text/plain']], new Error('the reason'));
    return [bytes('sorry')];
  };
  const answer = await get({ 'If-None-Match': '"a"' }, 'GET', failing);
  expect([answer.status, answer.text]).toEqual([500, 'sorry']);
});

it('drops what is written and what is streamed', async () => {
  const writing: Application = (_environ, startResponse) => {
    void startResponse('200 OK', [
      ['Content-Type', 'text/plain'],
      ['ETag', '"a"'],
    ])(bytes('written'));
    return [];
  };
  const streaming: Application = async function* (_environ, startResponse) {
    startResponse('200 OK', [
      ['Content-Type', 'text/plain'],
      ['ETag', '"a"'],
    ]);
    yield bytes('one');
    throw new Error('asked for more');
  };
  for (const application of [writing, streaming]) {
    const answer = await get({ 'If-None-Match': '"a"' }, 'GET', application);
    expect([answer.status, answer.text]).toEqual([304, '']);
  }
});
