import { expect, it } from 'vitest';
import { lambdaEvent } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { answers, exchange, seen, seenThrough } from './support.ts';

it('the path is decoded once, here', async () => {
  const environ = await seenThrough('function-url', { target: '/a%2Fb/%2541/caf%C3%A9/%E9/100%' });
  expect(environ.PATH_INFO).toBe('/a/b/%41/caf\u00c3\u00a9/\u00e9/100%');
  expect(environ.REQUEST_URI).toBe('/a%2Fb/%2541/caf%C3%A9/%E9/100%');
  expect(environ.SCRIPT_NAME).toBe('');
  expect(environ['gatecall.source']).toBe('function-url');
});

it('cookies, which come twice, are seen once', async () => {
  const event = lambdaEvent('function-url', { headers: [['Cookie', 'a=1; b=2']] });
  expect(event).toMatchObject({ cookies: ['a=1', 'b=2'], headers: { cookie: 'a=1; b=2' } });
  expect((await seen(event)).HTTP_COOKIE).toBe('a=1; b=2');
});

it('the user is the caller that IAM names', async () => {
  const authorizer = { iam: { accountId: '1', userArn: 'arn:aws:iam::1:user/a' } };
  expect((await seenThrough('function-url', { authorizer })).REMOTE_USER).toBe(
    'arn:aws:iam::1:user/a',
  );
});

it('the query is the client’s own', async () => {
  const query = 'a=1&b=%20&a=2&q=+&%zz';
  expect((await seenThrough('function-url', { target: `/?${query}` })).QUERY_STRING).toBe(query);
});

it('the reply has no Content-Length, which would come out renamed', async () => {
  const { reply, response } = await exchange(
    'function-url',
    {},
    answers('x', [
      ['Content-Length', '1'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]),
  );
  expect(Object.keys(reply)).toEqual([
    'statusCode',
    'headers',
    'cookies',
    'body',
    'isBase64Encoded',
  ]);
  expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  expect(response.headers.map(([name]) => name)).not.toContain('x-amzn-remapped-content-length');
});
