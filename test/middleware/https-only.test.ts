import { expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { httpsOnly, mount, proxyFix } from '../../src/middleware.ts';
import { type Ask, ask } from './support.ts';

const site = httpsOnly(text('secret'));
const to = async (request: Ask): Promise<[number, string | undefined]> => {
  const answer = await ask(site, { headers: { Host: 'example.com' }, ...request });
  return [answer.status, answer.header('location')];
};

it('lets https in', async () => {
  expect((await ask(site, { scheme: 'https' })).text).toBe('secret');
});

it('sends http to the same URL', async () => {
  expect(await to({ rawPath: '/a%2Fb', query: 'x=1&y' })).toEqual([
    301,
    'https://example.com/a%2Fb?x=1&y',
  ]);
  expect(await to({ method: 'HEAD' })).toEqual([301, 'https://example.com/']);
  expect(await to({ method: 'POST' })).toEqual([308, 'https://example.com/']);
  expect(await to({ headers: { Host: 'example.com:8080' } })).toEqual([
    301,
    'https://example.com/',
  ]);
  expect(await to({ headers: {}, serverName: 'named.example' })).toEqual([
    301,
    'https://named.example/',
  ]);
  expect(await to({ rawPath: '//evil.example/' })).toEqual([
    301,
    'https://example.com//evil.example/',
  ]);
  expect(await to({ environ: { REQUEST_URI: undefined!, PATH_INFO: '/a b' } })).toEqual([
    301,
    'https://example.com/a%20b',
  ]);
});

it('has the whole URL below a mount', async () => {
  const answer = await ask(mount({ '/below': site }), {
    rawPath: '/below/x',
    headers: { Host: 'example.com' },
  });
  expect(answer.header('location')).toBe('https://example.com/below/x');
});

it('does not follow what is no host', async () => {
  expect(await to({ environ: { HTTP_HOST: 'a/b', SERVER_NAME: 'localhost' } })).toEqual([
    400,
    undefined,
  ]);
});

it('believes the proxy that proxyFix believes', async () => {
  const answer = await ask(proxyFix(site), { headers: { 'X-Forwarded-Proto': 'https' } });
  expect(answer.text).toBe('secret');
});
