import { describe, expect, it } from 'vitest';
import { copyEnviron, createEnviron } from '../../../src/core/request/environ.ts';
import type { RequestParts } from '../../../src/core/request/request-parts.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import { streamedInput } from '../../../src/core/request/input.ts';
import type { Environ } from '../../../src/types.ts';

const errors = errorStream(() => {});

function environ(facts: Partial<RequestParts> = {}, basePath?: string[]): Environ {
  return createEnviron(
    { method: 'GET', rawPath: '/', headers: {}, ...facts },
    { errors, basePath },
  );
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const headerKeys = (given: Environ): string[] =>
  Object.keys(given).filter((key) => key.startsWith('HTTP_'));

function expectToInheritNothing(object: object): void {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
    expect(name in object, name).toBe(false);
  }
  Object.assign(object, JSON.parse('{"__proto__":"own"}'));
  expect(Object.keys(object)).toContain('__proto__');
  expect(() => Object.assign(Object.getPrototypeOf(object) as object, { evil: 1 })).toThrow(
    TypeError,
  );
}

describe('the whole', () => {
  it('of the least request', () => {
    // Entries: what rides along under symbols is none of the environ's.
    expect(Object.fromEntries(Object.entries(environ()))).toEqual({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/',
      QUERY_STRING: '',
      REQUEST_URI: '/',
      SERVER_NAME: 'localhost',
      SERVER_PORT: '443',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'gatecall/0.1.0',
      GATEWAY_INTERFACE: 'CGI/1.1',
      HTTPS: 'on',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'https',
      'wsgi.input': expect.any(Object),
      'wsgi.errors': errors,
      'wsgi.multithread': false,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'wsgi.input_terminated': true,
      'wsgi.file_wrapper': expect.any(Function),
      'gatecall.async': true,
      'gatecall.concurrent': false,
      'gatecall.input_buffered': true,
      'gatecall.raw_path': '/',
    });
  });

  it('of one where all is known', () => {
    const input = streamedInput([bytes('hello')]);
    const given = createEnviron(
      {
        method: 'POST',
        rawPath: '/shop/caf%C3%A9',
        query: 'x=%20',
        scriptName: '/live',
        headers: { Host: 'example.com:8443', 'Content-Type': 'text/plain' },
        cookies: ['a=1', 'b=2'],
        input,
        contentLength: 5,
        scheme: 'http',
        protocol: 'HTTP/2',
        serverPort: '81',
        remoteAddress: '203.0.113.7',
        remoteUser: 'Zoë',
      },
      {
        errors,
        basePath: ['/shop'],
        multithread: true,
        multiprocess: true,
        runOnce: true,
        concurrent: true,
      },
    );
    expect(given).toMatchObject({
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '/live/shop',
      PATH_INFO: '/caf\u00c3\u00a9',
      QUERY_STRING: 'x=%20',
      REQUEST_URI: '/live/shop/caf%C3%A9?x=%20',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '81',
      SERVER_PROTOCOL: 'HTTP/2',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '5',
      HTTP_HOST: 'example.com:8443',
      HTTP_COOKIE: 'a=1; b=2',
      REMOTE_ADDR: '203.0.113.7',
      REMOTE_USER: 'Zo\u00c3\u00ab',
      'wsgi.url_scheme': 'http',
      'wsgi.input': input,
      'wsgi.multithread': true,
      'wsgi.multiprocess': true,
      'wsgi.run_once': true,
      'gatecall.concurrent': true,
      'gatecall.input_buffered': false,
      'gatecall.raw_path': '/caf%C3%A9',
    });
    expect('HTTPS' in given).toBe(false);
  });

  it('is a plain, open object that inherits nothing, new each time', () => {
    const [one, two] = [environ(), environ()];
    expectToInheritNothing(one);
    expect(Object.isFrozen(one)).toBe(false);
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      expect(descriptor, key).toMatchObject({
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    expect('constructor' in one).toBe(false);
    delete (one as Record<string, unknown>)['PATH_INFO'];
    one['app.key'] = 'x';
    expect(two.PATH_INFO).toBe('/');
    expect('app.key' in environ()).toBe(false);
    expect(one['wsgi.input']).not.toBe(two['wsgi.input']);
    expect(Object.isFrozen(one['wsgi.version'])).toBe(true);
  });

  it('has no key without a value', () => {
    const given = environ({ remoteAddress: null, remoteUser: '', cookies: [], protocol: null });
    for (const [key, value] of Object.entries(given)) expect(value, key).not.toBeUndefined();
    expect(given.SERVER_PROTOCOL).toBe('HTTP/1.1');
    expect(Object.keys(given)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/REMOTE|COOKIE|CONTENT/)]),
    );
  });

  it('is copied to one that inherits nothing', () => {
    const copy = copyEnviron(environ({ headers: { 'x-tag': 'one' } }));
    expectToInheritNothing(copy);
    expect(copy.HTTP_X_TAG).toBe('one');
  });
});

describe('the path', () => {
  it.each([
    ['/a%2Cb', '/a,b', '/a%2Cb'],
    ['/a%252Cb', '/a%2Cb', '/a%252Cb'],
    ['/a%2Fb', '/a/b', '/a%2Fb'],
    ['/%E9', '/\u00e9', '/%E9'],
    ['/100%', '/100%', '/100%'],
    ['//foo///bar/../x;p=1', '//foo///bar/../x;p=1', '//foo///bar/../x;p=1'],
    ['/a\\b', '/a\\b', '/a\\b'],
    ['/é b', '/\u00c3\u00a9 b', '/%C3%A9%20b'],
    ['/a?b#c', '/a?b#c', '/a%3Fb%23c'],
    ['/a\r\nb\0', '/a\r\nb\0', '/a%0D%0Ab%00'],
    ['/\ud800', '/\u00ef\u00bf\u00bd', '/%EF%BF%BD'],
    ['', '/', '/'],
  ])('%j', (rawPath, path, uri) => {
    expect(environ({ rawPath })).toMatchObject({
      PATH_INFO: path,
      REQUEST_URI: uri,
      'gatecall.raw_path': uri,
    });
  });

  it('is not decoded again where the platform has', () => {
    expect(environ({ rawPath: '/%2541', path: '/%41' })).toMatchObject({
      PATH_INFO: '/%41',
      REQUEST_URI: '/%2541',
    });
  });

  it.each(['x', '.evil.example', '@evil.example/', '?x'])(
    'begins with a slash, although %j came',
    (rawPath) => {
      expect(environ({ rawPath }).PATH_INFO).toMatch(/^\//);
      expect(environ({ rawPath }).REQUEST_URI).toMatch(/^\//);
      expect(environ({ rawPath, path: rawPath }).PATH_INFO).toMatch(/^\//);
    },
  );
});

describe('mount points', () => {
  it.each([
    ['/api/x', ['/api'], '/api', '/x'],
    ['/api', ['/api'], '/api', ''],
    ['/api/', ['/api'], '/api', '/'],
    ['/apixyz', ['/api'], '', '/apixyz'],
    ['/API/x', ['/api'], '', '/API/x'],
    ['/x/api', ['/api'], '', '/x/api'],
    ['/a/b/c', ['/a', '/a/b', '/b'], '/a/b', '/c'],
    ['/%61pi/x', ['/api'], '/api', '/x'],
    ['/caf%C3%A9/x', ['/café'], '/caf\u00c3\u00a9', '/x'],
    ['/api//x', ['/api'], '/api', '//x'],
    ['/x', [], '', '/x'],
    ['/x', [''], '', '/x'],
  ])('%j below %j', (rawPath, mounts, script, path) => {
    const given = environ({ rawPath }, mounts);
    expect([given.SCRIPT_NAME, given.PATH_INFO]).toEqual([script, path]);
    expect(given.REQUEST_URI).toBe(rawPath);
  });

  it('are taken off the undecoded path as well', () => {
    const raw = (rawPath: string, mount: string): unknown =>
      environ({ rawPath }, [mount])['gatecall.raw_path'];
    expect(raw('/%61p%69/a%2Fb', '/api')).toBe('/a%2Fb');
    expect(raw('/100%/a%2Fb', '/100%')).toBe('/a%2Fb');
    expect(raw('/café/a b', '/café')).toBe('/a%20b');
  });
});

describe('the server', () => {
  it.each<[Partial<RequestParts>, string, string]>([
    [{ headers: { host: 'example.com' } }, 'example.com', '443'],
    [{ headers: { host: 'example.com' }, scheme: 'http' }, 'example.com', '80'],
    [{ headers: { host: 'example.com:8080' } }, 'example.com', '8080'],
    [{ headers: { host: 'example.com:8080' }, serverPort: '81' }, 'example.com', '81'],
    [{ headers: { host: '[::1]' } }, '[::1]', '443'],
    [{ headers: { host: '[::1]:8080' } }, '[::1]', '8080'],
    [{ headers: { host: 'example.com:' } }, 'example.com', '443'],
    [{ headers: { host: 'example.com:http' } }, 'localhost', '443'],
    [{ headers: { host: 'a.example@evil.example' }, serverName: 'api' }, 'api', '443'],
    [{ headers: { host: '<b>x</b>' } }, 'localhost', '443'],
    [{ headers: { host: 'a' }, serverPort: '0x50' }, 'a', '443'],
    [{ headers: { host: 'a' }, serverPort: '٨٠' }, 'a', '443'],
    [{ headers: { host: '' }, serverName: 'front' }, 'front', '443'],
    [{ serverName: 'front:8080' }, 'front', '8080'],
    [{ serverName: null }, 'localhost', '443'],
  ])('%j is %s, port %s', (facts, name, port) => {
    const { SERVER_NAME, SERVER_PORT } = environ(facts);
    expect([SERVER_NAME, SERVER_PORT]).toEqual([name, port]);
  });
});

describe('the body', () => {
  it('is counted, whatever the header claims', () => {
    const headers = { 'content-length': '99' };
    expect(environ({ headers, body: bytes('é') }).CONTENT_LENGTH).toBe('2');
    expect(environ({ headers }).CONTENT_LENGTH).toBe('0');
    expect(environ({ headers: { 'content-length': 'x' }, body: bytes('abc') }).CONTENT_LENGTH).toBe(
      '3',
    );
  });

  it('has no length when it is a stream of which nobody knows it', () => {
    const headers = { 'content-length': '99' };
    const input = streamedInput([]);
    expect('CONTENT_LENGTH' in environ({ headers, input })).toBe(false);
    expect(environ({ headers, input, contentLength: 0 }).CONTENT_LENGTH).toBe('0');
  });

  it('has no length when there is none', () => {
    expect('CONTENT_LENGTH' in environ()).toBe(false);
  });
});

describe('headers', () => {
  it('are renamed', () => {
    const given = environ({
      headers: { 'X-Forwarded-For': 'a', 'content-TYPE': 't', 'x.y!': 'z', 'x-empty': '' },
    });
    expect(given.HTTP_X_FORWARDED_FOR).toBe('a');
    expect(given.CONTENT_TYPE).toBe('t');
    expect(given['HTTP_X.Y!']).toBe('z');
    expect(given.HTTP_X_EMPTY).toBe('');
    expect('HTTP_CONTENT_TYPE' in given).toBe(false);
  });

  it('are folded in order: with a comma, cookies with a semicolon', () => {
    const expected = { HTTP_X_TAG: 'one,two', HTTP_COOKIE: 'a=1; b=2' };
    expect(environ({ headers: { 'x-tag': ['one', 'two'], cookie: ['a=1', 'b=2'] } })).toMatchObject(
      expected,
    );
    expect(
      environ({
        headers: [
          ['x-tag', 'one'],
          ['Cookie', 'a=1'],
          ['X-Tag', 'two'],
          ['cOOkie', 'b=2'],
        ],
      }),
    ).toMatchObject(expected);
  });

  it('of which there is one have the last of several values', () => {
    expect(
      environ({
        headers: {
          host: ['a', 'b'],
          authorization: ['Basic 1', 'Basic 2'],
          'content-type': ['a/b', 'c/d'],
        },
      }),
    ).toMatchObject({ HTTP_HOST: 'b', HTTP_AUTHORIZATION: 'Basic 2', CONTENT_TYPE: 'c/d' });
  });

  it.each([
    ['httpoxy', 'Proxy'],
    ['an underscore, which would take the place of a hyphen', 'X_Forwarded_For'],
    ['no token', 'X Y'],
    ['no token', 'X\u212a'],
    ['no name', ''],
    ['__proto__, for its underscores', '__proto__'],
    ['Keep-Alive', 'keep-alive'],
    ['Transfer-Encoding', 'TRANSFER-ENCODING'],
    ['TE', 'te'],
    ['Upgrade', 'Upgrade'],
    ['Proxy-Connection', 'proxy-connection'],
    ['Connection', 'connection'],
  ])('that must not arrive: %s', (_, name) => {
    expect(headerKeys(environ({ headers: [[name, 'v']] }))).toEqual([]);
  });

  it('that Connection names stay, so that no client makes vanish what a front has added', () => {
    const given = environ({
      headers: { Connection: 'close , X-Secret,,x y', 'X-Secret': 's', 'x-tag': 't' },
    });
    expect(headerKeys(given)).toEqual(['HTTP_X_SECRET', 'HTTP_X_TAG']);
  });

  it('are own members: what an object inherits is none', () => {
    const inherits = Object.assign(Object.create({ 'x-evil': '1' }) as object, { 'x-tag': 't' });
    expect(headerKeys(environ({ headers: inherits }))).toEqual(['HTTP_X_TAG']);
  });

  it('lose the space around them, and are dropped with control characters in them', () => {
    const given = environ({
      headers: {
        a: ' \t x y\t ',
        b: 'x\r\nSet-Cookie: evil',
        c: 'x\0',
        d: 'x\u007f',
        e: 'x\ty',
        f: '\u0085',
      },
    });
    expect(given.HTTP_A).toBe('x y');
    expect(given.HTTP_E).toBe('x\ty');
    expect(given.HTTP_F).toBe('\u00c2\u0085');
    expect(headerKeys(given)).toEqual(['HTTP_A', 'HTTP_E', 'HTTP_F']);
  });

  it('that are text arrive as bytes', () => {
    expect(environ({ headers: { a: 'é\u010d\u010a', b: '\ud800' } })).toMatchObject({
      HTTP_A: '\u00c3\u00a9\u00c4\u008d\u00c4\u008a',
      HTTP_B: '\u00ef\u00bf\u00bd',
    });
  });

  it('survive nulls and other things that are no text', () => {
    const headers = JSON.parse('{"a":null,"b":["x",null,5],"c":5,"d":{"e":"f"},"g":[]}') as Record<
      string,
      string
    >;
    const given = environ({ headers });
    expect(headerKeys(given)).toEqual(['HTTP_B']);
    expect(given.HTTP_B).toBe('x');
  });

  it('do not take over what names of thousands of others held before', () => {
    for (let index = 0; index < 2500; index++) {
      expect(environ({ headers: { [`x-name-${index}`]: 'v' } })[`HTTP_X_NAME_${index}`]).toBe('v');
    }
    expect(environ({ headers: { accept: '*/*', proxy: 'x' } })).toMatchObject({
      HTTP_ACCEPT: '*/*',
    });
    expect('HTTP_PROXY' in environ({ headers: { proxy: 'x' } })).toBe(false);
  });
});

describe('cookies the platform took out', () => {
  it('replace the header, and do not double it', () => {
    expect(environ({ headers: { cookie: 'a=1; b=2' }, cookies: ['a=1', 'b=2'] }).HTTP_COOKIE).toBe(
      'a=1; b=2',
    );
    expect(environ({ headers: { cookie: 'a=1' }, cookies: [] }).HTTP_COOKIE).toBe('a=1');
  });

  it('are dropped with control characters in them, as a header is', () => {
    expect(environ({ cookies: ['a=1\r\nx: y'] }).HTTP_COOKIE ?? '').not.toMatch(/[\r\n]/);
  });
});

describe('facts that are native strings already', () => {
  const facts = {
    native: true,
    method: 'GET',
    rawPath: '/caf\xe9/%E9',
    query: 'q=\xe9',
    headers: [
      ['X-Latin', ' \xe9 '],
      ['X-Text', '\xc3\xa9'],
      ['Cookie', 'a=\xe9'],
    ],
    remoteUser: 'ren\xe9',
  } as const;

  it('are not encoded once more', () => {
    const given = environ(facts);
    expect(given.PATH_INFO).toBe('/caf\xe9/\xe9');
    expect(given.QUERY_STRING).toBe('q=\xe9');
    expect(given.REQUEST_URI).toBe('/caf%E9/%E9?q=%E9');
    expect(given.HTTP_X_LATIN).toBe('\xe9');
    expect(given.HTTP_X_TEXT).toBe('\xc3\xa9');
    expect(given.HTTP_COOKIE).toBe('a=\xe9');
    expect(given.REMOTE_USER).toBe('ren\xe9');
  });

  it('are so for one request only', () => {
    environ(facts);
    expect(environ({ headers: facts.headers }).HTTP_X_LATIN).toBe('\xc3\xa9');
  });

  it('lose a header that holds what is no byte', () => {
    const given = environ({ native: true, headers: { 'X-Wide': '\u4e2d', 'X-Plain': 'a' } });
    expect(headerKeys(given)).toEqual(['HTTP_X_PLAIN']);
  });
});
