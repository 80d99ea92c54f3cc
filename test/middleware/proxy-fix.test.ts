import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { proxyFix, type ProxyFixOptions } from '../../src/middleware.ts';
import type { Environ } from '../../src/types.ts';
import { requestUri } from '../../src/core/request/url.ts';
import { ask, type Ask, environOf } from './support.ts';

/** What the application sees. */
async function seen(
  options: ProxyFixOptions,
  headers: Record<string, string>,
  request: Ask = {},
): Promise<Environ> {
  let environ: Environ | undefined;
  const application = proxyFix((given, startResponse) => {
    environ = given;
    return text('')(given, startResponse);
  }, options);
  await ask(application, {
    remoteAddress: '10.0.0.1',
    rawPath: '/x',
    ...request,
    headers: { Host: 'inner', ...headers },
  });
  if (!environ) throw new Error('not called');
  return environ;
}

describe('the address', () => {
  it.each<[number, string, string]>([
    [1, '192.0.2.1', '192.0.2.1'],
    [1, '6.6.6.6, 192.0.2.1', '192.0.2.1'],
    [2, '6.6.6.6, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    [3, '192.0.2.1, 10.0.0.3, 10.0.0.2', '192.0.2.1'],
    [1, '192.0.2.1:4711', '192.0.2.1'],
    [1, '2001:db8::1', '2001:db8::1'],
    [1, '[2001:db8::1]', '2001:db8::1'],
    [1, '[2001:db8::1]:4711', '2001:db8::1'],
    [1, '::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ])('%i hops of %j', async (hops, header, address) => {
    expect((await seen({ for: hops }, { 'X-Forwarded-For': header })).REMOTE_ADDR).toBe(address);
  });

  it.each<[number, string]>([
    [0, '192.0.2.1'],
    [2, '192.0.2.1'],
    [9, '192.0.2.1, 192.0.2.2'],
    [1, ''],
    [1, '192.0.2.1,'],
    [1, 'unknown'],
    [1, '_hidden'],
    [1, '192.0.2.256'],
    [1, '192.0.2.1.5'],
    [1, '192.0.2'],
    [1, '192.0.2.1:port'],
    [1, '192.0.2.1:65536'],
    [1, '[::1'],
    [1, '<script>'],
  ])('%i hops of %j change nothing', async (hops, header) => {
    expect((await seen({ for: hops }, { 'X-Forwarded-For': header })).REMOTE_ADDR).toBe('10.0.0.1');
  });

  it('has the port of the client, never that of the proxy', async () => {
    const environ = { REMOTE_PORT: '99' };
    const without = await seen({}, { 'X-Forwarded-For': '192.0.2.1' }, { environ });
    expect(without.REMOTE_PORT).toBeUndefined();
    const one = await seen({}, { 'X-Forwarded-For': '192.0.2.1:4711' }, { environ });
    expect(one.REMOTE_PORT).toBe('4711');
  });
});

describe('the URL', () => {
  it('has the scheme, and with it the usual port', async () => {
    const environ = await seen({}, { 'X-Forwarded-Proto': 'http, HTTPS' });
    expect([environ['wsgi.url_scheme'], environ.HTTPS, environ.SERVER_PORT]).toEqual([
      'https',
      'on',
      '443',
    ]);
    const back = await seen({}, { 'X-Forwarded-Proto': 'http' }, { scheme: 'https' });
    expect([back['wsgi.url_scheme'], back.HTTPS, back.SERVER_PORT]).toEqual([
      'http',
      undefined,
      '80',
    ]);
    expect((await seen({}, { 'X-Forwarded-Proto': 'javascript' }))['wsgi.url_scheme']).toBe('http');
    const odd = await seen({}, { Host: 'inner:8080', 'X-Forwarded-Proto': 'https' });
    expect(odd.SERVER_PORT).toBe('8080');
  });

  it.each<[string, string, string, string]>([
    ['shop.example', 'shop.example', 'shop.example', '80'],
    ['shop.example:8443', 'shop.example:8443', 'shop.example', '8443'],
    ['Shop.Example:0', 'Shop.Example:0', 'shop.example', '0'],
    ['[2001:db8::1]:81', '[2001:db8::1]:81', '[2001:db8::1]', '81'],
    ['evil.example/path', 'inner', 'inner', '80'],
    ['user@evil.example', 'inner', 'inner', '80'],
    ['evil.example\\@inner', 'inner', 'inner', '80'],
    ['shop.example:65536', 'inner', 'inner', '80'],
    ['', 'inner', 'inner', '80'],
  ])('host %j', async (header, host, name, port) => {
    const environ = await seen({ host: 1 }, { 'X-Forwarded-Host': header });
    expect([environ.HTTP_HOST, environ.SERVER_NAME, environ.SERVER_PORT]).toEqual([
      host,
      name,
      port,
    ]);
  });

  it('has the port', async () => {
    const environ = await seen({ port: 1 }, { 'X-Forwarded-Port': '8443' });
    expect([environ.SERVER_PORT, environ.HTTP_HOST]).toEqual(['8443', 'inner:8443']);
    const usual = await seen(
      { port: 1 },
      { 'X-Forwarded-Port': '443', 'X-Forwarded-Proto': 'https' },
    );
    expect([usual.SERVER_PORT, usual.HTTP_HOST]).toEqual(['443', 'inner']);
    for (const bad of ['abc', '0', '65536', '99999', '443 ', '4%34', '-1']) {
      const environ = await seen({ port: 1 }, { 'X-Forwarded-Port': `x, ${bad}` });
      const expected = bad === '443 ' ? ['443', 'inner:443'] : ['80', 'inner'];
      expect([bad, environ.SERVER_PORT, environ.HTTP_HOST]).toEqual([bad, ...expected]);
    }
  });

  it.each<[string, string]>([
    ['/shop', '/shop'],
    ['/shop/', '/shop'],
    ['/caf%C3%A9/x', '/caf\u00c3\u00a9/x'],
    ['//evil.example', ''],
    ['/\\evil.example', ''],
    ['/a%2Fb', '/a/b'],
    ['/%252f%252fevil.example', '/%2f%2fevil.example'],
    ['/%2f%2fevil.example', ''],
    ['/%2Fevil.example', ''],
    ['/a/%2fevil.example', ''],
    ['%2fevil.example', ''],
    ['/%5cevil.example', ''],
    ['/%5Cevil.example', ''],
    ['/a%2f', ''],
    ['/.', ''],
    ['/..', ''],
    ['/a/../../b', ''],
    ['/%2e%2e/b', ''],
    ['/a%2f..%2fb', ''],
    ['/a%0d%0aSet-Cookie:x=y', ''],
    ['/a%00', ''],
    ['/a%7f', ''],
    ['/a?b', ''],
    ['/a#b', ''],
    ['shop', ''],
    ['/', ''],
  ])('prefix %j', async (header, script) => {
    const environ = await seen({ prefix: 1 }, { 'X-Forwarded-Prefix': header });
    expect(environ.SCRIPT_NAME).toBe(script);
    expect(environ.PATH_INFO).toBe('/x');
    expect(environ.REQUEST_URI).toBe(script === '' ? '/x' : `${header.replace(/\/$/, '')}/x`);
  });

  it('keeps its host, whatever the headers say', async () => {
    const pieces =
      '/ // %2f %5c \\ .. %2e . evil.example @ : % %25 ? # %0d%0a %00 , %252f a [::1] :80 %40';
    const piece = fc.constantFrom(' ', ...pieces.split(' '));
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, text, text, async (prefix, host, port) => {
        const environ = await seen(
          { prefix: 1, host: 1, port: 1 },
          {
            'X-Forwarded-Prefix': prefix,
            'X-Forwarded-Host': host,
            'X-Forwarded-Port': port,
          },
        );
        const { SCRIPT_NAME: script, HTTP_HOST: name = '' } = environ;
        expect(script).toMatch(/^(?!\/\/|.*[\\\r\n\0])(?:\/.*[^/])?$/);
        // Where the application redirects to, and where its links lead.
        expect(new URL(`${script}/`, 'http://base.example').host).toBe('base.example');
        expect(new URL(requestUri(environ)).host).toBe(new URL(`http://${name}`).host);
      }),
      { numRuns: 300 },
    );
  });

  it('is the one the client used', async () => {
    const environ = await seen(
      { host: 1, prefix: 1 },
      {
        'X-Forwarded-Host': 'shop.example',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Prefix': '/v1',
      },
      { query: 'a=1' },
    );
    expect(requestUri(environ)).toBe('https://shop.example/v1/x?a=1');
  });
});

describe('Forwarded', () => {
  it.each<[number, string, Partial<Environ>]>([
    [
      1,
      'for=192.0.2.1;proto=https;host=shop.example',
      {
        REMOTE_ADDR: '192.0.2.1',
        'wsgi.url_scheme': 'https',
        HTTP_HOST: 'shop.example',
        SERVER_PORT: '443',
      },
    ],
    [
      1,
      'For="[2001:db8::1]:4711"; Proto=https',
      { REMOTE_ADDR: '2001:db8::1', REMOTE_PORT: '4711' },
    ],
    [1, 'for=6.6.6.6, for=192.0.2.1', { REMOTE_ADDR: '192.0.2.1' }],
    [
      2,
      'for=6.6.6.6, for=192.0.2.1;host="a,b;c", for=10.0.0.2',
      { REMOTE_ADDR: '192.0.2.1', HTTP_HOST: 'inner' },
    ],
    [1, 'for="192.0.2.1\\:80"', { REMOTE_ADDR: '192.0.2.1' }],
    [2, 'for=192.0.2.1', { REMOTE_ADDR: '10.0.0.1' }],
    [1, 'for=unknown', { REMOTE_ADDR: '10.0.0.1' }],
    [1, 'for=192.0.2.1 proto=https', { REMOTE_ADDR: '10.0.0.1' }],
    [1, 'for="192.0.2.1', { REMOTE_ADDR: '10.0.0.1' }],
    [1, '', { REMOTE_ADDR: '10.0.0.1' }],
  ])('%i hops of %j', async (forwarded, header, expected) => {
    // Once it is told, the other headers are no longer believed.
    const environ = await seen({ forwarded }, { Forwarded: header, 'X-Forwarded-For': '6.6.6.6' });
    expect(environ).toMatchObject(expected);
  });

  it('has the parameters that the proxy wrote, and none that are inherited', () => {
    const polluted = Object.prototype as { for?: string; host?: string };
    const application = proxyFix(() => [], { forwarded: 1 });
    for (const header of ['proto=http', '__proto__=x;proto=http', '', 'for="', undefined]) {
      const environ = environOf({ remoteAddress: '10.0.0.1', headers: { Host: 'inner' } });
      if (header !== undefined) environ.HTTP_FORWARDED = header;
      try {
        Object.assign(polluted, { for: '6.6.6.6', host: 'evil.example' });
        void application(environ, () => () => {});
      } finally {
        delete polluted.for;
        delete polluted.host;
      }
      expect([environ.REMOTE_ADDR, environ.HTTP_HOST]).toEqual(['10.0.0.1', 'inner']);
    }
  });

  it('is not read by default', async () => {
    expect((await seen({}, { Forwarded: 'for=192.0.2.1' })).REMOTE_ADDR).toBe('10.0.0.1');
  });
});

it('keeps what was there before', async () => {
  const environ = await seen({}, { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' });
  expect(environ['gatecall.proxy_fix']).toMatchObject({
    REMOTE_ADDR: '10.0.0.1',
    'wsgi.url_scheme': 'http',
    HTTP_HOST: 'inner',
  });
});

it('takes hops that are undefined for left out', async () => {
  const environ = await seen({ for: undefined! }, { 'X-Forwarded-For': '192.0.2.1' });
  expect(environ.REMOTE_ADDR).toBe('192.0.2.1');
});

it.each([
  [{ hops: 1 }, /proxyFix has no option hops; it has for, proto/],
  [{ for: -1 }, /as option for/],
  [{ for: true }, /as option for/],
])('refuses %j', (options, message) => {
  expect(() => proxyFix(text(''), options as never)).toThrow(message);
});
