import { describe, expect, it } from 'vitest';
import { lambdaEvent, type LambdaRequest, type RestApiEvent } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { answers, exchange, seen, seenThrough } from './support.ts';

const through = (request: LambdaRequest): ReturnType<typeof seen> =>
  seenThrough('rest-api', request);

describe('path and stage', () => {
  it.each<[string, LambdaRequest, script: string, path: string, uri: string]>([
    ['the default endpoint', { target: '/x%2Fy' }, '/live', '/x/y', '/live/x%2Fy'],
    ['its root', { target: '/' }, '/live', '/', '/live/'],
    // API Gateway collapses these in `path` alone.
    ['slashes behind the stage', { target: '//x//y' }, '/live', '/x//y', '/live/x//y'],
    ['a path like the stage', { target: '/live/x' }, '/live', '/live/x', '/live/live/x'],
    ['a custom domain', { target: '/x', customDomain: 'api.example.com' }, '', '/x', '/x'],
    ['a base path', { target: '/x', basePath: 'shop' }, '', '/shop/x', '/shop/x'],
    [
      'no stage mapped',
      { target: '/x', basePath: '', stageMapped: false },
      '',
      '/live/x',
      '/live/x',
    ],
    [
      'a base path stripped',
      { target: '/x', basePath: 'shop', stripBasePath: true },
      '',
      '/x',
      '/x',
    ],
    ['a malformed escape', { target: '/pa2%Fth' }, '/live', '/pa2%Fth', '/live/pa2%Fth'],
    ['not UTF-8', { target: '/%E9' }, '/live', '/\u00e9', '/live/%E9'],
  ])('%s', async (_, request, script, path, uri) => {
    const environ = await through(request);
    expect([environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI]).toEqual([
      script,
      path,
      uri,
    ]);
    expect(environ['gatecall.source']).toBe('rest-api');
  });

  it('the resource and its parameters are not the path', async () => {
    const environ = await through({ target: '/users/7/x/', route: '/users/{id}/{proxy+}' });
    expect(environ.PATH_INFO).toBe('/users/7/x/');
  });
});

it('the query is encoded anew, values of a name together', async () => {
  const target = '/?a=1&b=2&a=3&q=a+b&plus=a%2Bb&empty=&flag&%26=%3D&u=%C3%A9&x=a=b';
  expect((await through({ target })).QUERY_STRING).toBe(
    'a=1&a=3&b=2&q=a%20b&plus=a%2Bb&empty=&flag=&%26=%3D&u=%C3%A9&x=a%3Db',
  );
});

it('a test event of the console, with null for every map, is served', async () => {
  const event = {
    ...lambdaEvent('rest-api'),
    headers: null,
    multiValueHeaders: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    body: null,
  };
  expect(await seen(event)).toMatchObject({
    PATH_INFO: '/',
    QUERY_STRING: '',
    SERVER_NAME: event.requestContext.domainName,
    SERVER_PORT: '443',
    'wsgi.url_scheme': 'https',
  });
});

it('single-value maps serve where a hand-made event has nothing else', async () => {
  const event: Partial<RestApiEvent> = lambdaEvent('rest-api', {
    target: '/?a=1&a=2',
    headers: [['X-Tag', 'one']],
  });
  delete event.multiValueHeaders;
  delete event.multiValueQueryStringParameters;
  expect(await seen(event)).toMatchObject({ HTTP_X_TAG: 'one', QUERY_STRING: 'a=2' });
});

it('headers are found whatever their case', async () => {
  const environ = await through({
    headers: [
      ['CONTENT-type', 'text/plain'],
      ['cOOkie', 'a=1'],
      ['tEsT-HEADeR', 'x'],
      ['test-header', 'y'],
    ],
  });
  expect(environ).toMatchObject({
    CONTENT_TYPE: 'text/plain',
    HTTP_COOKIE: 'a=1',
    HTTP_TEST_HEADER: 'x,y',
  });
});

it.each([
  [{ principalId: 'user-17' }, 'user-17'],
  [{ claims: { 'cognito:username': 'zoë', sub: 's' } }, 'zo\u00c3\u00ab'],
  [{ claims: { sub: 's' } }, 's'],
  [{ principalId: 7 }, undefined],
  [{ claims: null }, undefined],
])('the user of %j is %s', async (authorizer, user) => {
  expect((await through({ authorizer })).REMOTE_USER).toBe(user);
});

it('the address is the connection’s, not what the client wrote', async () => {
  const environ = await through({
    sourceIp: '203.0.113.9',
    headers: [['X-Forwarded-For', '6.6.6.6']],
  });
  expect(environ.REMOTE_ADDR).toBe('203.0.113.9');
  expect(environ.HTTP_X_FORWARDED_FOR).toBe('6.6.6.6, 203.0.113.9');
});

describe('the reply', () => {
  it('has exactly its keys, since any other is a 502', async () => {
    const { reply, response } = await exchange(
      'rest-api',
      {},
      answers('x', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Content-Length', '1'],
        ['Content-Type', 'text/plain'],
      ]),
    );
    expect(reply).toEqual({
      statusCode: 200,
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'], 'content-type': ['text/plain'] },
      body: 'x',
      isBase64Encoded: false,
    });
    expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });
});
