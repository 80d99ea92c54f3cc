import { describe, expect, it } from 'vitest';
import { lambdaEvent, type LambdaRequest } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { answers, exchange, seen, seenThrough } from './support.ts';

const through = (request: LambdaRequest): ReturnType<typeof seen> =>
  seenThrough('http-api-2', request);

it.each<[string, LambdaRequest, script: string, path: string, uri: string]>([
  ['the $default stage', { target: '/x' }, '', '/x', '/x'],
  ['a stage', { target: '/x', stage: 'dev' }, '/dev', '/x', '/dev/x'],
  ['the root of a stage', { target: '/', stage: 'dev' }, '/dev', '/', '/dev/'],
  [
    'a stage named like the path',
    { target: '/dev/x', stage: 'dev' },
    '/dev',
    '/dev/x',
    '/dev/dev/x',
  ],
  [
    'a custom domain, which the client sent no stage to',
    { target: '/x', stage: 'dev', customDomain: 'api.example.com' },
    '',
    '/x',
    '/x',
  ],
  [
    'a base path, which never comes',
    { target: '/x', stage: 'dev', basePath: 'shop' },
    '',
    '/x',
    '/x',
  ],
  ['decoded once, by the platform', { target: '/%2541%2Fb' }, '', '/%41/b', '/%2541/b'],
  ['a % that was %25', { target: '/100%25' }, '', '/100%', '/100%25'],
])('the path: %s', async (_, request, script, path, uri) => {
  const environ = await through(request);
  expect([environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI]).toEqual([
    script,
    path,
    uri,
  ]);
  expect(environ['gatecall.source']).toBe('http-api-2');
});

it('/developer is not below the stage dev', async () => {
  const event = { ...lambdaEvent('http-api-2', { stage: 'dev' }), rawPath: '/developer' };
  expect(await seen(event)).toMatchObject({ SCRIPT_NAME: '', PATH_INFO: '/developer' });
});

it('the query is the client’s own', async () => {
  const query = 'tag=red&tag=blue%20green&q=a+b&plus=a%2Bb&empty=&flag&%zz=%&a=b=c';
  expect((await through({ target: `/?${query}` })).QUERY_STRING).toBe(query);
});

describe('cookies', () => {
  const headers: [string, string][] = [['Cookie', 'sid=abc123; theme=d%20k']];

  it('come from their list', async () => {
    expect((await through({ headers })).HTTP_COOKIE).toBe('sid=abc123; theme=d%20k');
  });

  it('come from the header where a test event has them there', async () => {
    const event = lambdaEvent('http-api-2');
    expect('cookies' in event).toBe(false);
    const withHeader = { ...event, headers: { ...event.headers, cookie: 'a=1' } };
    expect((await seen(withHeader)).HTTP_COOKIE).toBe('a=1');
    expect((await seen({ ...withHeader, cookies: [] })).HTTP_COOKIE).toBe('a=1');
    expect((await seen({ ...withHeader, cookies: null })).HTTP_COOKIE).toBe('a=1');
  });
});

it.each([
  [{ jwt: { claims: { sub: 'user-17' }, scopes: null } }, 'user-17'],
  [{ iam: { userArn: 'arn:aws:iam::111122223333:user/a' } }, 'arn:aws:iam::111122223333:user/a'],
  [{ lambda: { principalId: 'x' } }, undefined],
  [{ jwt: { claims: null } }, undefined],
])('the user of %j is %s', async (authorizer, user) => {
  expect((await through({ authorizer })).REMOTE_USER).toBe(user);
});

it('a REST event with a stray rawPath is not taken for one of these', async () => {
  const event = lambdaEvent('rest-api', { target: '/x', basePath: 'shop', stripBasePath: true });
  expect(event.rawPath).toBe('/shop/x');
  expect((await seen(event))['gatecall.source']).toBe('rest-api');
});

describe('the reply', () => {
  it('has cookies apart, and folds what else repeats', async () => {
    const { reply, response } = await exchange(
      'http-api-2',
      {},
      answers('x', [
        ['Set-Cookie', 'a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT'],
        ['X-Tag', 'one'],
        ['Set-Cookie', 'b=2'],
        ['x-tag', 'two'],
        ['Content-Type', 'text/plain'],
        ['Content-Length', '1'],
      ]),
    );
    expect(reply).toEqual({
      statusCode: 200,
      headers: { 'x-tag': 'one, two', 'content-type': 'text/plain' },
      cookies: ['a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'b=2'],
      body: 'x',
      isBase64Encoded: false,
    });
    expect(headerLines(response, 'set-cookie')).toHaveLength(2);
  });
});
