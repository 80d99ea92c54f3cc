import { describe, expect, it } from 'vitest';
import {
  addVary,
  findHeader,
  findHeaders,
  hasDirective,
  isHopByHop,
  isToken,
  listItems,
  lowerCase,
  omitHeader,
  setHeader,
} from '../../src/http/headers.ts';
import type { HeaderList } from '../../src/types.ts';

describe('isToken', () => {
  it.each(['x', 'X-Tag', '__proto__', "!#$%&'*+.^_`|~-", '9lives'])('takes %j', (name) => {
    expect(isToken(name)).toBe(true);
  });

  it.each(['', ' ', 'a b', 'a:', 'a\n', 'a\r\nb', 'é', '\u212a', 'a(b)', 'a\0', 'a"b'])(
    'refuses %j',
    (name) => {
      expect(isToken(name)).toBe(false);
    },
  );
});

describe('isHopByHop', () => {
  it.each([
    'Connection',
    'keep-alive',
    'PROXY-AUTHENTICATE',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'trailers',
    'Transfer-Encoding',
    'upgrade',
  ])('%s is', (name) => {
    expect(isHopByHop(name)).toBe(true);
  });

  it.each(['Date', 'Content-Length', 'Host', 'constructor', '__proto__', ''])(
    '%j is not',
    (name) => {
      expect(isHopByHop(name)).toBe(false);
    },
  );
});

describe('lists', () => {
  const list: HeaderList = [
    ['Set-Cookie', 'a=1'],
    ['X-Tag', ''],
    ['SET-COOKIE', 'b=2'],
  ];

  it('are searched whatever the case', () => {
    expect(findHeader(list, 'set-cookie')).toBe('a=1');
    expect(findHeaders(list, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(findHeaders(list, 'absent')).toEqual([]);
  });

  it('tell an empty value from none', () => {
    expect(findHeader(list, 'x-tag')).toBe('');
    expect(findHeader(list, 'absent')).toBeUndefined();
  });

  it('lose a header without being changed', () => {
    expect(omitHeader(list, 'set-cookie')).toEqual([['X-Tag', '']]);
    expect(list).toHaveLength(3);
  });
});

describe('lowerCase', () => {
  it('stays right however many names come by', () => {
    for (let index = 0; index < 3000; index++) {
      expect(lowerCase(`X-Name-${index}`)).toBe(`x-name-${index}`);
    }
    expect(lowerCase('Content-Type')).toBe('content-type');
    expect(lowerCase('CONSTRUCTOR')).toBe('constructor');
    expect(lowerCase('__PROTO__')).toBe('__proto__');
  });
});

it('setHeader leaves one of a name, at the end', () => {
  const headers = [
    ['Vary', 'A'],
    ['x', '1'],
    ['VARY', 'B'],
  ] as const;
  expect(setHeader(headers, 'vary', 'C')).toEqual([
    ['x', '1'],
    ['vary', 'C'],
  ]);
  expect(setHeader([], 'X', '1')).toEqual([['X', '1']]);
});

it.each<[string[], string[], string[]]>([
  [[], ['Origin'], ['Origin']],
  [['origin'], ['Origin'], ['origin']],
  [['Accept, , A', 'B'], ['Origin', 'a'], ['Accept, A, B, Origin']],
  [['*'], ['Origin'], ['*']],
])('addVary: %j and %j', (before, names, after) => {
  const headers = addVary(
    before.map((value) => ['Vary', value] as const),
    ...names,
  );
  expect(headers.map(([, value]) => value)).toEqual(after);
});

it.each([
  ['no-store', true],
  ['private, No-Store', true],
  ['no-store=x', true],
  ['max-age=1, no-storehouse', false],
  ['', false],
])('hasDirective: %j', (value, expected) => {
  expect(hasDirective([['cache-control', value]], 'no-store')).toBe(expected);
});

it('listItems leaves out what is empty', () => {
  expect(listItems(' a, ,b ,,\tc')).toEqual(['a', 'b', 'c']);
});
