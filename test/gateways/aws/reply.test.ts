import { expect, it } from 'vitest';
import { multiValues, NOTHING, singleValues } from '../../../src/gateways/aws/reply.ts';
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

it('singleValues folds by name, cookies apart', () => {
  const { headers, cookies } = singleValues(LIST);
  expect(Object.entries(headers)).toEqual([
    ['x-tag', 'one, café'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['x-latin', 'café'],
  ]);
  expect(cookies).toEqual(['a=1', 'b=2']);
  expect(singleValues(LIST, NOTHING).headers['content-length']).toBe('3');
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
