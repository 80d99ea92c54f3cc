import type { APIGatewayProxyEventV2, LambdaFunctionURLEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { lambdaEvent, lambdaResponse, type LambdaRequest } from '../../src/aws-model.ts';
import { header, headerLines } from '../../src/aws-model/message.ts';
import { PNG_HEAD_BASE64, QUERY, TRACE, probe, decodedMap, seen } from './support.ts';

describe('HTTP API events, payload 2.0', () => {
  test('the probe: rawPath decoded, with the stage; cookies apart', () => {
    const authorizer = { jwt: { claims: { sub: 'user-17' }, scopes: null } };
    const host = 'gchttp0002.execute-api.eu-central-1.amazonaws.com';
    expect(
      lambdaEvent('http-api-2', { ...probe, stage: 'dev', requestId: 'id=', authorizer }),
    ).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/dev/shop/café bar/a/b',
      rawQueryString: QUERY,
      cookies: ['sid=abc123', 'theme=d%20k'],
      headers: {
        accept: 'image/png',
        'content-length': '8',
        'content-type': 'image/png',
        host,
        'user-agent': 'probe/2',
        'x-amzn-trace-id': TRACE,
        'x-forwarded-for': '198.51.100.4',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
        'x-tag': 'one,two',
      },
      queryStringParameters: { ...decodedMap, tag: 'red,blue green' },
      requestContext: {
        accountId: '111122223333',
        apiId: 'gchttp0002',
        authorizer,
        domainName: host,
        domainPrefix: 'gchttp0002',
        http: {
          method: 'POST',
          path: '/dev/shop/café bar/a/b',
          protocol: 'HTTP/1.1',
          sourceIp: '198.51.100.4',
          userAgent: 'probe/2',
        },
        requestId: 'id=',
        routeKey: '$default',
        stage: 'dev',
        time: '16/Oct/2026:08:00:03 +0000',
        timeEpoch: 1_792_137_603_000,
      },
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
    });
  });

  test('nothing to say is left out', () => {
    const event = lambdaEvent('http-api-2');
    expect(event).toMatchObject({ rawPath: '/', rawQueryString: '', isBase64Encoded: false });
    for (const key of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(key);
    }
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test('is what @types/aws-lambda says', () => {
    const event = lambdaEvent('http-api-2', probe) satisfies APIGatewayProxyEventV2;
    expect(event.requestContext.http.method).toBe('POST');
  });

  test('the mapping key of a custom domain is lost, the stage stays', () => {
    const event = lambdaEvent('http-api-2', { target: '/x', stage: 'dev', basePath: 'shop' });
    expect(event.rawPath).toBe('/dev/x');
    expect(event.requestContext.domainName).toBe('api.example.com');
  });

  test.each([
    ['%2541 is decoded once', '/%2541', '/%41'],
    ['%3F cuts the path', '/a%3Fb/c', '/a'],
    ['bytes that are no UTF-8 are lost', '/%E9', '/\ufffd'],
    ['a malformed % stays', '/%zz%4', '/%zz%4'],
  ])('lossy path: %s', (_, target, path) => {
    expect(lambdaEvent('http-api-2', { target }).rawPath).toBe(path);
    expect(lambdaEvent('http-api-1', { target }).path).toBe(path);
  });

  test.each([
    ['text/plain; charset=utf-8', 'λ', 'λ', false],
    ['application/json', '{}', '{}', false],
    ['application/problem+json', '{}', '{}', false],
    ['text/plain', Uint8Array.of(0xe9), '6Q==', true],
    ['application/x-www-form-urlencoded', 'a=1', 'YT0x', true],
    ['multipart/form-data; boundary=x', '--x--', 'LS14LS0=', true],
    ['', 'a', 'YQ==', true],
  ])('body of type %j', (type, body, expected, isBase64Encoded) => {
    const request: LambdaRequest = { method: 'POST', headers: [['Content-Type', type]], body };
    expect(lambdaEvent('http-api-2', request)).toMatchObject({ body: expected, isBase64Encoded });
    expect(lambdaEvent('function-url', request)).toMatchObject({ body: expected, isBase64Encoded });
    expect(lambdaEvent('http-api-1', request)).toMatchObject({ body: expected, isBase64Encoded });
  });

  test('a byte order mark survives', () => {
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
    const event = lambdaEvent('http-api-2', { headers: [['content-type', 'text/csv']], body });
    expect(event).toMatchObject({ body: '\ufeffa', isBase64Encoded: false });
  });
});

describe('Function URL events', () => {
  test('the probe: rawPath as sent, http.path decoded, cookies twice', () => {
    const host = 'gcurl0000000000000000000000000x1.lambda-url.eu-central-1.on.aws';
    expect(lambdaEvent('function-url', { ...probe, requestId: 'id-3' })).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/shop/caf%C3%A9%20bar/a%2Fb',
      rawQueryString: QUERY,
      cookies: ['sid=abc123', 'theme=d%20k'],
      headers: {
        accept: 'image/png',
        'content-length': '8',
        'content-type': 'image/png',
        cookie: 'sid=abc123; theme=d%20k',
        host,
        'user-agent': 'probe/2',
        'x-amzn-tls-cipher-suite': 'TLS_AES_128_GCM_SHA256',
        'x-amzn-tls-version': 'TLSv1.3',
        'x-amzn-trace-id': TRACE,
        'x-forwarded-for': '198.51.100.4',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
        'x-tag': 'one,two',
      },
      queryStringParameters: { ...decodedMap, tag: 'red,blue green' },
      requestContext: {
        accountId: 'anonymous',
        apiId: 'gcurl0000000000000000000000000x1',
        domainName: host,
        domainPrefix: 'gcurl0000000000000000000000000x1',
        http: {
          method: 'POST',
          path: '/shop/café bar/a/b',
          protocol: 'HTTP/1.1',
          sourceIp: '198.51.100.4',
          userAgent: 'probe/2',
        },
        requestId: 'id-3',
        routeKey: '$default',
        stage: '$default',
        time: '16/Oct/2026:08:00:03 +0000',
        timeEpoch: 1_792_137_603_000,
      },
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
    });
  });

  test('is what @types/aws-lambda says', () => {
    const event = lambdaEvent('function-url', probe) satisfies LambdaFunctionURLEvent;
    expect(event.requestContext.stage).toBe('$default');
  });

  test('behind AWS_IAM the account is the caller’s', () => {
    const authorizer = { iam: { accountId: '444455556666', userArn: 'arn:aws:iam::x:user/u' } };
    const { requestContext } = lambdaEvent('function-url', { authorizer });
    expect(requestContext).toMatchObject({ accountId: '444455556666', authorizer });
  });
});

describe('replies to an HTTP API, payload 2.0', () => {
  test('cookies become lines of their own', () => {
    const response = lambdaResponse('http-api-2', {
      statusCode: 201,
      headers: { 'Content-Type': 'text/html', 'X-Number': 1 },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '<p>',
      isBase64Encoded: false,
      statusDescription: 'ignored',
    });
    expect(response.headers).toEqual([
      ['content-type', 'text/html'],
      ['x-number', '1'],
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2'],
      ['content-length', '3'],
    ]);
    expect(headerLines(response, 'Set-Cookie')).toEqual(['a=1; Path=/', 'b=2']);
  });

  test.each([
    ['a string', 'hello', '"hello"'],
    ['an object', { statuscode: 500 }, '{"statuscode":500}'],
    ['an array', [1, true], '[1,true]'],
    ['nothing', undefined, 'null'],
  ])('no statusCode: %s is the page', (_, reply, page) => {
    const response = lambdaResponse('http-api-2', reply);
    expect(seen(response)).toEqual([200, undefined, page]);
    expect(header(response, 'content-type')).toBe('application/json');
  });

  test('multi-value headers are ignored, the default type is text', () => {
    const response = lambdaResponse('http-api-2', {
      statusCode: 200,
      multiValueHeaders: { 'x-lost': ['1'] },
      body: 'a',
    });
    expect(response.headers).toEqual([
      ['content-type', 'text/plain; charset=utf-8'],
      ['content-length', '1'],
    ]);
  });

  test.each([
    [
      'a header array',
      { statusCode: 200, headers: { 'set-cookie': ['a=1'] } },
      'malformed: header set-cookie is an array, not a string',
    ],
    [
      'multi-value headers with cookies',
      { statusCode: 200, cookies: ['a=1'], multiValueHeaders: {} },
      'malformed: multiValueHeaders beside cookies',
    ],
    [
      'a status in words',
      { statusCode: 'ok' },
      'malformed: statusCode is "ok", not an integer from 200 to 599',
    ],
    [
      'status null',
      { statusCode: null },
      'malformed: statusCode is null, not an integer from 200 to 599',
    ],
    [
      'one cookie',
      { statusCode: 200, cookies: 'a=1' },
      'malformed: cookies is a string, not an array',
    ],
    [
      'a cookie number',
      { statusCode: 200, cookies: [1] },
      'malformed: header set-cookie is a number, not a string',
    ],
    ['a body object', { statusCode: 200, body: {} }, 'malformed: body is an object, not a string'],
    [
      'no base64',
      { statusCode: 200, body: 'a===', isBase64Encoded: true },
      'malformed: body is not valid base64',
    ],
    [
      'a large body',
      { statusCode: 200, body: 'x'.repeat(6_291_556) },
      'too large: 6291584 bytes of JSON, at most 6291556',
    ],
  ])('500 for %s', (_, reply, reason) => {
    const error = '{"message":"Internal Server Error"}';
    expect(seen(lambdaResponse('http-api-2', reply))).toEqual([500, reason, error]);
  });
});

describe('replies to a Function URL', () => {
  test.each([
    ['a string', 'hello', 'hello'],
    ['a number', 3.1, '3.1'],
    ['a boolean', true, 'true'],
    ['an array', ['hello', 3, true], '["hello",3,true]'],
    ['an object', { hello: 'world' }, '{"hello":"world"}'],
    ['a body', { statusCode: 200, body: 'body123' }, 'body123'],
    ['a structured body', { statusCode: 200, body: { a: 1 } }, '{"a":1}'],
  ])('%s is JSON by default', (_, reply, page) => {
    const response = lambdaResponse('function-url', reply);
    expect(seen(response)).toEqual([200, undefined, page]);
    expect(header(response, 'content-type')).toBe('application/json');
  });

  test('a numeric string is a status, some headers are renamed', () => {
    const response = lambdaResponse('function-url', {
      statusCode: '418',
      headers: { 'Content-Length': '9', Date: 'now', 'content-type': 'text/plain' },
      cookies: ['a=1'],
      multiValueHeaders: { 'x-lost': ['1'] },
    });
    expect(response.status).toBe(418);
    expect(response.headers).toEqual([
      ['x-amzn-remapped-content-length', '9'],
      ['x-amzn-remapped-date', 'now'],
      ['content-type', 'text/plain'],
      ['set-cookie', 'a=1'],
      ['content-length', '0'],
    ]);
  });

  test.each([
    [
      'a header array',
      { statusCode: 200, headers: { a: ['b'] } },
      'malformed: header a is an array, not a string',
    ],
    [
      'a status in words',
      { statusCode: 'x' },
      'malformed: statusCode is "x", not an integer from 200 to 599',
    ],
    [
      'no base64',
      { statusCode: 200, body: '?', isBase64Encoded: true },
      'malformed: body is not valid base64',
    ],
  ])('502 for %s', (_, reply, reason) => {
    const response = lambdaResponse('function-url', reply);
    expect(seen(response)).toEqual([502, reason, 'Internal Server Error']);
  });
});
