import { assert, constantFrom, property, array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../src/local/glob.ts';
import { expectLinear } from '../growth.ts';

describe('matchesGlob', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['?', '', false],
    ['?', 'é', true],
    ['/a/*', '/a/', true],
    ['/a/*', '/b/', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*a?', 'aab', true],
    ['*', 'two\nlines', true],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['a*', 'a*b*', true],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('heeds case by default', () => {
    expect(matchesGlob('A*', 'ab')).toBe(false);
    expect(matchesGlob('A*', 'ab', 'i')).toBe(true);
  });

  it('agrees with a regular expression', () => {
    const words = array(constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map((it) =>
      it.join(''),
    );
    const texts = array(constantFrom('a', 'b', '*'), { maxLength: 10 }).map((it) => it.join(''));
    assert(
      property(words, texts, (pattern, text) => {
        const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`, 's').test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time in proportion to the text', () => {
    const pattern = `${'*a'.repeat(12)}b`;
    expectLinear((size) => matchesGlob(pattern, 'a'.repeat(size)), 2000);
    expectLinear((size) => matchesGlob('*?*?*?*?x', 'a'.repeat(size), 'i'), 2000);
  });
});
