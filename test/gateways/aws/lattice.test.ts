import { describe, expect, it } from 'vitest';
import { lambdaEvent } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
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

  it('folds lists that repeat in a reply, and never cookies', async () => {
    const { reply, response } = await exchange(
      source,
      {},
      answers('', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
      ]),
    );
    const cookies =
      source === 'lattice-1'
        ? { 'set-cookie': 'a=1', 'Set-cookie': 'b=2' }
        : { 'set-cookie': ['a=1', 'b=2'] };
    expect(reply).toEqual({
      statusCode: 200,
      statusDescription: '200 OK',
      headers: { ...cookies, 'x-tag': 'one, two', 'content-length': '0' },
      body: '',
      isBase64Encoded: false,
    });
    expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('sends one cookie as text', async () => {
    const { reply } = await exchange(source, {}, answers('', [['Set-Cookie', 'a=1']]));
    expect(reply).toMatchObject({ headers: { 'set-cookie': 'a=1' } });
  });

  const pathKey = source === 'lattice-1' ? 'raw_path' : 'path';
  const mapKey = source === 'lattice-1' ? 'query_string_parameters' : 'queryStringParameters';
  it.each<[string, string, object, string, string]>([
    [
      'as the client wrote it',
      '/echo?b=2&a=1&b=%203',
      { a: '1', b: ' 3' },
      '/echo',
      'b=2&a=1&b=%203',
    ],
    ['with a second question mark', '/echo?a=?&b', { a: '?' }, '/echo', 'a=?&b'],
    ['though the map is empty', '/echo?a=1', {}, '/echo', 'a=1'],
    ['and the map where it is empty', '/echo?', { a: '1' }, '/echo', 'a=1'],
    ['and no encoded question mark', '/a%3Fb=1', { a: '1' }, '/a?b=1', 'a=1'],
    ['behind no path', '?a=1', {}, '/', 'a=1'],
  ])('takes the query in the path: %s', async (_, path, map, pathInfo, query) => {
    const event = { ...lambdaEvent(source), [pathKey]: path, [mapKey]: map };
    expect(await seen(event)).toMatchObject({ PATH_INFO: pathInfo, QUERY_STRING: query });
  });
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
