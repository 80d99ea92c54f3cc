import type { CloudFrontRequestEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../src/aws-model/base64.ts';
import { lambdaEvent, lambdaResponse, type LambdaRequest } from '../../src/aws-model.ts';
import { textOf } from '../../src/aws-model/message.ts';
import { PNG_HEAD, PNG_HEAD_BASE64, QUERY, probe } from './support.ts';

describe('Lambda@Edge events', () => {
  const lines = {
    host: [{ key: 'Host', value: 'www.example.com' }],
    'user-agent': [{ key: 'User-Agent', value: 'probe/2' }],
    accept: [{ key: 'Accept', value: '*/*' }],
    'content-type': [{ key: 'Content-Type', value: 'image/png' }],
    'content-length': [{ key: 'Content-Length', value: '8' }],
    cookie: [{ key: 'Cookie', value: 'sid=abc123; theme=d%20k' }],
    'x-tag': [
      { key: 'X-Tag', value: 'one' },
      { key: 'X-Tag', value: 'two' },
    ],
  };
  const capitals: LambdaRequest = {
    ...probe,
    headers: Object.values(lines)
      .flat()
      .map(({ key, value }) => [key, value] as const),
    sourceIp: '2001:db8:85a3::7',
  };
  const body = {
    inputTruncated: false,
    action: 'read-only',
    encoding: 'base64',
    data: PNG_HEAD_BASE64,
  };
  const requestOf = (
    source: 'edge-viewer' | 'edge-origin',
    request: LambdaRequest,
  ): CloudFrontRequestEvent['Records'][0]['cf']['request'] => {
    const event = lambdaEvent(source, request) satisfies CloudFrontRequestEvent;
    const [record] = event.Records;
    if (!record) throw new Error('no record');
    return record.cf.request;
  };

  test('the probe, viewer request', () => {
    expect(lambdaEvent('edge-viewer', { ...capitals, requestId: 'id==' })).toEqual({
      Records: [
        {
          cf: {
            config: {
              distributionDomainName: 'd0gatecallexample.cloudfront.net',
              distributionId: 'E0GATECALL1234',
              eventType: 'viewer-request',
              requestId: 'id==',
            },
            request: {
              clientIp: '2001:db8:85a3::7',
              method: 'POST',
              uri: '/shop/caf%C3%A9%20bar/a%2Fb',
              querystring: QUERY,
              headers: lines,
              body,
            },
          },
        },
      ],
    });
  });

  test('origin request: forwarded chain, Via and the origin', () => {
    const request = requestOf('edge-origin', capitals);
    expect(request.headers).toEqual({
      ...lines,
      'x-forwarded-for': [{ key: 'X-Forwarded-For', value: '2001:db8:85a3::7' }],
      via: [{ key: 'Via', value: '1.1 d0gatecallexample.cloudfront.net (CloudFront)' }],
    });
    expect(request.origin?.custom).toMatchObject({ domainName: 'origin.example.com', path: '' });
    expect(request.body).toEqual(body);
  });

  test('origin request of a policy that forwards little', () => {
    const request = requestOf('edge-origin', { ...capitals, allViewer: false });
    expect(request.querystring).toBe('');
    expect(request.headers).not.toHaveProperty('cookie');
    expect(request.headers).toMatchObject({
      host: [{ value: 'origin.example.com' }],
      'user-agent': [{ value: 'Amazon CloudFront' }],
    });
  });

  test('headers CloudFront keeps to itself are not shown, cookies stay apart', () => {
    const { headers } = requestOf('edge-viewer', {
      headers: [
        ['X-Forwarded-Proto', 'https'],
        ['X-Real-IP', '192.0.2.1'],
        ['X-Amz-Cf-Id', 'x'],
        ['X-Edge-Foo', 'x'],
        ['Connection', 'close'],
        ['Cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    });
    expect(headers).toEqual({
      host: [{ key: 'Host', value: 'www.example.com' }],
      cookie: [
        { key: 'Cookie', value: 'a=1' },
        { key: 'cookie', value: 'b=2' },
      ],
    });
  });

  test('the body is base64 even of text, and absent without Include body or of a GET', () => {
    const post: LambdaRequest = {
      method: 'POST',
      headers: [['Content-Type', 'text/plain']],
      body: 'a',
    };
    expect(requestOf('edge-viewer', post).body).toMatchObject({ data: 'YQ==' });
    expect(requestOf('edge-viewer', { ...post, includeBody: false }).body).toBeUndefined();
    expect(requestOf('edge-viewer', { ...post, method: 'GET' }).body).toBeUndefined();
    expect(requestOf('edge-viewer', { method: 'POST' }).body).toBeUndefined();
  });

  test('a body over the limit is cut', () => {
    const large: LambdaRequest = { method: 'POST', body: new Uint8Array(1_048_577) };
    const viewer = requestOf('edge-viewer', large).body;
    expect(viewer?.inputTruncated).toBe(true);
    expect(decodeBase64(viewer?.data ?? '')).toHaveLength(40_960);
    const origin = requestOf('edge-origin', large).body;
    expect(origin?.inputTruncated).toBe(true);
    expect(decodeBase64(origin?.data ?? '')).toHaveLength(1_048_576);
  });
});

describe('replies to Lambda@Edge', () => {
  test('one line for each value', () => {
    const response = lambdaResponse('edge-viewer', {
      status: '200',
      statusDescription: 'OK',
      headers: {
        'content-type': [{ key: 'Content-Type', value: 'text/html' }],
        'set-cookie': [{ value: 'a=1' }, { value: 'b=2' }],
      },
      bodyEncoding: 'text',
      body: 'é',
      isBase64Encoded: true,
    });
    expect(response).toEqual({
      status: 200,
      reason: 'OK',
      headers: [
        ['content-type', 'text/html'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['content-length', '2'],
      ],
      body: Uint8Array.of(0xc3, 0xa9),
    });
  });

  test('base64, and the limit of each side', () => {
    const reply = { status: '200', bodyEncoding: 'base64', body: PNG_HEAD_BASE64 };
    expect(lambdaResponse('edge-origin', reply).body).toEqual(PNG_HEAD);
    const large = { status: '200', body: 'x'.repeat(40_961) };
    expect(lambdaResponse('edge-origin', large).body).toHaveLength(40_961);
  });

  const lines = (name: string): object => ({ [name]: [{ value: 'x' }] });
  test.each<[string, 'edge-viewer' | 'edge-origin', unknown, string]>([
    [
      'a status number',
      'edge-viewer',
      { status: 200 },
      'malformed: status is a number, not a string',
    ],
    [
      'status 600',
      'edge-viewer',
      { status: '600' },
      'malformed: status is "600", not an integer from 200 to 599',
    ],
    [
      'status 199',
      'edge-viewer',
      { status: '199' },
      'malformed: status is "199", not an integer from 200 to 599',
    ],
    [
      'a status in words',
      'edge-viewer',
      { status: '200 OK' },
      'malformed: status is "200 OK", not an integer from 200 to 599',
    ],
    ['nothing', 'edge-viewer', undefined, 'malformed: the reply is null, not an object'],
    [
      'a request',
      'edge-viewer',
      { uri: '/', method: 'GET' },
      'passed on: an object without status is a request for CloudFront to go on with, not a response',
    ],
    [
      'a disallowed header',
      'edge-viewer',
      { status: '200', headers: lines('x-edge-foo') },
      'disallowed header x-edge-foo',
    ],
    [
      'Connection',
      'edge-origin',
      { status: '200', headers: lines('connection') },
      'disallowed header connection',
    ],
    [
      'a read-only header',
      'edge-viewer',
      { status: '200', headers: lines('content-length') },
      'read-only header content-length',
    ],
    [
      'a header read-only at the origin',
      'edge-origin',
      { status: '200', headers: lines('if-none-match') },
      'read-only header if-none-match',
    ],
    [
      'a plain value',
      'edge-viewer',
      { status: '200', headers: { a: 'b' } },
      'malformed: multi-value header a is a string, not an array',
    ],
    [
      'a list of strings',
      'edge-viewer',
      { status: '200', headers: { a: ['b'] } },
      'malformed: a line of header a is a string, not {key, value}',
    ],
    [
      'a number',
      'edge-viewer',
      { status: '200', headers: { a: [{ value: 1 }] } },
      'malformed: header a is a number, not a string',
    ],
    [
      'a capital in the map',
      'edge-viewer',
      { status: '200', headers: lines('X-A') },
      'malformed: the header map has X-A, its names must be lower case',
    ],
    [
      'another key',
      'edge-viewer',
      { status: '200', headers: { a: [{ key: 'B', value: 'x' }] } },
      'malformed: header a has the key "B"',
    ],
    [
      'a 204 with body',
      'edge-viewer',
      { status: '204', body: '' },
      'malformed: a body member beside status 204',
    ],
    [
      'a body object',
      'edge-viewer',
      { status: '200', body: {} },
      'malformed: body is an object, not a string',
    ],
    [
      'another encoding',
      'edge-viewer',
      { status: '200', bodyEncoding: 'gzip' },
      'malformed: bodyEncoding is "gzip", not text or base64',
    ],
    [
      'no base64',
      'edge-viewer',
      { status: '200', bodyEncoding: 'base64', body: 'a' },
      'malformed: body is not valid base64',
    ],
    [
      'over 40 KB',
      'edge-viewer',
      { status: '200', headers: lines('a'), body: 'x'.repeat(40_959) },
      'too large: 40961 bytes, at most 40960',
    ],
    [
      'over 1 MB',
      'edge-origin',
      { status: '200', body: 'x'.repeat(1_048_577) },
      'too large: 1048577 bytes, at most 1048576',
    ],
  ])('502 for %s', (_, source, reply, reason) => {
    const response = lambdaResponse(source, reply);
    expect([response.status, response.reason]).toEqual([502, reason]);
    expect(textOf(response)).toContain('502 Bad Gateway');
  });
});
