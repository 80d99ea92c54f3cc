import { describe, expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { cors, type CorsOptions } from '../../src/middleware.ts';
import type { Application, HeaderList } from '../../src/types.ts';
import { type Answer, ask } from './support.ts';

const ORIGIN = 'https://example.com';
const inner = vi.fn<Application>(text('shared'));
const get = (
  options?: CorsOptions,
  origin: string | undefined = ORIGIN,
  application: Application = inner,
): Promise<Answer> =>
  ask(cors(application, options), { headers: origin === '' ? [] : [['Origin', origin]] });
const preflight = (
  options?: CorsOptions,
  more: HeaderList = [],
  origin = ORIGIN,
): Promise<Answer> =>
  ask(cors(inner, options), {
    method: 'OPTIONS',
    headers: [['Origin', origin], ['Access-Control-Request-Method', 'PUT'], ...more],
  });

describe('a request', () => {
  it.each([ORIGIN, 'null', ''])('of any origin may be read: %j', async (origin) => {
    const answer = await get({ exposedHeaders: ['X-A'] }, origin);
    expect(answer.text).toBe('shared');
    // One answer for all, so that a cache may keep the one to a request without an Origin.
    expect(answer.header('access-control-allow-origin')).toBe('*');
    expect(answer.header('access-control-expose-headers')).toBe('X-A');
    expect(answer.header('vary')).toBeUndefined();
  });

  it.each<[CorsOptions['origins'], string, boolean]>([
    [[ORIGIN], ORIGIN, true],
    [[ORIGIN], 'https://example.com.evil.example', false],
    [[ORIGIN], 'null', false],
    [(origin) => origin.endsWith('.example.com'), 'https://a.example.com', true],
    [(origin) => origin.endsWith('.example.com'), ORIGIN, false],
    [[], ORIGIN, false],
  ])('with %s from %s: %s', async (origins, origin, allowed) => {
    const answer = await get({ origins: origins! }, origin);
    expect(answer.header('access-control-allow-origin')).toBe(allowed ? origin : undefined);
    // A cache must not give one origin's answer to another, not even the one without.
    expect(answer.header('vary')).toBe('Origin');
    expect(answer.text).toBe('shared');
  });

  it('without an origin varies all the same', async () => {
    const answer = await get({ origins: [ORIGIN] }, '');
    expect([answer.header('access-control-allow-origin'), answer.header('vary')]).toEqual([
      undefined,
      'Origin',
    ]);
  });

  it('may carry credentials, and show headers', async () => {
    const answer = await get({
      origins: [ORIGIN],
      credentials: true,
      exposedHeaders: ['X-A', 'X-B'],
    });
    expect(answer.header('access-control-allow-credentials')).toBe('true');
    expect(answer.header('access-control-expose-headers')).toBe('X-A, X-B');
  });

  it('has one answer, whatever the application says of it', async () => {
    const own = text('', {
      headers: [
        ['access-control-allow-origin', '*'],
        ['Vary', 'Accept'],
      ],
    });
    const answer = await get({ origins: [ORIGIN] }, ORIGIN, own);
    expect(answer.header('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.header('vary')).toBe('Accept, Origin');
  });

  it('that fails has the headers too, or no script could read why', async () => {
    const answer = await get({}, ORIGIN, (_environ, startResponse) => {
      startResponse('200 OK', []);
      startResponse('500 Sorry', [], new Error('the reason'));
      return [];
    });
    expect([answer.status, answer.header('access-control-allow-origin')]).toEqual([500, '*']);
  });
});

describe('a preflight', () => {
  it('is answered without the application', async () => {
    inner.mockClear();
    const answer = await preflight({}, [
      ['Access-Control-Request-Headers', 'X-A, content-type, b@d'],
    ]);
    expect(inner).not.toHaveBeenCalled();
    expect(answer.status).toBe(204);
    expect(answer.header('access-control-allow-origin')).toBe('*');
    expect(answer.header('access-control-allow-methods')).toBe(
      'GET, HEAD, PUT, PATCH, POST, DELETE',
    );
    expect(answer.header('access-control-allow-headers')).toBe('X-A, content-type');
    expect(answer.header('vary')).toBe(
      'Access-Control-Request-Method, Access-Control-Request-Headers',
    );
  });

  it('says what the options say', async () => {
    const answer = await preflight({
      origins: [ORIGIN],
      methods: ['GET'],
      headers: ['X-Only'],
      maxAge: 600,
      credentials: true,
    });
    expect(answer.headers).toEqual([
      ['access-control-allow-origin', ORIGIN],
      ['access-control-allow-credentials', 'true'],
      ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'],
      ['access-control-allow-methods', 'GET'],
      ['access-control-allow-headers', 'X-Only'],
      ['access-control-max-age', '600'],
    ]);
  });

  it('of a foreign origin permits nothing', async () => {
    const answer = await preflight({ origins: [ORIGIN] }, [], 'https://evil.example');
    expect([answer.status, answer.headers.map(([name]) => name)]).toEqual([204, ['vary']]);
  });

  it('is no other OPTIONS', async () => {
    const answer = await ask(cors(inner), { method: 'OPTIONS', headers: { Origin: ORIGIN } });
    expect([answer.status, answer.text]).toEqual([200, 'shared']);
  });
});

it.each([
  [{ credentials: true }, /cors cannot send credentials to every origin: name them/],
  [{ origin: '*' }, /cors has no option origin; it has origins/],
  [
    { origins: 'https://example.com' },
    /cannot use the string "https:\/\/example.com" as option origins/,
  ],
  [{ methods: ['GET,POST'] }, /as option methods/],
])('refuses %j', (options, message) => {
  expect(() => cors(inner, options as never)).toThrow(message);
});
