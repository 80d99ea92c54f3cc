import { expect, it } from 'vitest';
import {
  forwardedFor,
  forwardedPort,
  forwardedScheme,
} from '../../../src/gateways/aws/forwarded.ts';

it.each([
  [{ 'x-forwarded-proto': 'https' }, 'https'],
  [{ 'X-Forwarded-Proto': 'http' }, 'http'],
  [{ 'x-forwarded-proto': ['http', 'https'] }, 'https'],
  [{ 'x-forwarded-proto': 'HTTPS , http' }, 'https'],
  [{ 'x-forwarded-proto': 'ftp' }, undefined],
  [{ 'x-forwarded-proto': '' }, undefined],
  [{ 'x-forwarded-proto': null }, undefined],
  [{ 'x-forwarded-proto': [] }, undefined],
  [{ 'x-forwarded-proto': [null] }, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
])('the scheme of %j is %s', (headers, scheme) => {
  expect(forwardedScheme(headers)).toBe(scheme);
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['6.6.6.6, 203.0.113.7', '203.0.113.7'],
  ['6.6.6.6,203.0.113.7:50412', '203.0.113.7'],
  ['6.6.6.6, [2001:db8::1]:50412', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['a, ', undefined],
  ['', undefined],
])('the address of %j is %s', (value, address) => {
  expect(forwardedFor({ 'x-forwarded-for': value })).toBe(address);
  expect(forwardedFor({ 'X-Forwarded-For': ['6.6.6.6', value] })).toBe(address);
});

it('the port is as it came', () => {
  expect(forwardedPort({ 'x-forwarded-port': '8443' })).toBe('8443');
  expect(forwardedPort({ 'X-Forwarded-Port': ['1', '2'] })).toBe('2');
  expect(forwardedPort({})).toBeUndefined();
});
