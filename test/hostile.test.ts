/**
 * What nobody sends by mistake, and what comes half-broken: neither may do more than get a clear
 * answer.
 */
import { describe, expect, it } from 'vitest';
import { createEnviron } from '../src/core/request/environ.ts';
import { errorStream } from '../src/core/request/error-stream.ts';
import { toRequest } from '../src/core/request/to-request.ts';
import {
  lambdaEvent,
  type LambdaRequest,
  lambdaResponse,
  type LambdaSource,
  lambdaSources,
} from '../src/aws-model.ts';
import { headerLines, textOf } from '../src/aws-model/message.ts';
import type { Application, Environ } from '../src/types.ts';
import { applicationUri, requestUri } from '../src/core/request/url.ts';
import {
  answers,
  decode,
  encode,
  exchange,
  handle,
  seen,
  seenThrough,
} from './gateways/aws/support.ts';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type Path = readonly (string | number)[];

const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];
const MB = 1_000_000;

const shapeOfPrototypes = (): unknown =>
  [Object, Array, Function, String, Map].map(({ prototype }) => Reflect.ownKeys(prototype));
const prototypesBefore = shapeOfPrototypes();

function pairs(query: string): string[][] {
  return query.split('&').map((pair) => pair.split('=').map((part) => decodeURIComponent(part)));
}

/** As JSON.parse makes it: `__proto__` is a member, and no prototype. */
function withOwnProto(value: Json): Json {
  if (Array.isArray(value)) return value.map(withOwnProto);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, inner]): [string, Json] => [
    key,
    withOwnProto(inner),
  ]);
  return Object.fromEntries<Json>([...members, ['__proto__', { isAdmin: true }]]);
}

/** Every string of an environ that is not PEP 3333's: not a native string. */
function textIn(environ: Environ): string[] {
  return Object.entries(environ)
    .filter(([key, value]) => typeof value === 'string' && /[^\0-\u00ff]/.test(key + value))
    .map(([key]) => key);
}

// ── Names ───────────────────────────────────────────────────────────────────────────────────────

describe.each(lambdaSources)('names of members every object has, through %s', (source) => {
  it('are names like any other in headers, query and cookies', async () => {
    const environ = await seenThrough(source, {
      target: `/?${NAMES.map((name) => `${name}=${name}`).join('&')}`,
      headers: [
        ...NAMES.map((name) => [name, 'v'] as const),
        ['Cookie', NAMES.map((name) => `${name}=1`).join('; ')],
      ],
    });
    expect(pairs(environ.QUERY_STRING)).toEqual(NAMES.map((name) => [name, name]));
    expect(environ.HTTP_COOKIE).toBe(NAMES.map((name) => `${name}=1`).join('; '));
    for (const name of NAMES.slice(1)) expect(environ[`HTTP_${name.toUpperCase()}`]).toBe('v');
    // For its underscores, as every name with one.
    expect('HTTP___PROTO__' in environ).toBe(false);
    expect(Object.keys(Object.getPrototypeOf(environ) as object)).toEqual([]);
  });

  it('are names like any other in a reply', async () => {
    const { response } = await exchange(
      source,
      {},
      answers(
        'x',
        NAMES.flatMap((name) => [
          [name, 'one'],
          [name, 'two'],
        ]),
      ),
    );
    expect(response.status).toBe(200);
    for (const name of NAMES) {
      expect(headerLines(response, name).join(', '), name).toBe('one, two');
    }
  });

  it('may be own members of every object of the event', async () => {
    const { environ } = await handle(withOwnProto(eventOf(source)));
    expect(environ?.PATH_INFO).toBe('/caf\u00c3\u00a9/a/b');
    expect((environ as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

// ── Responses ───────────────────────────────────────────────────────────────────────────────────

describe('response headers that would end theirs and begin another', () => {
  it.each([
    ['CR LF', 'a\r\nSet-Cookie: evil=1'],
    ['LF', 'a\nSet-Cookie: evil=1'],
    ['CR', 'a\rSet-Cookie: evil=1'],
    ['NUL', 'a\0'],
    ['letters that a careless encoder cuts to CR LF', 'a\u010d\u010aSet-Cookie: evil=1'],
    ['text that is not native', '日本'],
    ['a lone surrogate', '\ud800'],
  ])('%s', async (_, value) => {
    for (const source of lambdaSources) {
      const { response, log } = await exchange(source, {}, answers('x', [['X-Name', value]]));
      expect(response.status, source).toBe(500);
      expect(headerLines(response, 'x-name')).toEqual([]);
      expect(headerLines(response, 'set-cookie')).toEqual([]);
      expect(log[0]).toContain('ContractError: the value of header X-Name');
    }
  });

  it.each(['X\r\nSet-Cookie', 'X:', ' X', '', 'X\u010d\u010a'])('in the name %j', async (name) => {
    for (const source of lambdaSources) {
      const { response } = await exchange(source, {}, answers('x', [[name, '1']]));
      expect(response.status, source).toBe(500);
    }
  });

  it('in the status', async () => {
    for (const source of lambdaSources) {
      const { response } = await exchange(source, {}, answers('x', [], '200 OK\r\nX: y'));
      expect(response.status, source).toBe(500);
    }
  });
});

// ── Targets ─────────────────────────────────────────────────────────────────────────────────────

describe.each(lambdaSources)('targets through %s', (source) => {
  it.each(['/%zz/%E9/%/%%41', '/%', '/%u0041', '/%C0%AF', '/%ED%A0%80', '/%00', '/%0D%0AX:y'])(
    'with an escape that is none, or worse: %s',
    async (path) => {
      const { environ, log } = await exchange(source, { target: `${path}?%zz=%&%E9=%C0%AF` });
      expect(log).toEqual([]);
      expect(environ?.PATH_INFO).toMatch(/^\//);
      expect(textIn(environ ?? ({} as Environ))).toEqual([]);
      expect(environ?.REQUEST_URI).not.toMatch(/[\0-\x20\x7f-\uffff]/);
    },
  );

  it.each([
    '//evil.example/x',
    '///evil.example/x',
    '/%2Fevil.example/x',
    '/%5Cevil.example',
    '/@evil.example/x',
    '/x/..//evil.example',
    '/%09/evil.example',
  ])('never change the host: %s', async (target) => {
    const host = 'www.example.com';
    const environ = await seenThrough(source, { target, headers: [['Host', host]] });
    expect(new URL(requestUri(environ)).host).toBe(host);
    expect(new URL(applicationUri(environ)).host).toBe(host);
    expect(new URL(toRequest(environ).url).host).toBe(host);
    expect(environ.SERVER_NAME).toBe(host);
  });
});

it('a query cannot break out of REQUEST_URI, which is in every line of the log', () => {
  const environ = createEnviron(
    { method: 'GET', rawPath: '/', query: 'x=1\r\nGET /forged: all is well #é', headers: {} },
    { errors: errorStream(() => {}) },
  );
  expect(environ.REQUEST_URI).not.toMatch(/[\0-\x20\x7f#]/);
});

// ── Size ────────────────────────────────────────────────────────────────────────────────────────

describe('much of everything', () => {
  it('10,000 headers, of one name and of many', async () => {
    for (const source of lambdaSources) {
      const many = Array.from({ length: 10_000 }, (_, index) => [`X-Many-${index}`, 'v'] as const);
      const environ = await seenThrough(source, { headers: many });
      expect(environ.HTTP_X_MANY_9999, source).toBe('v');
      const same = await seenThrough(source, { headers: many.map(([, value]) => ['X', value]) });
      expect(same.HTTP_X, source).toMatch(/^v(,v)*$/);
    }
  });

  it('10,000 headers in a reply', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [`X-${index}`, 'v'] as const);
    const { response } = await exchange('function-url', {}, answers('x', many));
    expect(response.status).toBe(200);
    expect(headerLines(response, 'x-9999')).toEqual(['v']);
  });

  it.each<LambdaSource>(['rest-api', 'http-api-2', 'lattice-2'])(
    'six megabytes in, and as much out as base64 leaves room for, through %s',
    async (source) => {
      const body = Buffer.alloc(6 * MB, 'binary\0\u00ff', 'latin1');
      const part = body.subarray(0, 4.5 * MB);
      const request: LambdaRequest = {
        method: 'POST',
        headers: [['Content-Type', 'application/octet-stream']],
        body,
      };
      const { environ, body: read, response } = await exchange(source, request, answers(part));
      expect(environ?.CONTENT_LENGTH).toBe(String(6 * MB));
      expect(body.equals(read ?? encode(''))).toBe(true);
      expect(response.status).toBe(200);
      expect(part.equals(response.body)).toBe(true);
    },
  );

  it('six megabytes of text both ways', async () => {
    const headers: [string, string][] = [['Content-Type', 'text/plain']];
    const body = 'text é '.repeat((6 * MB) / 8);
    const { body: read, response } = await exchange(
      'function-url',
      { method: 'POST', headers, body },
      answers(body, headers),
    );
    expect(decode(read ?? encode('')) === body).toBe(true);
    expect(textOf(response) === body).toBe(true);
  });

  // Under a millisecond where the work grows with the length; four seconds where it grows with its
  // square, which is what /[ \t]+$/ costs. 64 KB is what a load balancer takes.
  it('a header value of spaces is work in proportion', { timeout: 2000 }, () => {
    const value = `é${' '.repeat(65_536)}x`;
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: { 'x-spaces': value } },
      { errors: errorStream(() => {}) },
    );
    expect(environ.HTTP_X_SPACES).toHaveLength(value.length + 1);
  });
});

// ── Events with something missing ───────────────────────────────────────────────────────────────

/** Fills every member that the event of a source can have. */
const rich: LambdaRequest = {
  method: 'POST',
  target: '/caf%C3%A9/a%2Fb?x=1&x=2&y=%20',
  headers: [
    ['Content-Type', 'application/octet-stream'],
    ['Cookie', 'a=1; b=2'],
    ['X-Tag', 'one'],
    ['X-Tag', 'two'],
    ['User-Agent', 'test/1'],
    ['X-Forwarded-For', '198.51.100.9'],
  ],
  body: Uint8Array.of(0, 255),
  stageVariables: { color: 'red' },
  authorizer: {
    principalId: 'p',
    claims: { sub: 's' },
    jwt: { claims: { sub: 's' } },
    principal: 'q',
  },
};

/** One of several signs by which an event is told, of which others may be gone. */
const KEPT: Partial<Record<LambdaSource, string>> = {
  'rest-api': 'resource',
  'http-api-1': 'version',
  'lattice-2': 'requestContext.serviceArn',
};
/** Without these an event is not recognised. */
const NEEDED: Readonly<Record<LambdaSource, readonly string[]>> = {
  'rest-api': ['httpMethod'],
  'http-api-1': ['httpMethod'],
  'http-api-2': ['version', 'requestContext', 'requestContext.http', 'requestContext.http.method'],
  'function-url': [
    'version',
    'requestContext',
    'requestContext.http',
    'requestContext.http.method',
  ],
  alb: ['requestContext', 'requestContext.elb'],
  'alb-multi': ['requestContext', 'requestContext.elb'],
  'lattice-1': ['raw_path', 'method'],
  'lattice-2': ['version', 'method', 'requestContext'],
  'edge-viewer': edgeNeeds(),
  'edge-origin': edgeNeeds(),
};
function edgeNeeds(): readonly string[] {
  const cf = 'Records.0.cf';
  return ['Records', 'Records.0', cf, `${cf}.config`, `${cf}.config.eventType`, `${cf}.request`];
}

/** The path of every member, however deep, outer ones first. */
function paths(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const inner = (value as { [member: string]: Json })[key] ?? null;
    return [[...path, key], ...paths(inner, [...path, key])];
  });
}

/** A copy in which the members at some paths are null, gone, or something else. */
function changed(event: Json, at: readonly Path[], to: (old: Json) => Json | undefined): Json {
  const copy = structuredClone(event);
  // Inner members first: an outer one takes them with it.
  for (const path of at.toReversed()) {
    let owner = copy as { [member: string]: Json };
    for (const key of path.slice(0, -1)) owner = owner[key] as { [member: string]: Json };
    const last = path.at(-1) ?? '';
    const value = to(owner[last] ?? null);
    if (value !== undefined) owner[last] = value;
    else if (Array.isArray(owner)) owner.splice(Number(last), 1);
    else delete owner[last];
  }
  return copy;
}

const eventOf = (source: LambdaSource): Json => lambdaEvent(source, rich) as unknown as Json;

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

/** Uses what an application may use of its environ. */
const thorough: Application = (environ, startResponse) => {
  startResponse('200 OK', [['X-Uri', requestUri(environ).replace(/[\0-\x1f]/g, '')]]);
  return [encode(applicationUri(environ))];
};

/** Whether an event is answered, or refused as none. Anything else fails the test. */
async function outcome(event: unknown, where: string): Promise<'answered' | 'refused'> {
  const kept = structuredClone(event);
  const result = await handle(deepFreeze(event), thorough).catch(
    (error: unknown) => error as Error,
  );
  expect(event, where).toEqual(kept);
  if (result instanceof Error) return refused(result, where);
  const { reply, environ = {} as Environ, log } = result;
  expect(log, where).toEqual([]);
  expect(textIn(environ), where).toEqual([]);
  expect(environ.REQUEST_METHOD, where).toMatch(/^\S+$/);
  expect(environ.PATH_INFO, where).toMatch(/^\//);
  const response = lambdaResponse(environ['gatecall.source'] as LambdaSource, reply);
  expect(response, where).toMatchObject({ status: 200 });
  return 'answered';
}

function refused(error: Error, where: string): 'refused' {
  expect(error, where).toBeInstanceOf(TypeError);
  expect(error.message, where).toMatch(/^not an HTTP request: got \S.*/);
  return 'refused';
}

describe.each(lambdaSources)('an event of %s', (source) => {
  const event = eventOf(source);
  const all = paths(event);
  const needed = new Set(NEEDED[source]);
  const isNeeded = (path: Path): boolean => needed.has(path.join('.'));
  const ways: [string, (old: Json) => Json | undefined][] = [
    ['null', () => null],
    ['gone', () => undefined],
  ];

  it('is not changed by the handler, frozen or not', async () => {
    expect(await outcome(eventOf(source), source)).toBe('answered');
  });

  it.each(ways)(
    'with one member %s is answered, or refused if nothing tells it any more',
    async (way, to) => {
      for (const path of all) {
        const where = `${path.join('.')} ${way}`;
        const found = await outcome(changed(event, [path], to), where);
        // A load balancer's context without `elb` is any context, such as a REST API's.
        const other = source.startsWith('alb') && path.at(-1) === 'elb' ? 'answered' : 'refused';
        expect(found, where).toBe(isNeeded(path) ? other : 'answered');
      }
    },
  );

  it.each(ways)('with all members %s but those it is told by is answered', async (_, to) => {
    const kept = [...needed, KEPT[source] ?? ''];
    const others = all.filter((path) => {
      const name = path.join('.');
      return !kept.some((one) => one === name || one.startsWith(`${name}.`));
    });
    expect(await outcome(changed(event, others, to), source)).toBe('answered');
  });

  it.each(ways)('with all members %s is refused', async (_, to) => {
    const none = changed(
      event,
      all.filter((path) => path.length === 1),
      to,
    );
    expect(await outcome(none, source)).toBe('refused');
    expect(
      await outcome(
        changed(event, all, () => null),
        source,
      ),
    ).toBe('refused');
  });

  it.each([
    ['text that is not native', '\u0100日本'],
    ['a lone surrogate', '\ud800'],
    ['half of one at the end', 'x\udfff'],
  ])('with %s in any member arrives as bytes', async (_, suffix) => {
    const strings = all.filter((path) => !isNeeded(path) || path.at(-1) === 'method');
    const append = (old: Json): Json => (typeof old === 'string' ? old + suffix : old);
    for (const path of strings) {
      const where = path.join('.');
      expect(await outcome(changed(event, [path], append), where), where).toBe('answered');
    }
  });
});

it('lone surrogates in path, query, header and body become U+FFFD', async () => {
  const event = {
    ...lambdaEvent('function-url', { method: 'POST' }),
    rawPath: '/\ud800',
    rawQueryString: '\udc00',
    cookies: ['a=\ud800'],
    headers: { 'x-tag': '\ud800' },
    body: '\ud800',
  };
  const { environ, body } = await handle(event);
  const replacement = '\u00ef\u00bf\u00bd';
  expect(environ).toMatchObject({
    PATH_INFO: `/${replacement}`,
    QUERY_STRING: replacement,
    HTTP_COOKIE: `a=${replacement}`,
    HTTP_X_TAG: replacement,
    CONTENT_LENGTH: '3',
  });
  expect([...(body ?? [])]).toEqual([0xef, 0xbf, 0xbd]);
});

it('maps that are none are survived', async () => {
  const event = {
    ...lambdaEvent('http-api-2'),
    headers: 'x',
    rawPath: 7,
    body: {},
    cookies: 'a=1',
  };
  expect(await seen(event)).toMatchObject({ PATH_INFO: '/' });
});

it('all of this has left the prototypes alone', () => {
  expect(shapeOfPrototypes()).toEqual(prototypesBefore);
  expect(Object.keys({})).toEqual([]);
});
