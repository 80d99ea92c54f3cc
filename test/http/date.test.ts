import fc from 'fast-check';
import { expect, it } from 'vitest';
import { httpDate, parseHttpDate } from '../../src/http/date.ts';

it.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT'],
  ['Sunday, 06-Nov-94 08:49:37 GMT'],
  ['Sun Nov  6 08:49:37 1994'],
])('reads %j', (text) => {
  expect(parseHttpDate(text)).toBe(784_111_777_000);
});

it.each([
  '',
  '0',
  'tomorrow',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 +0100',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 28:49:37 GMT',
])('does not read %j', (text) => {
  expect(parseHttpDate(text)).toBeUndefined();
});

it('reads what it writes, to the second', () => {
  const seconds = fc.integer({ min: 0, max: 250_000_000_000 });
  fc.assert(
    fc.property(seconds, (time) => {
      expect(parseHttpDate(httpDate(time * 1000 + 999))).toBe(time * 1000);
    }),
  );
});
