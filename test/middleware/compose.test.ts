import { expect, expectTypeOf, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { mapHead } from '../../src/core/response/wrap.ts';
import * as middleware from '../../src/middleware.ts';
import {
  accessLog,
  basicAuth,
  compose,
  compress,
  head,
  securityHeaders,
} from '../../src/middleware.ts';
import type { Application, Middleware } from '../../src/types.ts';
import { ask } from './support.ts';

const named =
  (seen: string[]) =>
  (application: Application, { name }: { name: string }): Application => {
    const noted = mapHead(application, () => {
      seen.push(`request ${name}`);
      return ({ headers }) => {
        seen.push(`response ${name}`);
        return { headers };
      };
    });
    return noted;
  };

it('puts the first outermost', async () => {
  const seen: string[] = [];
  const mark = named(seen);
  const wrap = compose([mark, { name: 'a' }], (inner) => mark(inner, { name: 'b' }), [
    mark,
    { name: 'c' },
  ]);
  expect((await ask(wrap(text('hello')))).text).toBe('hello');
  expect(seen.join(', ')).toBe(
    'request a, request b, request c, response c, response b, response a',
  );
});

it('gives each its options, and can be used again', async () => {
  const lines: string[] = [];
  const wrap = compose(
    [accessLog, { log: (line: string) => lines.push(line), format: 'common' as const }],
    [compress, { threshold: 512 }],
    head,
    [securityHeaders, { 'X-Frame-Options': false }],
  );
  const request = { headers: { 'Accept-Encoding': 'gzip' } };
  const coding = async (length: number): Promise<string | undefined> => {
    const answer = await ask(wrap(text('a'.repeat(length))), request);
    expect(answer.header('x-frame-options')).toBeUndefined();
    expect(answer.header('referrer-policy')).toBeDefined();
    return answer.header('content-encoding');
  };
  expect([await coding(511), await coding(512)]).toEqual([undefined, 'gzip']);
  expect(lines).toHaveLength(2);
});

it('is a middleware itself, and none at all without any', () => {
  const application = text('');
  expect(compose()(application)).toBe(application);
  expect(compose(compose(), compose())(application)).toBe(application);
  expectTypeOf(compose(head, compose(accessLog))).toEqualTypeOf<Middleware>();
  expect(() => compose(head)('nothing' as never)).toThrow(/an application is a function/);
});

it('takes every middleware there is', () => {
  const wrap = compose(
    ...([
      middleware.accessLog,
      [middleware.basicAuth, { verify: () => true }],
      [middleware.bodyLimit, { bytes: 1 }],
      middleware.compress,
      middleware.conditionalGet,
      middleware.contentLength,
      middleware.cors,
      middleware.errorPage,
      middleware.etag,
      middleware.head,
      middleware.httpsOnly,
      middleware.methodOverride,
      middleware.proxyFix,
      middleware.requestId,
      middleware.securityHeaders,
      middleware.serverTiming,
      [middleware.staticFiles, { root: import.meta.dirname }],
      [middleware.timeout, { ms: 1 }],
      [middleware.trustedHosts, { hosts: ['example.com'] }],
    ] as const),
  );
  expect(wrap(text(''))).toBeTypeOf('function');
});

it('has its options checked by the compiler', () => {
  // @ts-expect-error: an option that compress does not have
  const unknown = compose([compress, { treshold: 512 }]);
  // @ts-expect-error: the same beside one that it has
  const beside = compose(head, [compress, { threshold: 512, levels: 1 }]);
  // @ts-expect-error: a value of another type
  const value = compose([compress, { threshold: '512' }], head);
  // @ts-expect-error: the options that basicAuth needs are missing
  const missing = compose(basicAuth);
  for (const wrap of [unknown, beside, value, missing]) {
    expect(() => wrap(text(''))).toThrow(TypeError);
  }
});

it.each([
  [[text('')({} as never, () => () => {})], 'an array of 1 at position 1'],
  [[head, { threshold: 512 }], 'a plain object at position 2'],
  [[head, head, [compress]], 'an array of 1 at position 3'],
  [[undefined], 'undefined at position 1'],
  [[[{}, compress]], 'an array of 2 at position 1'],
])('refuses %s', (steps, what) => {
  expect(() => compose(...(steps as never[]))).toThrow(
    `compose takes middleware, or lists such as [compress, { threshold: 512 }]; got ${what}`,
  );
});
