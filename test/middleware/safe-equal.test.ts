import fc from 'fast-check';
import { expect, it } from 'vitest';
import { safeEqual } from '../../src/middleware.ts';

it.each([
  ['secret', 'secret', true],
  ['secret', 'secreT', false],
  ['Secret', 'secret', false],
  ['secre', 'secret', false],
  ['secrets', 'secret', false],
  ['secretsecret', 'secret', false],
  ['', 'secret', false],
  ['secret', '', false],
  ['\0\0', '', false],
  ['', '', true],
  ['pässwörd 🔑', 'pässwörd 🔑', true],
  ['pässwörd 🔑', 'pässwörd 🗝', false],
  // Both are U+FFFD in UTF-8.
  ['\ud800', '\udfff', false],
])('%j and %j: %s', (received, expected, equal) => {
  expect(safeEqual(received, expected)).toBe(equal);
});

it('is equality, of strings and of bytes', () => {
  const pair = (one: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> =>
    fc.oneof(
      fc.tuple(one, one),
      one.map((text): [string, string] => [text, text]),
    );
  fc.assert(
    fc.property(pair(fc.string({ unit: 'binary', maxLength: 4 })), ([one, other]) => {
      expect(safeEqual(one, other)).toBe(one === other);
      const [first, second] = [Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8')];
      expect(safeEqual(first, second)).toBe(first.equals(second));
    }),
  );
});

it('takes as long for a difference at the beginning as for one at the end', () => {
  const length = 200_000;
  const expected = 'a'.repeat(length);
  const candidates = [
    `b${expected.slice(1)}`,
    `${expected.slice(1)}b`,
    expected,
    'b'.repeat(length),
  ];
  const fastest = candidates.map(() => Infinity);
  for (let round = 0; round < 15; round++) {
    for (const [index, candidate] of candidates.entries()) {
      const start = performance.now();
      safeEqual(candidate, expected);
      fastest[index] = Math.min(fastest[index] ?? 0, performance.now() - start);
    }
  }
  // With `===` the first difference would end it a thousand times earlier.
  expect(Math.max(...fastest) / Math.min(...fastest)).toBeLessThan(3);
});

it.each([
  [undefined, 'string and undefined'],
  [null, 'string and null'],
  [5, 'string and number'],
  [new Uint8Array(1), 'string and a Uint8Array'],
])('refuses a secret that is missing or of another kind: %s', (expected, kinds) => {
  expect(() => safeEqual('secret', expected as never)).toThrow(
    `safeEqual compares two strings or two Uint8Arrays; got ${kinds}`,
  );
});
