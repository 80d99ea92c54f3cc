import { expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { trustedHosts } from '../../src/middleware.ts';
import { ask } from './support.ts';

const site = trustedHosts(text('ours'), {
  hosts: ['example.com', '.Example.com', '[2001:db8::1]'],
});

it.each<[string | undefined, number]>([
  ['example.com', 200],
  ['EXAMPLE.com:8080', 200],
  ['shop.example.com', 200],
  ['a.b.example.com', 200],
  ['[2001:db8::1]:80', 200],
  ['badexample.com', 400],
  ['example.com.evil.example', 400],
  ['example.com@evil.example', 400],
  ['evil.example/example.com', 400],
  ['evil.example#.example.com', 400],
  ['', 400],
  [undefined, 400],
])('%j: %i', async (host, status) => {
  const headers: Record<string, string> = host === undefined ? {} : { Host: host };
  // What is no host cannot become the server's name either.
  const environ = { SERVER_NAME: 'localhost' };
  expect((await ask(site, { headers, environ })).status).toBe(status);
});

it('without a Host header goes by the name of the server', async () => {
  expect((await ask(site, { serverName: 'example.com' })).text).toBe('ours');
});

it.each([
  [{}, /trustedHosts needs the option hosts/],
  [{ host: 'x' }, /trustedHosts has no option host; it has hosts/],
  [{ hosts: ['example.com:80'] }, /as option hosts/],
  [{ hosts: 'example.com' }, /as option hosts/],
])('refuses %j', (options, message) => {
  expect(() => trustedHosts(text(''), options as never)).toThrow(message);
});
