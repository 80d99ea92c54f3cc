import { describe, expect, it } from 'vitest';
import { lambdaEvent } from '../../../src/aws-model.ts';
import { headerLines } from '../../../src/aws-model/message.ts';
import type { Application } from '../../../src/types.ts';
import { answers, decode, encode, exchange, handle, seen, seenThrough } from './support.ts';

describe.each(['edge-viewer', 'edge-origin'] as const)('%s', (source) => {
  it('reads path, query and lines', async () => {
    const environ = await seenThrough(source, {
      target: '/a%2Fb/%2541?x=%20&y=+&x=2',
      headers: [
        ['Host', 'www.example.com'],
        ['X-Tag', 'one'],
        ['x-tag', 'two'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ],
      sourceIp: '2001:db8::7',
    });
    expect(environ).toMatchObject({
      PATH_INFO: '/a/b/%41',
      REQUEST_URI: '/a%2Fb/%2541?x=%20&y=+&x=2',
      HTTP_X_TAG: 'one,two',
      HTTP_COOKIE: 'a=1; b=2',
      REMOTE_ADDR: '2001:db8::7',
      SERVER_NAME: 'www.example.com',
      SERVER_PORT: '443',
      SERVER_PROTOCOL: 'HTTP/1.1',
      'wsgi.url_scheme': 'https',
      'gatecall.source': source,
    });
  });

  it('reads a body that is base64, or said to be text', async () => {
    const request = { method: 'POST', body: 'héllo' };
    expect(decode((await exchange(source, request)).body ?? encode(''))).toBe('héllo');
    const event = lambdaEvent(source, request);
    const { body } = event.Records[0]?.cf.request ?? {};
    Object.assign(body ?? {}, { encoding: 'text', data: 'plain é' });
    expect(decode((await handle(event)).body ?? encode(''))).toBe('plain é');
  });

  it('answers 413 for a body that was cut, and never shows it to the application', async () => {
    const application: Application = () => {
      throw new Error('not to be called');
    };
    const limit = source === 'edge-viewer' ? 40_960 : 1_048_576;
    const cut = await exchange(
      source,
      { method: 'POST', body: new Uint8Array(limit + 1) },
      application,
    );
    expect(cut.response).toMatchObject({ status: 413, reason: 'Content Too Large' });
    expect(decode(cut.response.body)).toBe('Content Too Large\n');
    expect(cut.environ).toBeUndefined();
    const whole = await exchange(source, { method: 'POST', body: new Uint8Array(limit) });
    expect(whole.response.status).toBe(200);
    expect(whole.body).toHaveLength(limit);
  });

  it('replies with lines, spelt as the application did', async () => {
    const { reply, response } = await exchange(
      source,
      {},
      answers('é', [
        ['X-Tag', 'one'],
        ['x-tag', 'two'],
        ['Content-Type', 'text/plain'],
      ]),
    );
    expect(reply).toEqual({
      status: '200',
      statusDescription: 'OK',
      headers: {
        'x-tag': [
          { key: 'X-Tag', value: 'one' },
          { key: 'x-tag', value: 'two' },
        ],
        'content-type': [{ key: 'Content-Type', value: 'text/plain' }],
      },
      bodyEncoding: 'text',
      body: 'é',
    });
    expect(headerLines(response, 'x-tag')).toEqual(['one', 'two']);
  });

  it('leaves the body member out where there is none', async () => {
    const { reply } = await exchange(source, {}, answers('', [], '204 No Content'));
    expect(reply).toEqual({ status: '204', statusDescription: 'No Content', headers: {} });
  });

  // CloudFront's developer guide, "Restrictions on edge functions": one such header is a 502.
  it.each([
    'Expect',
    'X-Accel-Buffering',
    'X-Accel-Redirect',
    'X-Amz-Cf-Id',
    'X-Amzn-Auth',
    'X-Amzn-Header-Count',
    'X-Amzn-RequestId',
    'X-Cache',
    'X-Edge-Location',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'Content-Length',
    'Host',
    'Via',
    ...(source === 'edge-origin'
      ? ['Accept-Encoding', 'If-Modified-Since', 'If-None-Match', 'If-Range', 'If-Unmodified-Since']
      : []),
  ])('does not let %s spoil the reply', async (name) => {
    const application = answers('1', [
      [name, '1'],
      ['X-Tag', 'one'],
    ]);
    const { response } = await exchange(source, {}, application);
    expect(response).toMatchObject({ status: 200, body: encode('1') });
    expect(headerLines(response, 'x-tag')).toEqual(['one']);
  });

  it('lets pass what only looks forbidden', async () => {
    const { response } = await exchange(
      source,
      {},
      answers('', [
        ['X-Cached', '1'],
        ['Viable', '2'],
      ]),
    );
    expect(headerLines(response, 'x-cached')).toEqual(['1']);
    expect(headerLines(response, 'viable')).toEqual(['2']);
  });
});

it('an origin request without the viewer’s headers has the distribution’s word for little', async () => {
  const environ = await seenThrough('edge-origin', { target: '/x?q=1', allViewer: false });
  expect(environ).toMatchObject({
    SERVER_NAME: 'origin.example.com',
    HTTP_USER_AGENT: 'Amazon CloudFront',
    QUERY_STRING: '',
  });
});

it('the scheme is http where CloudFront was told to say so', async () => {
  const headers: [string, string][] = [['CloudFront-Forwarded-Proto', 'http']];
  expect((await seenThrough('edge-origin', { headers }))['wsgi.url_scheme']).toBe('http');
});

it('the distribution’s name serves where there is no Host', async () => {
  const event = lambdaEvent('edge-viewer');
  const request = event.Records[0]?.cf.request;
  if (request) request.headers = {};
  expect((await seen(event)).SERVER_NAME).toBe(event.Records[0]?.cf.config.distributionDomainName);
});
