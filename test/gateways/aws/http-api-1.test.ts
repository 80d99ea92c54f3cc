import { expect, it } from 'vitest';
import type { LambdaRequest } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { answers, exchange, seenThrough } from './support.ts';

it.each<[string, LambdaRequest, script: string, path: string, uri: string]>([
  ['the $default stage', { target: '/x' }, '', '/x', '/x'],
  ['a stage', { target: '/x', stage: 'dev' }, '/dev', '/x', '/dev/x'],
  ['a path that only begins like the stage', { target: '/x', stage: '$default' }, '', '/x', '/x'],
  ['decoded once, by the platform', { target: '/%2541%2Fb' }, '', '/%41/b', '/%2541/b'],
  ['a base path', { target: '/x', basePath: 'shop', stage: 'dev' }, '', '/shop/x', '/shop/x'],
  // With payload 1.0 the mapping key is in the path, and the stage is not
  // (powertools-lambda-python#576).
  [
    'a base path named like the stage',
    { target: '/x', basePath: 'dev', stage: 'dev' },
    '',
    '/dev/x',
    '/dev/x',
  ],
  ['spaces and more', { target: '/caf%C3%A9%20%23' }, '', '/caf\u00c3\u00a9 #', '/caf%C3%A9%20%23'],
])('the path: %s', async (_, request, script, path, uri) => {
  const environ = await seenThrough('http-api-1', request);
  expect([environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI]).toEqual([
    script,
    path,
    uri,
  ]);
  expect(environ['gatecall.source']).toBe('http-api-1');
});

it('all values of a query and of a header arrive', async () => {
  const environ = await seenThrough('http-api-1', {
    target: '/?a=1&a=2&q=%20',
    headers: [
      ['X-Tag', 'one'],
      ['X-Tag', 'two'],
    ],
  });
  expect(environ).toMatchObject({ QUERY_STRING: 'a=1&a=2&q=%20', HTTP_X_TAG: 'one,two' });
});

it('the reply has several cookies', async () => {
  const { reply, response } = await exchange(
    'http-api-1',
    {},
    answers('', [
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]),
  );
  expect(Object.keys(reply)).toEqual([
    'statusCode',
    'multiValueHeaders',
    'body',
    'isBase64Encoded',
  ]);
  expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
});
