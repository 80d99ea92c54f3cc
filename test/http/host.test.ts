import { expect, it } from 'vitest';
import { isAuthority, parseHost } from '../../src/http/host.ts';

it.each<[string | undefined, string | undefined, string?]>([
  ['Example.COM', 'example.com'],
  ['example.com:8080', 'example.com', '8080'],
  ['example.com:', 'example.com'],
  ['[2001:DB8::1]:80', '[2001:db8::1]', '80'],
  ['192.0.2.1', '192.0.2.1'],
  [undefined, undefined],
  ['', undefined],
  ['a b', undefined],
  ['user@example.com', undefined],
  ['example.com/path', undefined],
  ['example.com:port', undefined],
  ['2001:db8::1', undefined],
])('parseHost: %j', (text, name, port) => {
  const host = parseHost(text);
  expect([host?.name, host?.port]).toEqual([name, port]);
});

it.each([
  ['example.com', true],
  ['example.com:8080', true],
  ['[2001:db8::1]:443', true],
  ['', true],
  ['good.example@evil.example', false],
  ['example.com/path', false],
  ['example.com?x', false],
  ['<b>example</b>', false],
  ['example.com:port', false],
  ['a b', false],
  ['example.com\\evil', false],
])('isAuthority: %j', (text, expected) => {
  expect(isAuthority(text)).toBe(expected);
});
