import { describe, expect, it } from 'vitest';
import {
  addCookies,
  multiValues,
  NO_NAMES,
  singleValues,
} from '../../../src/gateways/aws/reply.ts';
import type { HeaderList } from '../../../src/types.ts';

const LIST: HeaderList = [
  ['X-Tag', 'one'],
  ['Set-Cookie', 'a=1'],
  ['__proto__', 'p'],
  ['constructor', 'c'],
  ['x-tag', 'caf\u00c3\u00a9'],
  ['Content-Length', '3'],
  ['SET-COOKIE', 'b=2'],
  ['X-Latin', 'caf\u00e9'],
];

const log = (problem: string): never => {
  throw new Error(problem);
};

it('singleValues folds by name, cookies apart', () => {
  const { headers, cookies } = singleValues(LIST, log);
  expect(Object.entries(headers)).toEqual([
    ['x-tag', 'one, café'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['x-latin', 'café'],
  ]);
  expect(cookies).toEqual(['a=1', 'b=2']);
  expect(singleValues(LIST, log, NO_NAMES).headers['content-length']).toBe('3');
});

it('multiValues keeps every value in order', () => {
  const headers = multiValues(LIST);
  expect(Object.entries(headers)).toEqual([
    ['x-tag', ['one', 'café']],
    ['set-cookie', ['a=1', 'b=2']],
    ['__proto__', ['p']],
    ['constructor', ['c']],
    ['x-latin', ['café']],
  ]);
  expect(JSON.parse(JSON.stringify(headers))).toHaveProperty('constructor');
});

describe('a field that is no list', () => {
  it.each([
    'Location',
    'Content-Type',
    'Retry-After',
    'ETag',
    'Last-Modified',
    'Content-Disposition',
    'Strict-Transport-Security',
    'Content-Length',
    'Date',
    'Expires',
    'Age',
    'Server',
    'Content-Location',
    'Content-Range',
    'Access-Control-Allow-Origin',
  ])('is sent once, the first, and logged: %s', (name) => {
    const logged: string[] = [];
    const list: HeaderList = [
      [name, 'one'],
      ['X-Tag', 'a'],
      [name.toLowerCase(), 'two'],
      ['x-tag', 'b'],
      [name.toUpperCase(), 'one'],
    ];
    const { headers } = singleValues(list, (problem) => logged.push(problem), NO_NAMES);
    expect(headers).toEqual({ [name.toLowerCase()]: 'one', 'x-tag': 'a, b' });
    expect(logged).toEqual([
      `the response has several values of ${name.toLowerCase()}; the first is sent, as these are no lists`,
    ]);
  });

  it.each(['Vary', 'Allow', 'Link', 'Cache-Control', 'WWW-Authenticate', 'Content-Encoding'])(
    'is not one that is: %s',
    (name) => {
      const list: HeaderList = [
        [name, 'one'],
        [name, 'two'],
      ];
      expect(singleValues(list, log).headers).toEqual({ [name.toLowerCase()]: 'one, two' });
    },
  );
});

it('addCookies has a name for each of 512 cookies, and says how many there were', () => {
  const cookies = Array.from({ length: 600 }, (_, index) => `c${index}=1`);
  const logged: string[] = [];
  const headers: Record<string, string> = {};
  addCookies(headers, cookies, (problem) => logged.push(problem));
  expect(Object.values(headers)).toEqual(cookies.slice(0, 512));
  expect(new Set(Object.keys(headers).map((name) => name.toLowerCase()))).toEqual(
    new Set(['set-cookie']),
  );
  expect(logged).toEqual(['the response has 600 cookies, of which 512 can be sent']);
});
