import { describe, expect, it } from 'vitest';
import { createEnviron } from '../../../src/core/request/environ.ts';
import type { RequestParts } from '../../../src/core/request/request-parts.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import { streamedInput } from '../../../src/core/request/input.ts';
import { toRequest } from '../../../src/core/request/to-request.ts';
import type { Environ } from '../../../src/types.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function environ(facts: Partial<RequestParts> = {}, more: Partial<Environ> = {}): Environ {
  const made = createEnviron(
    { method: 'GET', rawPath: '/', headers: { host: 'example.com' }, ...facts },
    { errors: errorStream(() => {}) },
  );
  return Object.assign(made, more);
}

describe('the URL', () => {
  it('has the undecoded path, and the query', () => {
    const given = environ({ rawPath: '/a%2Fb/caf%C3%A9', query: 'x=%20&y=+' });
    expect(toRequest(given).url).toBe('https://example.com/a%2Fb/caf%C3%A9?x=%20&y=+');
  });

  it('is rebuilt where there is no REQUEST_URI', () => {
    const given = environ({ rawPath: '/a%2Fb', query: 'x=1' });
    delete given.REQUEST_URI;
    expect(toRequest(given).url).toBe('https://example.com/a/b?x=1');
  });

  it('is rebuilt where REQUEST_URI is of another form', () => {
    const given = environ({ rawPath: '/x' }, { REQUEST_URI: 'http://evil.example/x' });
    expect(toRequest(given).url).toBe('https://example.com/x');
  });

  it.each([
    '//evil.example/x',
    '///evil.example/x',
    '/\\evil.example/x',
    '/@evil.example/x',
    '/:80@evil.example/',
    '.evil.example/x',
    'evil.example',
    ':99/x',
    '',
  ])('stays on its host for the path %j', (rawPath) => {
    expect(new URL(toRequest(environ({ rawPath })).url).host).toBe('example.com');
  });

  it('keeps a port, and the address of an IPv6 host', () => {
    expect(toRequest(environ({ headers: { host: '[::1]:8080' }, rawPath: '/x' })).url).toBe(
      'https://[::1]:8080/x',
    );
  });

  it('cannot be of a host that is none', () => {
    expect(() => toRequest({ ...environ(), HTTP_HOST: 'a b' })).toThrow(TypeError);
  });
});

describe('method and headers', () => {
  it('are those of the request', () => {
    const request = toRequest(
      environ({
        method: 'PROPFIND',
        headers: [
          ['Host', 'example.com'],
          ['X-Tag', 'one'],
          ['x-tag', 'two'],
          ['Cookie', 'a=1'],
          ['Cookie', 'b=2'],
          ['X-Name', 'é'],
        ],
      }),
    );
    expect(request.method).toBe('PROPFIND');
    expect(Object.fromEntries(request.headers)).toEqual({
      host: 'example.com',
      'x-tag': 'one,two',
      cookie: 'a=1; b=2',
      // Bytes as code points, as fetch has it.
      'x-name': '\u00c3\u00a9',
    });
  });

  it('do not include what no header was', () => {
    const given = environ({}, { HTTPS: 'on', 'app.key': 'x', HTTP_X: 5 as unknown as string });
    expect([...toRequest(given).headers.keys()]).toEqual(['host']);
  });

  it.each(['CONNECT', 'TRACE', 'TRACK'])('cannot be %s', (method) => {
    expect(() => toRequest(environ({ method }))).toThrow(TypeError);
  });
});

describe('the body', () => {
  const type = { host: 'example.com', 'content-type': 'text/plain' };

  it('is the input, read when somebody reads it', async () => {
    const given = environ({ method: 'POST', headers: type, body: bytes('hello') });
    const request = toRequest(given);
    expect(request.headers.get('content-length')).toBe('5');
    expect(await request.text()).toBe('hello');
    expect(await given['wsgi.input'].read()).toHaveLength(0);
  });

  it('is there for a stream of unknown length', async () => {
    const input = streamedInput([bytes('he'), bytes('llo')]);
    expect(await toRequest(environ({ method: 'POST', headers: type, input })).text()).toBe('hello');
  });

  it('is not read ahead', async () => {
    let pulled = 0;
    function* source(): Generator<Uint8Array, void, undefined> {
      for (;;) {
        pulled++;
        yield bytes('x'.repeat(65_536));
      }
    }
    const input = streamedInput(source());
    const { body } = toRequest(environ({ method: 'POST', headers: type, input }));
    expect(pulled).toBe(0);
    const reader = body?.getReader();
    await reader?.read();
    expect(pulled).toBe(1);
    await reader?.cancel();
  });

  it('fails when the client leaves half-way', async () => {
    const input = streamedInput([bytes('he')], { length: 5 });
    const request = toRequest(environ({ method: 'POST', headers: type, input, contentLength: 5 }));
    await expect(request.text()).rejects.toThrow(/ended 3 bytes before/);
  });

  it.each(['GET', 'HEAD'])('is left out for %s, which may have none in fetch', (method) => {
    expect(toRequest(environ({ method, headers: type, body: bytes('x') })).body).toBeNull();
  });

  it.each([
    ['no length', {}],
    ['length 0', { body: new Uint8Array() }],
  ])('is none with %s', (_, facts) => {
    expect(toRequest(environ({ method: 'POST', ...facts })).body).toBeNull();
  });

  it('parses as a form', async () => {
    const form = await toRequest(
      environ({
        method: 'POST',
        headers: { host: 'h', 'content-type': 'application/x-www-form-urlencoded' },
        body: bytes('a=1&b=%C3%A9'),
      }),
    ).formData();
    expect([...form]).toEqual([
      ['a', '1'],
      ['b', 'é'],
    ]);
  });
});

it('the signal is handed on', () => {
  const controller = new AbortController();
  const { signal } = toRequest(environ({}, { 'gatecall.signal': controller.signal }));
  expect(signal.aborted).toBe(false);
  controller.abort();
  expect(signal.aborted).toBe(true);
});
