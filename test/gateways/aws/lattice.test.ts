import { describe, expect, it } from 'vitest';
import { lambdaEvent } from '../../../src/aws-model.ts';
import { answers, exchange, seen, seenThrough } from './support.ts';

describe.each(['lattice-1', 'lattice-2'] as const)('%s', (source) => {
  it('reads path, headers, address and port', async () => {
    const environ = await seenThrough(source, {
      target: '/a%2Fb/%2541?x=%20',
      headers: [
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
        ['Host', 'shop.example.com'],
      ],
      sourceIp: '10.0.1.5',
    });
    expect(environ).toMatchObject({
      PATH_INFO: '/a/b/%41',
      REQUEST_URI: '/a%2Fb/%2541?x=%20',
      QUERY_STRING: 'x=%20',
      HTTP_X_TAG: 'one,two',
      REMOTE_ADDR: '10.0.1.5',
      SERVER_NAME: 'shop.example.com',
      SERVER_PORT: '443',
      'wsgi.url_scheme': 'https',
      'gatecall.source': source,
    });
  });

  it('believes the listener’s port, and no X-Forwarded-Proto, which only the client can have written', async () => {
    const event = lambdaEvent(source, { scheme: 'http' }) as unknown as Record<string, object>;
    const spoofed = source === 'lattice-1' ? 'https' : ['https'];
    expect(
      await seen({ ...event, headers: { ...event['headers'], 'x-forwarded-proto': spoofed } }),
    ).toMatchObject({ 'wsgi.url_scheme': 'http', SERVER_PORT: '80' });
  });

  it('folds what repeats in a reply, cookies as AWS’s own library does', async () => {
    const { reply } = await exchange(
      source,
      {},
      answers('', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
      ]),
    );
    expect(reply).toEqual({
      statusCode: 200,
      statusDescription: '200 OK',
      headers: { 'set-cookie': 'a=1, b=2', 'x-tag': 'one, two', 'content-length': '0' },
      body: '',
      isBase64Encoded: false,
    });
  });
});

it('version 1 has no query in its path, should it ever come there', async () => {
  const event = { ...lambdaEvent('lattice-1'), raw_path: '/x?y=1' };
  expect((await seen(event)).PATH_INFO).toBe('/x');
});

it('version 2 takes header and query values that are no lists', async () => {
  const event = {
    ...lambdaEvent('lattice-2'),
    headers: { host: 'a', 'x-tag': 'one' },
    queryStringParameters: { q: '1' },
  };
  expect(await seen(event)).toMatchObject({ HTTP_X_TAG: 'one', QUERY_STRING: 'q=1' });
});

it('version 2 has the user IAM names, and is not taken for an HTTP API', async () => {
  const environ = await seenThrough('lattice-2', {
    authorizer: { type: 'AWS_IAM', principal: 'arn:aws:sts::1:assumed-role/a/b' },
  });
  expect(environ.REMOTE_USER).toBe('arn:aws:sts::1:assumed-role/a/b');
  expect(environ['gatecall.source']).toBe('lattice-2');
});
