import { describe, expect, it } from 'vitest';
import {
  forwardedFor,
  forwardedPort,
  forwardedScheme,
  withFrontHeaders,
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
  // A balancer set to `preserve` passes on what the client wrote.
  ['unknown', undefined],
  ['203.0.113.7, <script>', undefined],
  ['203.0.113.7 6.6.6.6', undefined],
  ['999.1.1.1', undefined],
  ['[203.0.113.7', undefined],
])('the address of %j is %s', (value, address) => {
  expect(forwardedFor({ 'x-forwarded-for': value })).toBe(address);
  expect(forwardedFor({ 'X-Forwarded-For': ['6.6.6.6', value] })).toBe(address);
});

it('the port is as it came', () => {
  expect(forwardedPort({ 'x-forwarded-port': '8443' })).toBe('8443');
  expect(forwardedPort({ 'X-Forwarded-Port': ['1', '2'] })).toBe('2');
  expect(forwardedPort({})).toBeUndefined();
});

describe('a second spelling of what the front wrote', () => {
  const client = 'http';
  const front = 'https';

  it.each([
    ['capitalised', { 'X-Forwarded-Proto': front, 'x-forwarded-proto': client }],
    ['capitalised', { 'x-forwarded-proto': client, 'X-Forwarded-Proto': [front] }],
    ['lower-case', { 'x-forwarded-proto': front, 'X-Forwarded-Proto': client }],
    ['lower-case', { 'X-FORWARDED-PROTO': client, 'x-forwarded-proto': front }],
    ['lower-case', { x_forwarded_proto: client, 'x-forwarded-proto': front }],
  ] as const)('is no part of the %s one: %j', (spelling, headers) => {
    const kept = withFrontHeaders(headers, spelling);
    expect(forwardedScheme(kept)).toBe(front);
    expect(Object.keys(kept).filter((name) => /^x-forwarded-proto$/i.test(name))).toHaveLength(1);
  });

  it('counts where the front has written none', () => {
    const headers = { 'X-Forwarded-Proto': front, 'x-forwarded-proto': null };
    expect(withFrontHeaders(headers, 'lower-case')).toBe(headers);
    expect(withFrontHeaders({ 'x-forwarded-for': 'a' }, 'capitalised')).toEqual({
      'x-forwarded-for': 'a',
    });
  });
});
