import { describe, expect, it } from 'vitest';
import { copyEnviron, createEnviron, type RequestFacts } from '../src/environ.ts';
import { errorStream } from '../src/error-stream.ts';
import { rawHeaders } from '../src/raw-headers.ts';
import type { Environ } from '../src/types.ts';

function environ(headers: RequestFacts['headers'], facts: Partial<RequestFacts> = {}): Environ {
  return createEnviron(
    { method: 'GET', rawPath: '/', headers, ...facts },
    { errors: errorStream(() => {}) },
  );
}

describe('rawHeaders', () => {
  it('gives names, order and repeats as they came', () => {
    const list = [
      ['Host', 'example.com'],
      ['X-Tag', 'one'],
      ['accept', '*/*'],
      ['x-tag', 'two'],
    ] as const;
    expect(rawHeaders(environ(list))).toEqual([
      'Host',
      'example.com',
      'X-Tag',
      'one',
      'x-tag',
      'two',
      'accept',
      '*/*',
    ]);
  });

  it('reads maps of one value, of several, and of none', () => {
    const map = { Host: ['example.com'], 'X-Tag': ['one', 'two'], Accept: 'text/html', Gone: null };
    expect(rawHeaders(environ(map))).toEqual([
      'Host',
      'example.com',
      'X-Tag',
      'one',
      'X-Tag',
      'two',
      'Accept',
      'text/html',
    ]);
  });

  it.each([
    [
      'changed',
      (it: Environ) => (it.HTTP_HOST = 'other.example'),
      ['Host', 'other.example', 'X-A', '1'],
    ],
    ['removed', (it: Environ) => delete it.HTTP_HOST, ['X-A', '1']],
    [
      'added',
      (it: Environ) => (it.HTTP_X_REQUEST_ID = '7'),
      ['Host', 'a.example', 'X-A', '1', 'x-request-id', '7'],
    ],
  ])('follows a middleware that has %s a header', (_, change, expected) => {
    const changed = environ({ Host: 'a.example', 'X-A': '1' });
    change(changed);
    expect(rawHeaders(changed)).toEqual(expected);
    expect(rawHeaders(copyEnviron(changed))).toEqual(expected);
  });

  it('says what an environ says that no gateway made', () => {
    const made = Object.assign(Object.create(null) as Environ, {
      HTTP_ACCEPT_LANGUAGE: 'de',
      CONTENT_TYPE: 'text/plain',
      PATH_INFO: '/',
      'wsgi.url_scheme': 'http',
    });
    expect(rawHeaders(made)).toEqual(['accept-language', 'de', 'content-type', 'text/plain']);
  });

  it('brings nothing back that createEnviron drops or decides', () => {
    const headers = [
      ['Host', 'first.example'],
      ['Host', 'last.example'],
      ['Transfer-Encoding', 'chunked'],
      ['Proxy', 'evil.example'],
      ['X_Under', 'score'],
      ['Connection', 'X-Hop'],
      ['X-Hop', 'gone'],
      ['X-Bad', 'a\r\nb'],
      ['Content-Length', '999'],
    ] as const;
    expect(rawHeaders(environ(headers, { body: Uint8Array.of(1, 2, 3) }))).toEqual([
      'Host',
      'last.example',
      'Content-Length',
      '3',
    ]);
  });

  it('knows cookies that came apart, and the length of a body nobody announced', () => {
    const facts = { cookies: ['a=1', 'b=2'], body: Uint8Array.of(1) };
    const expected = ['host', 'x', 'cookie', 'a=1; b=2', 'content-length', '1'];
    expect(new Set(rawHeaders(environ({ host: 'x' }, facts)))).toEqual(new Set(expected));
  });
});
