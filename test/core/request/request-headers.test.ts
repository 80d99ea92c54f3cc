import { describe, expect, it } from 'vitest';
import { copyEnviron, createEnviron } from '../../../src/core/request/environ.ts';
import type { RequestParts } from '../../../src/core/request/request-parts.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import { fromNodeListener } from '../../../src/bridges/node.ts';
import { toNodeListener } from '../../../src/gateways/node.ts';
import { rawHeaders } from '../../../src/core/request/request-headers.ts';
import type { Environ, Middleware } from '../../../src/types.ts';
import { behindNode } from '../../bridges/differential.ts';

function environ(headers: RequestParts['headers'], facts: Partial<RequestParts> = {}): Environ {
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
      ['X-Hop', 'kept'],
      ['X-Bad', 'a\r\nb'],
      ['Content-Length', '999'],
    ] as const;
    expect(rawHeaders(environ(headers, { body: Uint8Array.of(1, 2, 3) }))).toEqual([
      'Host',
      'last.example',
      'X-Hop',
      'kept',
      'Content-Length',
      '3',
    ]);
  });

  it('takes no second spelling of a header for the length that was added', () => {
    const twice = environ({ Host: 'a', host: 'a' }, { body: new Uint8Array() });
    expect(rawHeaders(twice)).toEqual(['Host', 'a', 'content-length', '0']);
  });

  it('knows cookies that came apart, and the length of a body nobody announced', () => {
    const facts = { cookies: ['a=1', 'b=2'], body: Uint8Array.of(1) };
    const expected = ['host', 'x', 'cookie', 'a=1; b=2', 'content-length', '1'];
    expect(new Set(rawHeaders(environ({ host: 'x' }, facts)))).toEqual(new Set(expected));
  });
});

const named: Middleware = (application) => (environ, startResponse) => {
  environ.HTTP_X_REQUEST_ID = '7';
  return application(environ, startResponse);
};

it('keeps bytes beyond ASCII behind a server and a middleware, as UTF-8 and as anything else', async () => {
  let came: string[] = [];
  const listener = fromNodeListener((request, response) => {
    came = request.rawHeaders;
    response.end();
  });
  const headers = [
    ['X-Tag', 'caf\xe9'],
    ['X-Tag', 'caf\xc3\xa9'],
  ] as const;
  await behindNode(toNodeListener(named(listener)), { headers });
  const tags = came.filter((_, index) => came[index - 1] === 'X-Tag');
  expect(tags).toEqual(['caf\xe9', 'caf\xc3\xa9']);
  expect(came).toContain('x-request-id');
});
