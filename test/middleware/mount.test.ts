import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { mount } from '../../src/middleware.ts';
import { percentDecode } from '../../src/base/native.ts';
import type { Application, Environ } from '../../src/types.ts';
import { ask, environOf } from './support.ts';

/** Answers with its name and what it sees of the path. */
const named =
  (name: string): Application =>
  (environ, startResponse) => {
    const { SCRIPT_NAME, PATH_INFO, 'gatecall.raw_path': raw } = environ;
    return text(`${name} ${SCRIPT_NAME}|${PATH_INFO}|${String(raw)}`)(environ, startResponse);
  };

describe('paths', () => {
  const site = mount({
    '/': named('root'),
    '/api': named('api'),
    '/api/v2/': named('v2'),
    '/café': named('café'),
  });
  it.each([
    ['/', 'root |/|/'],
    ['', 'root |/|/'],
    ['/other/x', 'root |/other/x|/other/x'],
    ['/apixyz', 'root |/apixyz|/apixyz'],
    ['/API', 'root |/API|/API'],
    ['/api', 'api /api||'],
    ['/api/', 'api /api|/|/'],
    ['/api/x%2Fy', 'api /api|/x/y|/x%2Fy'],
    ['/%61pi/x', 'api /api|/x|/x'],
    ['/api/v2', 'v2 /api/v2||'],
    ['/api/v2/x', 'v2 /api/v2|/x|/x'],
    ['/api/v22', 'api /api|/v22|/v22'],
    ['/api//v2', 'api /api|//v2|//v2'],
  ])('%j', async (rawPath, expected) => {
    expect((await ask(site, { rawPath })).text).toBe(expected);
  });

  it('are bytes', async () => {
    const answer = await ask(site, { rawPath: '/caf%C3%A9/x' });
    expect(answer.text).toBe('café /caf\u00c3\u00a9|/x|/x');
  });

  it('add to the mount there is', async () => {
    const environ = { SCRIPT_NAME: '/stage' };
    expect((await ask(site, { rawPath: '/api/x', environ })).text).toBe('api /stage/api|/x|/x');
    const nested = mount({ '/outer': site });
    expect((await ask(nested, { rawPath: '/outer/api/x' })).text).toBe('api /outer/api|/x|/x');
  });

  it('without an application are a 404, or the fallback', async () => {
    const lone = mount({ '/api': named('api') });
    const answer = await ask(lone, { rawPath: '/apixyz' });
    expect([answer.status, answer.text]).toEqual([404, 'Not Found\n']);
    expect((await ask(lone, { method: 'HEAD', rawPath: '/' })).body).toHaveLength(0);
    const other = mount({ '/api': named('api') }, { fallback: named('fallback') });
    expect((await ask(other, { rawPath: '/x' })).text).toBe('fallback |/x|/x');
  });

  it('never lose a byte: SCRIPT_NAME and PATH_INFO together stay what they were', async () => {
    const piece = fc.constantFrom('api', 'v2', '%2F', '/', '//', 'x', '..', '%C3%A9', '%zz', 'caf');
    const check = async (pieces: string[]): Promise<void> => {
      const rawPath = `/${pieces.join('')}`;
      let seen: Environ | undefined;
      const keep: Application = (environ, startResponse) => {
        seen = environ;
        return text('')(environ, startResponse);
      };
      const outer = environOf({ rawPath });
      const before = outer.PATH_INFO;
      const body = await mount({ '/': keep, '/api': keep, '/api/v2': keep })(outer, () => () => {});
      await body.close?.();
      expect(`${seen?.SCRIPT_NAME}${seen?.PATH_INFO}`).toBe(before);
      expect(percentDecode(String(seen?.['gatecall.raw_path']))).toBe(seen?.PATH_INFO);
      // The middleware around keeps its own environ.
      expect([outer.SCRIPT_NAME, outer.PATH_INFO]).toEqual(['', before]);
    };
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 8 }), check));
  });
});

describe('hosts', () => {
  const site = mount({
    '/': named('any'),
    '//api.example.com': named('api'),
    '//API.example.com/v2': named('v2'),
    '//[2001:db8::1]/': named('six'),
    '/v2': named('any v2'),
  });
  it.each([
    ['example.com', '/', 'any |/|/'],
    ['api.example.com', '/x', 'api |/x|/x'],
    ['Api.Example.Com:8080', '/x', 'api |/x|/x'],
    ['api.example.com', '/v2/x', 'v2 /v2|/x|/x'],
    ['example.com', '/v2/x', 'any v2 /v2|/x|/x'],
    ['api.example.com.evil.example', '/', 'any |/|/'],
    ['[2001:db8::1]:80', '/', 'six |/|/'],
  ])('%s%s', async (host, rawPath, expected) => {
    expect((await ask(site, { rawPath, headers: { Host: host } })).text).toBe(expected);
  });

  it('without a Host header is the server', async () => {
    expect((await ask(site, { serverName: 'api.example.com' })).text).toBe('api |/|/');
  });
});

it.each(['', 'api', '/a//b', '/a/../b', '/./a', '//', '///x', '/..'])(
  'refuses the mount %j',
  (place) => {
    expect(() => mount({ [place]: named('x') })).toThrow(/a mount is a path such as '\/api'/);
  },
);

it('refuses what is no application, and unknown options', () => {
  expect(() => mount({ '/': 'x' as never })).toThrow(/an application is a function/);
  expect(() => mount({}, { fallbck: named('x') } as never)).toThrow(
    /mount has no option fallbck; it has fallback/,
  );
});
