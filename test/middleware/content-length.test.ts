import { expect, it } from 'vitest';
import { contentLength } from '../../src/middleware.ts';
import type { Application, HeaderList, ResponseBody } from '../../src/types.ts';
import { bytes, environOf } from './support.ts';

/** What a server gets to see that adds no length itself. */
async function lengthsOf(application: Application, method = 'GET'): Promise<string[]> {
  const lengths: string[] = [];
  const body = await contentLength(application)(environOf({ method }), (_status, headers) => {
    for (const [name, value] of headers) if (/^content-length$/i.test(name)) lengths.push(value);
    return () => {};
  });
  for await (const block of body) expect(block).toBeDefined();
  await body.close?.();
  return lengths;
}
const answering =
  (body: () => ResponseBody, status = '200 OK', headers: HeaderList = []): Application =>
  (_environ, startResponse) => {
    startResponse(status, headers);
    return body();
  };
async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes('one');
}

it.each<[string, Application, string[], string?]>([
  ['a block', answering(() => [bytes('hello')]), ['5']],
  ['several', answering(() => [bytes('one'), bytes(''), bytes('two')]), ['6']],
  ['none', answering(() => []), ['0']],
  ['an asynchronous application', async (...call) => answering(() => [bytes('x')])(...call), ['1']],
  ['a declared length', answering(() => [bytes('x')], '200 OK', [['content-length', '1']]), ['1']],
  ['a stream', answering(stream), []],
  ['HEAD', answering(() => []), [], 'HEAD'],
  ['204', answering(() => [], '204 No Content'), []],
  ['304', answering(() => [], '304 Not Modified'), []],
])('%s', async (_what, application, expected, method) => {
  expect(await lengthsOf(application, method)).toEqual(expected);
});

it('written data has none', async () => {
  const writing: Application = (_environ, startResponse) => {
    void startResponse('200 OK', [])(bytes('written'));
    return [bytes('and more')];
  };
  expect(await lengthsOf(writing)).toEqual([]);
});

it('is that of the response that replaces one', async () => {
  const failing: Application = (_environ, startResponse) => {
    startResponse('200 OK', []);
    startResponse('500 Sorry', [], new Error('the reason'));
    return [bytes('sorry')];
  };
  expect(await lengthsOf(failing)).toEqual(['5']);
});
