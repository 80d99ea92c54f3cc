import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseEncoding } from '../../src/http/accept-encoding.ts';

it.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, br', 'br'],
  ['gzip;q=1.0, br;q=0.9', 'gzip'],
  ['gzip ; q=0.5 , br;Q=0.8', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0', undefined],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *', 'gzip'],
  ['deflate', undefined],
  ['identity', undefined],
  ['identity;q=0.5, gzip', 'gzip'],
  ['identity, gzip;q=0.5', undefined],
  ['gzip;q=1.5', undefined],
  ['gzip;q=nonsense', undefined],
  ['gzip;level=9', 'gzip'],
  ['gzip;q=0.0001', undefined],
])('%j chooses %s', (accepted, expected) => {
  expect(chooseEncoding(accepted, ['br', 'gzip'])).toBe(expected);
});

it('never chooses what was not offered, or was refused', () => {
  const item = fc.tuple(
    fc.constantFrom('br', 'gzip', 'zstd', 'identity', '*', 'x', ''),
    fc.constantFrom('', ';q=0', ';q=1', ';q=0.5', ';q=', ';x=1', ' ; q=0.25'),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), (items) => {
      const chosen = chooseEncoding(items.map((parts) => parts.join('')).join(', '), [
        'br',
        'gzip',
      ]);
      expect([undefined, 'br', 'gzip']).toContain(chosen);
      const said = items.findLast(([name]) => name === chosen);
      expect([';q=0', ';q=']).not.toContain(said?.[1]);
    }),
  );
});
