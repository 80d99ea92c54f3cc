import { describe, expect, it } from 'vitest';
import { encodeQuery, encodeUnlessRaw, joinRawQuery } from '../../../src/gateways/aws/query.ts';

describe('all three', () => {
  it.each([encodeQuery, joinRawQuery, encodeUnlessRaw])('%o', (make) => {
    expect(make({})).toBe('');
    expect(make({ a: '1', b: ['2', '3'], c: '' })).toBe('a=1&b=2&b=3&c=');
    expect(make({ a: null, b: [null, 'x'], c: [], d: undefined, '': '' })).toBe('b=x&=');
    const hostile = JSON.parse('{"__proto__":"1","constructor":["2"]}') as Record<string, string>;
    expect(make(Object.create({ inherited: '1' }) as Record<string, string>)).toBe('');
    expect(make(hostile)).toBe('__proto__=1&constructor=2');
  });
});

it('encodeQuery encodes names and values, and survives lone surrogates', () => {
  expect(encodeQuery({ 'a&b': 'c=d é+%', 'x\ud800': '\udfff😀' })).toBe(
    'a%26b=c%3Dd%20%C3%A9%2B%25&x%EF%BF%BD=%EF%BF%BD%F0%9F%98%80',
  );
});

it('joinRawQuery changes nothing', () => {
  expect(joinRawQuery({ 'a%20': '%zz+%', b: '=c' })).toBe('a%20=%zz+%&b==c');
});

describe('encodeUnlessRaw', () => {
  it.each([
    ['a b', 'a%20b'],
    ['a+b', 'a+b'],
    ['100%', '100%25'],
    ['a&b=c', 'a%26b%3Dc'],
    ['é', '%C3%A9'],
    ['😀', '%F0%9F%98%80'],
    ['#', '%23'],
    // With a valid escape it came undecoded.
    ['a%20b', 'a%20b'],
    ['%C3%A9+%', '%C3%A9+%'],
    ['%20 é', '%20%20%C3%A9'],
    ['%20&=', '%20%26%3D'],
    ['%20😀', '%20%F0%9F%98%80'],
    ['%20\ud800', '%20%EF%BF%BD'],
    ['%20\r\n', '%20%0D%0A'],
  ])('%j is %s', (value, raw) => {
    expect(encodeUnlessRaw({ q: value })).toBe(`q=${raw}`);
  });
});
