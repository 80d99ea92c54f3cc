import { describe, expect, it } from 'vitest';
import { lambdaEvent, type LambdaRequest } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import { answers, exchange, seen, seenThrough } from './support.ts';

describe.each(['alb', 'alb-multi'] as const)('%s', (source) => {
  const through = (request: LambdaRequest): ReturnType<typeof seen> => seenThrough(source, request);

  it('decodes the path once, and the query not at all', async () => {
    const environ = await through({ target: '/a%2Fb/%2541?x=%20&q=a+b&%zz=%&u=%C3%A9&e=&f' });
    expect(environ).toMatchObject({
      PATH_INFO: '/a/b/%41',
      REQUEST_URI: expect.stringMatching(/^\/a%2Fb\/%2541\?x=/),
      QUERY_STRING: 'x=%20&q=a+b&%zz=%&u=%C3%A9&e=&f=',
      'gatecall.source': source,
    });
  });

  it.each<[string, LambdaRequest, string | undefined]>([
    ['the last of the chain', { headers: [['X-Forwarded-For', '6.6.6.6']] }, '203.0.113.7'],
    ['without the port', { clientPort: 50_412 }, '203.0.113.7'],
    ['without the port of IPv6', { sourceIp: '2001:db8::1', clientPort: 50_412 }, '2001:db8::1'],
    ['IPv6', { sourceIp: '2001:db8::1' }, '2001:db8::1'],
    ['nothing', { forwardedFor: 'remove' }, undefined],
  ])('has the client’s address: %s', async (_, request, address) => {
    expect((await through(request)).REMOTE_ADDR).toBe(address);
  });

  it('has scheme and port from the headers the balancer writes', async () => {
    expect(await through({ scheme: 'http' })).toMatchObject({
      'wsgi.url_scheme': 'http',
      SERVER_PORT: '80',
    });
    expect(
      await through({ scheme: 'https', headers: [['X-Forwarded-Proto', 'http']] }),
    ).toMatchObject({ 'wsgi.url_scheme': 'https', HTTPS: 'on', SERVER_PORT: '443' });
  });

  it('answers a health check, which has neither Host nor address', async () => {
    expect(await through({ healthCheck: true })).toMatchObject({
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      'wsgi.url_scheme': 'http',
      HTTP_USER_AGENT: 'ELB-HealthChecker/2.0',
    });
  });

  it('drops the headers of the connection that old events have', async () => {
    const event = lambdaEvent(source) as unknown as Record<string, unknown>;
    const key = source === 'alb' ? 'headers' : 'multiValueHeaders';
    const value = (text: string): unknown => (source === 'alb' ? text : [text]);
    const headers = event[key] as object;
    const environ = await seen({
      ...event,
      [key]: { ...headers, connection: value('keep-alive'), 'keep-alive': value('timeout=5') },
    });
    expect(Object.keys(environ).filter((name) => /CONNECTION|KEEP/.test(name))).toEqual([]);
  });

  it('has a description of the status in its reply', async () => {
    const { reply, response } = await exchange(source, {}, answers('', [], '404 Not Found'));
    expect(reply).toMatchObject({ statusCode: 404, statusDescription: '404 Not Found' });
    expect(response).toMatchObject({ status: 404, reason: 'Not Found' });
    expect((await exchange(source, {}, answers('', [], '404 '))).reply).toMatchObject({
      statusDescription: '404',
    });
  });

  it('sends a reason that is not ASCII as its text, like a header', async () => {
    const { response } = await exchange(
      source,
      {},
      answers('', [], '404 d\u00c3\u00a9j\u00c3\u00a0'),
    );
    expect(response.reason).toBe('d\u00c3\u00a9j\u00c3\u00a0');
  });
});

describe('multi-value headers off', () => {
  it('sends several cookies under names of different case', async () => {
    const cookies = Array.from({ length: 40 }, (_, index) => `c${index}=${index}`);
    const { reply, response } = await exchange(
      'alb',
      {},
      answers('', [
        ...cookies.map((cookie) => ['Set-Cookie', cookie] as const),
        ['X-Tag', 'one'],
        ['x-tag', 'two'],
        ['Content-Length', '0'],
      ]),
    );
    expect(Object.keys(reply)).toEqual([
      'statusCode',
      'statusDescription',
      'body',
      'isBase64Encoded',
      'headers',
    ]);
    expect(headerLines(response, 'set-cookie').sort()).toEqual(cookies.toSorted());
    expect(headerLines(response, 'x-tag')).toEqual(['one, two']);
  });

  it('has the headers member even if there is none', async () => {
    const { reply } = await exchange('alb', {}, () => []);
    expect(reply).toHaveProperty('headers');
    expect((await exchange('alb', {}, answers(''))).reply).toMatchObject({
      headers: { 'content-length': '0' },
    });
  });
});

describe('multi-value headers on', () => {
  it('sends lists, in order', async () => {
    const { reply, response } = await exchange(
      'alb-multi',
      {},
      answers('', [
        ['Set-Cookie', 'a=1'],
        ['X-Tag', 'one'],
        ['Set-Cookie', 'b=2'],
        ['Content-Length', '0'],
      ]),
    );
    expect(reply).toEqual({
      statusCode: 200,
      statusDescription: '200 OK',
      multiValueHeaders: {
        'set-cookie': ['a=1', 'b=2'],
        'x-tag': ['one'],
        'content-length': ['0'],
      },
      body: '',
      isBase64Encoded: false,
    });
    expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('reads every value', async () => {
    expect(
      await seenThrough('alb-multi', {
        target: '/?a=1&a=2',
        headers: [
          ['X-Tag', 'one'],
          ['x-tag', 'two'],
        ],
      }),
    ).toMatchObject({ QUERY_STRING: 'a=1&a=2', HTTP_X_TAG: 'one,two' });
  });
});
