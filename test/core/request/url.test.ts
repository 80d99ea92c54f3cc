import { describe, expect, it } from 'vitest';
import { createEnviron } from '../../../src/core/request/environ.ts';
import type { RequestParts } from '../../../src/core/request/request-parts.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import type { Environ } from '../../../src/types.ts';
import {
  applicationUri,
  hostName,
  requestUri,
  shiftPathInfo,
} from '../../../src/core/request/url.ts';

function environ(facts: Partial<RequestParts> = {}, more: Partial<Environ> = {}): Environ {
  const made = createEnviron(
    { method: 'GET', rawPath: '/', headers: {}, ...facts },
    { errors: errorStream(() => {}) },
  );
  return Object.assign(made, more);
}

describe('shiftPathInfo', () => {
  // CPython 3.11.7: the cases of test_wsgiref, run through wsgiref.util.shift_path_info, and two
  // more.
  it.each<[script: string, path: string, name: string | null, script: string, path: string]>([
    ['', '/', '', '/', ''],
    ['', '/x', 'x', '/x', ''],
    ['/', '', null, '/', ''],
    ['/a', '/x/y', 'x', '/a/x', '/y'],
    ['/a', '/x/', 'x', '/a/x', '/'],
    ['/a/b', '/../y', '..', '/a', '/y'],
    ['', '/../y', '..', '', '/y'],
    ['/a/b', '//y', 'y', '/a/b/y', ''],
    ['/a/b', '//y/', 'y', '/a/b/y', '/'],
    ['/a/b', '/./y', 'y', '/a/b/y', ''],
    ['/a/b', '/./y/', 'y', '/a/b/y', '/'],
    ['/a/b', '///./..//y/.//', '..', '/a', '/y/'],
    ['/a/b', '///', '', '/a/b/', ''],
    ['/a/b', '/.//', '', '/a/b/', ''],
    ['/a/b', '/x//', 'x', '/a/b/x', '/'],
    ['/a/b', '/.', null, '/a/b', ''],
    ['/a', '/../../b', '..', '', '/../b'],
    ['/a/', '/x', 'x', '/a/x', ''],
  ])('%j %j gives %j, %j %j', (script, path, name, scriptAfter, pathAfter) => {
    const given = environ({}, { SCRIPT_NAME: script, PATH_INFO: path });
    expect(shiftPathInfo(given)).toBe(name);
    expect([given.SCRIPT_NAME, given.PATH_INFO]).toEqual([scriptAfter, pathAfter]);
  });

  it('walks a path to its end', () => {
    const given = environ({ rawPath: '/shop/items/7' });
    const names: (string | null)[] = [];
    do names.push(shiftPathInfo(given));
    while (names.at(-1) !== null);
    expect(names).toEqual(['shop', 'items', '7', null]);
    expect(given.SCRIPT_NAME).toBe('/shop/items/7');
  });

  it('refuses to climb where told to, and then changes nothing', () => {
    const given = environ({}, { SCRIPT_NAME: '/a', PATH_INFO: '//./../b' });
    expect(() => shiftPathInfo(given, { dotdot: 'reject' })).toThrow(RangeError);
    expect(() => shiftPathInfo(given, { dotdot: 'reject' })).toThrow(/"\/\/\.\/\.\.\/b" climbs/);
    expect([given.SCRIPT_NAME, given.PATH_INFO]).toEqual(['/a', '//./../b']);
    expect(shiftPathInfo(environ({ rawPath: '/..x' }), { dotdot: 'reject' })).toBe('..x');
  });
});

describe('applicationUri and requestUri', () => {
  // CPython 3.11.7: wsgiref.util.application_uri and request_uri, with and without the query.
  it.each([
    ['/sp\u00e4m', '/caf\u00c3\u00a9;x=1,2 &', 'http://h/sp%E4m', '/caf%C3%A9;x=1,2%20%26'],
    ['', '/', 'http://h/', ''],
    ['', '', 'http://h/', ''],
    ['/a', '', 'http://h/a', ''],
  ])('%j %j', (script, path, application, rest) => {
    const given = environ(
      { scheme: 'http', serverName: 'h', query: 'q=%20' },
      { SCRIPT_NAME: script, PATH_INFO: path },
    );
    expect(applicationUri(given)).toBe(application);
    expect(requestUri(given)).toBe(`${application}${rest}?q=%20`);
    expect(requestUri(given, { query: false })).toBe(application + rest);
  });

  it.each([
    ['http', '80', 'http://h/'],
    ['http', '443', 'http://h:443/'],
    ['https', '443', 'https://h/'],
    ['https', '80', 'https://h:80/'],
    ['https', '8443', 'https://h:8443/'],
  ] as const)('%s on port %s is %s', (scheme, serverPort, uri) => {
    expect(requestUri(environ({ scheme, serverPort, serverName: 'h' }))).toBe(uri);
  });

  it('prefer the Host header, unless it is empty', () => {
    const facts = { serverName: 'internal', serverPort: '8080' } as const;
    expect(requestUri(environ({ ...facts, headers: { host: 'example.com:9' } }))).toBe(
      'https://example.com:9/',
    );
    expect(requestUri(environ({ ...facts, headers: { host: '' } }))).toBe('https://internal:8080/');
  });

  it('leave the query as it is', () => {
    expect(requestUri(environ({ serverName: 'h', query: 'a=%zz&b=+&c=?/' }))).toBe(
      'https://h/?a=%zz&b=+&c=?/',
    );
  });

  it('quote what is not fit for a path, and % itself', () => {
    expect(requestUri(environ({ serverName: 'h', rawPath: '/a%2Fb%3Fc%23d%25' }))).toBe(
      'https://h/a/b%3Fc%23d%25',
    );
  });

  it('never let a path change the host', () => {
    for (const path of [
      '//evil.example/x',
      '/\\evil.example',
      '/@evil.example',
      '.evil.example',
      '',
    ]) {
      const given = environ({ serverName: 'h' }, { PATH_INFO: path });
      expect(new URL(requestUri(given)).host, path).toBe('h');
    }
  });

  it('refuse a path that is no native string', () => {
    expect(() => requestUri(environ({}, { PATH_INFO: '/\u0100' }))).toThrow(RangeError);
    expect(() => applicationUri(environ({}, { SCRIPT_NAME: '/\u0100' }))).toThrow(RangeError);
  });
});

it('hostName is what the client wrote, where that is a host', () => {
  expect(hostName(environ({}, { HTTP_HOST: 'A:1', SERVER_NAME: 'B' }))).toBe('a');
  expect(hostName(environ({}, { HTTP_HOST: 'a/b', SERVER_NAME: 'B' }))).toBe('b');
  expect(hostName(environ({}, { SERVER_NAME: 'B' }))).toBe('b');
});
