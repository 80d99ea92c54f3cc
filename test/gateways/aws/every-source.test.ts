/** What holds for every event source alike: maps, bodies, cookies, fields, log lines, growth. */
import { assert, asyncProperty, constantFrom, array, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lambdaEvent,
  type LambdaRequest,
  lambdaSources,
  type LambdaSource,
} from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { fromFetchHandler } from '../../../src/bridges/fetch.ts';
import { fromNodeListener } from '../../../src/bridges/node.ts';
import { toLambdaHandler } from '../../../src/gateways/aws.ts';
import { rawHeaders } from '../../../src/core/request/request-headers.ts';
import type { Application, HeaderList } from '../../../src/types.ts';
import { answers, decode, encode, exchange, handle, seen } from './support.ts';

type Members = Record<string, unknown>;
const eventOf = (source: LambdaSource, request: LambdaRequest = {}): Members =>
  lambdaEvent(source, request) as unknown as Members;

/** Sources whose events have a map of many values and one of single values. */
const TWO_MAPS: readonly LambdaSource[] = ['rest-api', 'http-api-1', 'alb', 'alb-multi'];
/** Sources that have one value a name in a reply. */
const ONE_VALUE: readonly LambdaSource[] = [
  'http-api-2',
  'function-url',
  'alb',
  'lattice-1',
  'lattice-2',
];

describe.each(TWO_MAPS)('the two maps of %s', (source) => {
  const single = {
    headers: { Host: 'www.example.com', 'Content-Type': 'text/plain', 'X-Tag': 'single' },
    queryStringParameters: { name: 'Ann', Name: 'other' },
  };

  it.each<[string, Members]>([
    ['empty', { multiValueHeaders: {}, multiValueQueryStringParameters: {} }],
    ['null', { multiValueHeaders: null, multiValueQueryStringParameters: null }],
    ['no maps', { multiValueHeaders: [], multiValueQueryStringParameters: 'x' }],
    [
      'of empty lists',
      {
        multiValueHeaders: { 'x-tag': [], 'Content-Type': null, host: [null] },
        multiValueQueryStringParameters: { name: [], Name: [null] },
      },
    ],
  ])('are the single-value ones where the others are %s', async (_, multi) => {
    expect(await seen({ ...eventOf(source), ...single, ...multi })).toMatchObject({
      HTTP_HOST: 'www.example.com',
      CONTENT_TYPE: 'text/plain',
      HTTP_X_TAG: 'single',
      QUERY_STRING: 'name=Ann&Name=other',
    });
  });

  it('complete each other, and the list of a name that both have wins', async () => {
    const event = {
      ...eventOf(source),
      ...single,
      multiValueHeaders: { 'x-tag': ['one', 'two'], 'X-Other': ['3'] },
      multiValueQueryStringParameters: { name: ['Bob', 'Cid'], other: [''] },
    };
    expect(await seen(event)).toMatchObject({
      HTTP_HOST: 'www.example.com',
      CONTENT_TYPE: 'text/plain',
      HTTP_X_TAG: 'one,two',
      HTTP_X_OTHER: '3',
      QUERY_STRING: 'name=Bob&name=Cid&other=&Name=other',
    });
  });

  it('may be the multi-value ones alone', async () => {
    const event = {
      ...eventOf(source),
      headers: {},
      queryStringParameters: {},
      multiValueHeaders: { Host: ['www.example.com'] },
      multiValueQueryStringParameters: { a: ['1', '2'] },
    };
    expect(await seen(event)).toMatchObject({
      HTTP_HOST: 'www.example.com',
      QUERY_STRING: 'a=1&a=2',
    });
  });
});

it.each(['http-api-2', 'function-url'] as const)(
  '%s takes the map of parameters where the raw query is empty, and only there',
  async (source) => {
    const event = { ...eventOf(source), queryStringParameters: { a: '1 2', é: '' } };
    const query = 'a=1%202&%C3%A9=';
    expect((await seen({ ...event, rawQueryString: '' })).QUERY_STRING).toBe(query);
    expect((await seen({ ...event, rawQueryString: null })).QUERY_STRING).toBe(query);
    expect((await seen({ ...event, rawQueryString: 'a=1+2' })).QUERY_STRING).toBe('a=1+2');
  },
);

it.each(['http-api-2', 'function-url'] as const)(
  '%s keeps the cookies of the headers where its list has none',
  async (source) => {
    for (const cookies of [[], [null], 'x', null]) {
      const event = { ...eventOf(source), headers: { cookie: 'a=1' }, cookies };
      expect((await seen(event)).HTTP_COOKIE).toBe('a=1');
    }
  },
);

describe('an empty load balancer’s map of multi-value headers', () => {
  it('is answered as single values where single values came', async () => {
    const { reply } = await handle({ ...eventOf('alb'), multiValueHeaders: {} });
    expect(reply).toHaveProperty('headers');
    expect(reply).not.toHaveProperty('multiValueHeaders');
    const { reply: multi } = await handle({ ...eventOf('alb-multi'), multiValueHeaders: {} });
    expect(multi).toHaveProperty('multiValueHeaders');
  });
});

describe.each(lambdaSources)('a body that is no text, through %s', (source) => {
  const withBody = (body: unknown): Members => {
    const event = eventOf(source, { method: 'POST', body: 'x' });
    if (!source.startsWith('edge')) return { ...event, body };
    const copy = structuredClone(event) as {
      Records: [{ cf: { request: { body: { data: unknown } } } }];
    };
    copy.Records[0].cf.request.body.data = body;
    return copy;
  };

  it.each<[unknown, string]>([
    [{ a: [1, 'é'] }, '{"a":[1,"é"]}'],
    [Buffer.from('bytes'), 'bytes'],
    [encode('bytes'), 'bytes'],
    [{ type: 'Buffer', data: [104, 105] }, 'hi'],
  ])('arrives: %j', async (given, text) => {
    const { environ, body } = await handle(withBody(given));
    expect(decode(body ?? encode(''))).toBe(text);
    expect(environ?.CONTENT_LENGTH).toBe(String(encode(text).length));
  });

  it('is refused by name where it cannot', async () => {
    const refused = handle(withBody(new Map([['a', 1]])));
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(/the body of the event is a Map/);
  });
});

it.each<[unknown, string]>([
  ['text', 'text'],
  [Buffer.from('bytes'), 'bytes'],
])('Lambda@Edge takes a body in the place of its wrapper: %j', async (given, text) => {
  const event = structuredClone(eventOf('edge-viewer')) as {
    Records: [{ cf: { request: { body: unknown } } }];
  };
  event.Records[0].cf.request.body = given;
  expect(decode((await handle(event)).body ?? encode(''))).toBe(text);
});

describe.each(lambdaSources)('Transfer-Encoding without a body, through %s', (source) => {
  it.each(['transfer-encoding', 'Transfer-Encoding'])('is a length of 0: %s', async (name) => {
    const event = structuredClone(eventOf(source, { method: 'POST' })) as Members & {
      Records?: [{ cf: { request: { headers: Members } } }];
    };
    const headers = event.Records?.[0].cf.request.headers ?? (event['headers'] as Members);
    if (event.Records) headers[name] = [{ key: name, value: 'chunked' }];
    else if (event['multiValueHeaders'] && source !== 'alb')
      (event['multiValueHeaders'] as Members)[name] = ['chunked'];
    else headers[name] = 'chunked';
    const environ = await seen(event);
    expect(environ.CONTENT_LENGTH).toBe('0');
    expect(environ['HTTP_TRANSFER_ENCODING']).toBeUndefined();
  });

  it('makes no body of its own', async () => {
    // An HTTP API writes this length itself.
    const length = source === 'http-api-1' ? '0' : undefined;
    expect((await seen(eventOf(source))).CONTENT_LENGTH).toBe(length);
  });
});

// ── Replies ─────────────────────────────────────────────────────────────────────────────────────

/** Every text of a reply, with the name of the member or header it stands under. */
function texts(value: unknown, name = ''): [name: string, text: string][] {
  if (typeof value === 'string') return [[name, value]];
  if (Array.isArray(value)) return value.flatMap((one) => texts(one, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    texts(inner, /^\w$/.test(key) ? name : key),
  );
}

describe.each(lambdaSources)('cookies through %s', (source) => {
  it('are never two in one value', async () => {
    const cookie = record({
      name: string({ minLength: 1, maxLength: 8, unit: constantFrom('a', 'b', '1', '-') }),
      value: string({ maxLength: 8, unit: constantFrom('x', '9', '%', '=') }),
      rest: constantFrom('', '; Path=/', '; Expires=Fri, 01 Jan 2038 00:00:00 GMT'),
    }).map(({ name, value, rest }) => `${name}=${value}${rest}`);
    const spelling = constantFrom('Set-Cookie', 'set-cookie', 'SET-COOKIE');
    await assert(
      asyncProperty(array(record({ cookie, spelling }), { maxLength: 40 }), async (list) => {
        const headers: HeaderList = list.map((one) => [one.spelling, one.cookie]);
        const { reply, response, log } = await exchange(source, {}, answers('', headers));
        const cookies = list.map((one) => one.cookie);
        expect(log).toEqual([]);
        expect(headerLines(response, 'set-cookie').toSorted()).toEqual(cookies.toSorted());
        const sent = texts(reply).filter(([, text]) => text.includes('='));
        expect(sent.map(([, text]) => text).toSorted()).toEqual(cookies.toSorted());
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(ONE_VALUE)('a field that is no list, through %s', (source) => {
  it('is sent once, and its number logged', async () => {
    const application = answers(
      '',
      [
        ['Location', '/redirect'],
        ['location', '/redirect'],
        ['Retry-After', '1'],
        ['Retry-After', '2'],
        ['Vary', 'a'],
        ['Vary', 'b'],
      ],
      '308 Permanent Redirect',
    );
    const { response, log } = await exchange(source, { target: '/old' }, application);
    expect(headerLines(response, 'location')).toEqual(['/redirect']);
    expect(headerLines(response, 'retry-after')).toEqual(['1']);
    expect(headerLines(response, 'vary')).toEqual(['a, b']);
    expect(log).toEqual([
      'GET /old: the response has several values of location, retry-after; the first is sent, as these are no lists',
    ]);
  });
});

// ── What clients write ──────────────────────────────────────────────────────────────────────────

describe.each(lambdaSources)('a log line of %s', (source) => {
  const hostile = 'GET\r\nGET /forged: all is well\u001b[31m\u009b\u2028';

  it('shows a method in one line, without a word to the terminal', async () => {
    const event = structuredClone(eventOf(source)) as Members & {
      Records?: [{ cf: { request: Members } }];
      requestContext?: { http?: Members };
    };
    const owner = event.Records?.[0].cf.request ?? event.requestContext?.http ?? event;
    owner['httpMethod' in owner ? 'httpMethod' : 'method'] = hostile;
    const { log } = await handle(event, answers('', [], '600 Beyond'));
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/no status above 599/);
    expect(log[0]).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029]/);
  });
});

it('the name of what is no request is in one line', async () => {
  const key = 'a\r\nforged\u001b[31m';
  for (const event of [{ [key]: 1 }, { Records: [{ eventSource: key }] }, key]) {
    const error = await handle(event).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
  }
});

describe('a polluted Object.prototype', () => {
  const polluted = Object.prototype as unknown as Members;
  const withPollution = async <T>(
    name: string,
    value: unknown,
    run: () => Promise<T>,
  ): Promise<T> => {
    polluted[name] = value;
    try {
      return await run();
    } finally {
      delete polluted[name];
    }
  };
  const node = fromNodeListener((request, response) => {
    response.end(JSON.stringify([request.url, request.headers, request.rawHeaders]));
  });

  const fetch = fromFetchHandler((request) =>
    Response.json([request.url, [...request.headers], request.headers.get('x-polluted')]),
  );
  const native: Application = (environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'application/json']]);
    return [encode(JSON.stringify([Object.entries(environ), rawHeaders(environ)]))];
  };

  it.each(lambdaSources)('is no header and no parameter of %s', async (source) => {
    const values = source.startsWith('edge') ? [{ value: 'polluted-value' }] : 'polluted-value';
    for (const [name, application] of Object.entries({ node, fetch, native })) {
      const handler = toLambdaHandler(application);
      const event = eventOf(source, { target: '/?a=1' });
      const reply = await withPollution('x-polluted', values, () => handler(event));
      expect(JSON.stringify(reply), name).not.toContain('polluted-value');
    }
  });

  it.each(lambdaSources)('says nothing about the connection of %s', async (source) => {
    const event = eventOf(source, { scheme: 'https' });
    const environ = await withPollution('x-forwarded-port', '81', () => seen(event));
    expect(environ.SERVER_PORT).toBe('443');
  });
});

it('the front’s own spelling of X-Forwarded-Proto is the only one', async () => {
  for (const source of [
    'rest-api',
    'http-api-1',
    'http-api-2',
    'function-url',
    'alb',
    'alb-multi',
  ] as const) {
    const event = eventOf(source, { scheme: 'https' });
    const key = event['multiValueHeaders'] ? 'multiValueHeaders' : 'headers';
    const map = event[key] as Members;
    const own = Object.keys(map).find((name) => /^x-forwarded-proto$/i.test(name)) ?? '';
    const second = own === 'x-forwarded-proto' ? 'X-Forwarded-Proto' : 'x-forwarded-proto';
    const client = key === 'headers' ? 'http' : ['http'];
    for (const headers of [
      { [second]: client, x_forwarded_proto: client, ...map },
      { ...map, [second]: client, x_forwarded_proto: client },
    ]) {
      const environ = await seen({ ...event, [key]: headers });
      expect(environ['wsgi.url_scheme'], source).toBe('https');
      expect(environ['HTTP_X_FORWARDED_PROTO'], source).toBe('https');
    }
  }
});

// ── Growth ──────────────────────────────────────────────────────────────────────────────────────

/** ms of the quickest of three runs: what else the machine does only adds to it. */
async function quickest(run: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let time = 0; time < 3; time++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/**
 * How many times as long the large work takes: the least of up to four measures, for the same
 * reason.
 */
async function growth(
  small: () => Promise<unknown>,
  large: () => Promise<unknown>,
  allowed: number,
): Promise<number> {
  let least = Infinity;
  for (let measure = 0; measure < 4 && least > allowed; measure++) {
    const before = await quickest(small);
    least = Math.min(least, (await quickest(large)) / (before + 0.05));
  }
  return least;
}

const many = (count: number, pair: (index: number) => [string, unknown]): Members =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => pair(index)));

type Made = (count: number) => Members;
const LISTS: readonly [string, Made][] = [
  [
    'headers in both maps',
    (count) => ({
      ...eventOf('rest-api'),
      headers: many(count, (index) => [`x-a-${index}`, '1']),
      multiValueHeaders: many(count, (index) => [`X-A-${index}`, ['1']]),
    }),
  ],
  [
    'values of one header',
    (count) => ({
      ...eventOf('alb-multi'),
      multiValueHeaders: { 'x-forwarded-for': Array.from({ length: count }, () => '1.2.3.4') },
    }),
  ],
  [
    'parameters',
    (count) => ({
      ...eventOf('rest-api'),
      multiValueQueryStringParameters: many(count, (index) => [`q${index}`, ['1']]),
      queryStringParameters: many(count, (index) => [`r${index}`, '1 é']),
    }),
  ],
  [
    'values of one parameter',
    (count) => ({
      ...eventOf('lattice-2'),
      queryStringParameters: { q: Array.from({ length: count }, () => '%20') },
    }),
  ],
  [
    'cookies',
    (count) => ({ ...eventOf('http-api-2'), cookies: Array.from({ length: count }, () => 'a=1') }),
  ],
  [
    'addresses',
    (count) => ({ ...eventOf('alb'), headers: { 'x-forwarded-for': '1.2.3.4, '.repeat(count) } }),
  ],
  [
    'letters of an address',
    (count) => ({ ...eventOf('alb'), headers: { 'x-forwarded-for': ':a'.repeat(count) } }),
  ],
  ['letters of a path', (count) => ({ ...eventOf('lattice-2'), path: `/${'?%'.repeat(count)}` })],
  ['letters of a method', (count) => ({ ...eventOf('alb'), httpMethod: '\n'.repeat(count) })],
];

describe('work grows with the length and not with its square', { timeout: 60_000 }, () => {
  // Sixteen times the length costs 16 times, or 256 where work grows with the square.
  it.each(LISTS)('for %s', async (_, make) => {
    const handler = toLambdaHandler(answers('', [], '600 Beyond'), { log: () => undefined });
    const [small, large] = [make(1500), make(24_000)];
    const times = await growth(
      () => handler(small),
      () => handler(large),
      64,
    );
    expect(times).toBeLessThan(64);
  });

  const replyWith = (source: LambdaSource, list: HeaderList): (() => Promise<unknown>) => {
    const event = eventOf(source);
    const handler = toLambdaHandler(answers('', list), { log: () => undefined });
    return () => handler(event);
  };

  // Replies of both lengths are so large that their size must be counted. The square would be 64
  // times.
  it.each(['Set-Cookie', 'X-Same', 'Location'])('for %s in replies', async (name) => {
    const listOf = (count: number): HeaderList =>
      Array.from({ length: count }, () => [name, 'a=1']);
    for (const source of ['http-api-2', 'alb-multi', 'lattice-1'] as const) {
      const small = replyWith(source, listOf(30_000));
      const large = replyWith(source, listOf(240_000));
      expect(await growth(small, large, 32), source).toBeLessThan(32);
    }
  });

  // Names that are new each take 10 µs, however many there are: V8 keeps each of them. The square
  // would be 16 times.
  it('for other names in replies', async () => {
    const listOf = (count: number): HeaderList =>
      Array.from({ length: count }, (_, index) => [`X-Other-${index}`, 'a=1']);
    const small = replyWith('lattice-1', listOf(25_000));
    const large = replyWith('lattice-1', listOf(100_000));
    expect(await growth(small, large, 10)).toBeLessThan(10);
  });
});
