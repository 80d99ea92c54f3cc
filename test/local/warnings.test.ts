/** The warnings, each from an invocation that deserves it and beside one that does not. */
import { describe, expect, it } from 'vitest';
import type { InvocationTrace, Warning } from '../../src/local/trace.ts';
import { TraceLog } from '../../src/local/trace.ts';
import { type FrontSettings, warningsOf } from '../../src/local/warnings.ts';
import { type LambdaRequest, type LambdaSource, lambdaSources } from '../../src/aws-model.ts';
import type { Application, HeaderList } from '../../src/types.ts';
import { invoke } from './traces.ts';

/** What an application's headers lead to. */
function answering(headers: HeaderList, body = 'text'): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', headers);
    return [new TextEncoder().encode(body)];
  };
}

async function traceOf(
  source: LambdaSource,
  made: { request?: LambdaRequest; headers?: HeaderList; reply?: unknown; front?: FrontSettings },
): Promise<InvocationTrace> {
  const { request = {}, headers = [['Content-Type', 'text/plain']], front = {} } = made;
  const handler = { handler: () => Promise.resolve(made.reply) };
  return await invoke(new TraceLog(), source, {
    request,
    front,
    application: answering(headers),
    ...('reply' in made && handler),
  });
}

const TEXT = ['Content-Type', 'text/plain'] as const;
const COOKIES = [TEXT, ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']] as const;
const PNG = 'image/png';
const BYTES = new Uint8Array([0x89, 0x50, 0xff, 0]);

type Case = [
  name: string,
  source: LambdaSource,
  made: Parameters<typeof traceOf>[1],
  expected: (string | Partial<Warning>)[],
];

const request: Case[] = [
  [
    '%2F in the path of an HTTP API',
    'http-api-2',
    { request: { target: '/a%2Fb' } },
    ['path-decoded'],
  ],
  ['payload 1.0 alike', 'http-api-1', { request: { target: '/a%2fb' } }, ['path-decoded']],
  ['%2F in a query', 'http-api-2', { request: { target: '/a?b=%2F' } }, []],
  ['%2F in the path of a function URL', 'function-url', { request: { target: '/a%2Fb' } }, []],
  ['%3F in the path of an HTTP API', 'http-api-2', { request: { target: '/a%3Fb' } }, ['path-cut']],
  [
    'a repeated header behind a single-value ALB',
    'alb',
    {
      request: {
        headers: [
          ['X-Tag', 'one'],
          ['x-tag', 'two'],
        ],
      },
    },
    [
      {
        code: 'repeated-header',
        message: 'the function sees only the last of the x-tag headers',
        header: 'x-tag',
      },
    ],
  ],
  [
    'a repeated header behind a multi-value ALB',
    'alb-multi',
    {
      request: {
        headers: [
          ['X', '1'],
          ['X', '2'],
        ],
      },
    },
    [],
  ],
  [
    'repeated cookies, which are joined',
    'alb',
    {
      request: {
        headers: [
          ['Cookie', 'a=1'],
          ['Cookie', 'b=2'],
        ],
      },
    },
    [],
  ],
  [
    'a repeated parameter behind a single-value ALB',
    'alb',
    { request: { target: '/?a=1&b=2&a=3' } },
    [
      {
        code: 'repeated-query',
        message: 'the function sees only the last value of the query parameter a',
      },
    ],
  ],
  [
    'an upload that a REST API destroys',
    'rest-api',
    {
      request: { method: 'POST', headers: [['Content-Type', PNG]], body: BYTES },
      front: { binaryMediaTypes: ['image/gif'] },
    },
    [
      {
        code: 'binary-media-types',
        message:
          "the request's image/png is no UTF-8 and not in BinaryMediaTypes: its bytes are destroyed",
        fix: 'add image/png or */* to BinaryMediaTypes',
      },
    ],
  ],
  [
    'an upload of a binary type',
    'rest-api',
    {
      request: { method: 'POST', headers: [['Content-Type', PNG]], body: BYTES },
      front: { binaryMediaTypes: [PNG] },
    },
    [],
  ],
  [
    'an upload of text',
    'rest-api',
    { request: { method: 'POST', body: 'λ' }, front: { binaryMediaTypes: [] } },
    [],
  ],
  [
    'an upload to any other source',
    'function-url',
    { request: { method: 'POST', headers: [['Content-Type', PNG]], body: BYTES } },
    [],
  ],
  [
    'X-HTTP-Method-Override at a REST API',
    'rest-api',
    { request: { method: 'POST', headers: [['X-HTTP-Method-Override', 'DELETE']] } },
    [
      {
        code: 'method-override',
        message: 'X-HTTP-Method-Override makes this POST a DELETE before it is routed',
      },
    ],
  ],
  [
    'X-HTTP-Method-Override elsewhere',
    'alb',
    { request: { headers: [['X-HTTP-Method-Override', 'PUT']] } },
    [],
  ],
  [
    'a body that CloudFront cuts',
    'edge-viewer',
    { request: { method: 'POST', body: new Uint8Array(50_000) } },
    [{ code: 'body-cut', message: 'CloudFront shows a function the first 40 KB only' }],
  ],
  [
    'a body that it does not cut',
    'edge-viewer',
    { request: { method: 'POST', body: 'short' } },
    [],
  ],
  [
    'a header that no environ has',
    'function-url',
    {
      request: {
        headers: [
          ['X_User', '1'],
          ['Proxy', '2'],
        ],
      },
    },
    [
      { code: 'header-hidden', header: 'x_user', fix: 'name it with hyphens' },
      { code: 'header-hidden', header: 'proxy' },
    ],
  ],
];

const OK = { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: 'x' };
const EDGE = { status: '200', headers: { 'content-type': [{ value: 'text/plain' }] }, body: 'x' };

const reply: Case[] = [
  [
    'a header that a REST API renames',
    'rest-api',
    { headers: [TEXT, ['WWW-Authenticate', 'Basic']] },
    [
      {
        code: 'header-renamed',
        message:
          'a REST API renames the header www-authenticate to x-amzn-remapped-www-authenticate',
        header: 'www-authenticate',
      },
    ],
  ],
  [
    'the same header on an HTTP API',
    'http-api-2',
    { headers: [TEXT, ['WWW-Authenticate', 'Basic']] },
    [],
  ],
  [
    'a header that a REST API drops',
    'rest-api',
    { reply: { ...OK, headers: { ...OK.headers, 'Transfer-Encoding': 'chunked' } } },
    [
      {
        code: 'header-dropped',
        message: 'a REST API drops the header transfer-encoding',
        header: 'transfer-encoding',
      },
    ],
  ],
  [
    'Content-Length that a function URL renames',
    'function-url',
    { reply: { ...OK, headers: { ...OK.headers, 'Content-Length': '1' } } },
    [{ code: 'header-renamed', header: 'content-length' }],
  ],
  [
    'Content-Length that an ALB computes',
    'alb',
    { reply: { ...OK, headers: { ...OK.headers, 'Content-Length': '1' } } },
    [],
  ],
  [
    'cookies in the reply to a REST API',
    'rest-api',
    { reply: { ...OK, cookies: [] } },
    [
      {
        code: 'malformed-reply',
        message: 'a REST API refuses this reply: unknown key cookies',
        fix: 'return statusCode, headers, multiValueHeaders, body and isBase64Encoded only',
      },
    ],
  ],
  [
    'an array as a header',
    'http-api-2',
    { reply: { ...OK, headers: { 'set-cookie': ['a=1'] } } },
    ['malformed-reply'],
  ],
  [
    'no headers behind a single-value ALB',
    'alb',
    { reply: { statusCode: 200 } },
    ['malformed-reply'],
  ],
  [
    'a number as a header behind an ALB',
    'alb',
    { reply: { ...OK, headers: { 'x-count': 1 } } },
    ['malformed-reply'],
  ],
  [
    'a status as text behind an ALB',
    'alb-multi',
    { reply: { statusCode: '200', body: '' } },
    ['malformed-reply'],
  ],
  [
    'a number as status on CloudFront',
    'edge-viewer',
    { reply: { ...EDGE, status: 200 } },
    [
      {
        code: 'malformed-reply',
        message: 'CloudFront refuses this reply: status is a number, not a string',
      },
    ],
  ],
  [
    'a header CloudFront keeps for itself',
    'edge-viewer',
    { reply: { ...EDGE, headers: { 'x-cache': [{ value: '1' }] } } },
    [
      {
        code: 'malformed-reply',
        message: 'CloudFront refuses this reply: disallowed header x-cache',
      },
    ],
  ],
  [
    'a phrase behind the status',
    'alb',
    { reply: { ...OK, statusDescription: '200 Malformed' } },
    [],
  ],
  ['nothing where null is a page', 'http-api-2', { reply: null }, []],
  ['a string as the page', 'function-url', { reply: 'hello' }, []],
  ['an object as the page', 'http-api-2', { reply: { hello: 'world' } }, []],
  [
    'a misspelt statusCode',
    'http-api-2',
    { reply: { statuscode: 200, body: 'x' } },
    [
      {
        code: 'inferred-reply',
        message:
          'without statusCode the reply itself is the page: the client sees statuscode in JSON',
      },
    ],
  ],
  [
    'multiValueHeaders in payload 2.0',
    'http-api-2',
    { reply: { ...OK, multiValueHeaders: { 'x-a': ['1'] } } },
    [
      {
        code: 'member-ignored',
        message: 'an HTTP API ignores multiValueHeaders: what is in it is lost',
      },
    ],
  ],
  ['an empty map that is ignored', 'http-api-2', { reply: { ...OK, multiValueHeaders: {} } }, []],
  [
    'headers behind a multi-value ALB',
    'alb-multi',
    { reply: OK },
    [
      {
        code: 'member-ignored',
        message: 'a load balancer ignores headers: what is in it is lost',
        fix: 'use multiValueHeaders',
      },
    ],
  ],
  [
    'isBase64Encoded on CloudFront',
    'edge-viewer',
    { reply: { ...EDGE, isBase64Encoded: true } },
    [{ code: 'member-ignored', fix: 'use bodyEncoding' }],
  ],
  [
    'base64 to a client that accepts no binary type first',
    'rest-api',
    {
      request: { headers: [['Accept', 'image/avif,image/png']] },
      headers: [['Content-Type', PNG]],
      front: { binaryMediaTypes: [PNG] },
    },
    [
      {
        code: 'binary-media-types',
        message:
          'the client accepts image/avif first, which BinaryMediaTypes does not have: it gets base64 text',
      },
    ],
  ],
  [
    'base64 to a client that accepts it first',
    'rest-api',
    {
      request: { headers: [['Accept', 'image/png, */*']] },
      headers: [['Content-Type', PNG]],
      front: { binaryMediaTypes: ['image/*'] },
    },
    [],
  ],
  ['base64 where the types are unknown', 'rest-api', { headers: [['Content-Type', PNG]] }, []],
  [
    'base64 where all types are binary',
    'rest-api',
    { headers: [['Content-Type', PNG]], front: { binaryMediaTypes: ['*/*'] } },
    [],
  ],
  [
    'base64 elsewhere',
    'alb-multi',
    { headers: [['Content-Type', PNG]], front: { binaryMediaTypes: [] } },
    [],
  ],
  [
    'an image as text',
    'http-api-2',
    { reply: { ...OK, headers: { 'content-type': PNG } } },
    [
      {
        code: 'binary-as-text',
        message: 'a body of image/png is returned as text: bytes over 0x7F arrive as two',
      },
    ],
  ],
  [
    'gzip as text',
    'http-api-2',
    { reply: { ...OK, headers: { ...OK.headers, 'Content-Encoding': 'gzip' } } },
    ['binary-as-text'],
  ],
  [
    'SVG as text',
    'http-api-2',
    { reply: { ...OK, headers: { 'content-type': 'image/svg+xml' } } },
    [],
  ],
  [
    'an image in base64 on CloudFront',
    'edge-viewer',
    {
      reply: {
        ...EDGE,
        headers: { 'content-type': [{ value: PNG }] },
        body: 'aGk=',
        bodyEncoding: 'base64',
      },
    },
    [],
  ],
  [
    'no Content-Type',
    'rest-api',
    { reply: { statusCode: 200, body: 'x' } },
    [{ code: 'no-content-type', message: 'without Content-Type a REST API says application/json' }],
  ],
  ['no Content-Type, and no body', 'rest-api', { reply: { statusCode: 204 } }, []],
  [
    'two cookies behind a single-value ALB',
    'alb',
    { headers: COOKIES },
    [
      {
        code: 'cookie-case',
        message:
          '2 cookies travel as set-cookie, Set-cookie, because a load balancer with single-value headers has one value a name',
        fix: "switch the target group's lambda.multi_value_headers.enabled on",
      },
    ],
  ],
  [
    'two cookies in the wrong map',
    'alb',
    { reply: { ...OK, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] } } },
    [
      'member-ignored',
      {
        code: 'cookie-lost',
        message: '2 of 2 cookies are lost on a load balancer with single-value headers',
      },
    ],
  ],
  ['two cookies in VPC Lattice', 'lattice-2', { headers: COOKIES }, []],
  ['two cookies in the first version of VPC Lattice', 'lattice-1', { headers: COOKIES }, []],
  [
    'two cookies in one header of VPC Lattice',
    'lattice-2',
    {
      reply: {
        ...OK,
        headers: { ...OK.headers, 'set-cookie': 'a=1; Expires=Fri, 01 Jan 2038 00:00:00 GMT, b=2' },
      },
    },
    [{ code: 'cookies-joined', fix: 'return them as a list under set-cookie' }],
  ],
  [
    'two cookies in one header',
    'function-url',
    {
      reply: {
        ...OK,
        headers: { 'set-cookie': 'a=1; Expires=Fri, 01 Jan 2038 00:00:00 GMT, b=2' },
      },
    },
    ['no-content-type', { code: 'cookies-joined', fix: 'return them in cookies' }],
  ],
  [
    'one cookie with a date',
    'function-url',
    {
      reply: {
        ...OK,
        headers: {
          ...OK.headers,
          'set-cookie': 'a=1; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/',
        },
      },
    },
    [],
  ],
  [
    'several values behind a multi-value ALB',
    'alb-multi',
    { headers: [TEXT, ['Vary', 'a'], ['Vary', 'b']] },
    [{ code: 'values-reversed', header: 'vary' }],
  ],
  [
    "the function's CORS beside the front's",
    'http-api-2',
    { headers: [TEXT, ['Access-Control-Allow-Origin', '*']], front: { cors: true } },
    [{ code: 'cors-overridden', header: 'access-control-allow-origin' }],
  ],
  [
    "the function's CORS alone",
    'http-api-2',
    { headers: [TEXT, ['Access-Control-Allow-Origin', '*']] },
    [],
  ],
  ['an answer that CloudFront will cache', 'edge-origin', { reply: EDGE }, [{ code: 'cached' }]],
  [
    'a returned reply on a front that streams',
    'function-url',
    { front: { stream: true } },
    ['not-streamed'],
  ],
];

describe('warnings for a request', () => {
  it.each(request)('%s', check);
});

describe('warnings for a reply', () => {
  it.each(reply)('%s', check);
});

async function check(...[, source, made, expected]: Case): Promise<void> {
  const { warnings } = await traceOf(source, made);
  expect(warnings.map(({ code }) => code)).toEqual(
    expected.map((it) => (typeof it === 'string' ? it : it.code)),
  );
  expect(warnings).toMatchObject(
    expected.map((it) => (typeof it === 'string' ? { code: it } : it)),
  );
}

describe('of every source', () => {
  it.each(lambdaSources)('%s: plain text is fine', async (source) => {
    const headers = [TEXT, ['Cache-Control', 'no-store']] as const;
    expect((await traceOf(source, { headers })).warnings).toEqual([]);
  });
});

it('a stream where there can be none', async () => {
  const trace = await traceOf('http-api-2', {});
  expect(warningsOf({ ...trace, streamed: true })).toMatchObject([
    {
      code: 'cannot-stream',
      message: "an HTTP API cannot stream: the client gets the stream's own framing",
    },
  ]);
});

it('a prelude with cookies, which a REST API takes only there', async () => {
  const prelude = {
    statusCode: 200,
    headers: { 'content-type': 'text/plain' },
    cookies: ['a=1', 'b=2'],
  };
  const trace = await traceOf('rest-api', { reply: prelude });
  expect(warningsOf({ ...trace, streamed: true }, { stream: true })).toEqual([]);
});

it.each([
  [0.79, []],
  [0.8, [{ code: 'near-limit', message: 'response: 80 % of the 1000 bytes allowed' }]],
  [1.2, [{ code: 'over-limit', message: 'response: 120 % of the 1000 bytes allowed' }]],
])('%d of a limit', async (share, expected) => {
  const trace = await traceOf('alb-multi', {});
  const limits = [{ name: 'response', used: share * 1000, limit: 1000, unit: 'bytes' as const }];
  expect(warningsOf({ ...trace, limits })).toEqual(expected);
});

it('nothing for what has no reply, nor for an unknown source', async () => {
  const trace = await traceOf('rest-api', {});
  delete (trace as { reply?: unknown }).reply;
  expect(warningsOf(trace)).toEqual([]);
  expect(warningsOf({ ...trace, reply: 7, source: 'sqs' })).toEqual([]);
});

it.each([
  [null],
  [7],
  ['text'],
  [[]],
  [{ headers: 7 }],
  [{ headers: [[1]], cookies: {} }],
  [{ body: {} }],
  [{ Records: 7 }],
])('no throw for the event and the reply %j', async (odd) => {
  for (const source of lambdaSources) {
    const trace = await traceOf(source, { reply: odd });
    expect(warningsOf({ ...trace, event: odd })).toBeInstanceOf(Array);
  }
});
