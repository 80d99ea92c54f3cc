import { readFileSync } from 'node:fs';
import type {
  ALBEvent,
  APIGatewayEventRequestContext,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  CloudFrontRequestEvent,
  LambdaFunctionURLEvent,
} from 'aws-lambda';
import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../src/aws-model/base64.ts';
import {
  exampleRequest,
  lambdaEvent,
  lambdaFailure,
  lambdaResponse,
  lambdaSources,
  notHttpEvents,
} from '../src/aws-model.ts';
import type { LambdaRequest, LambdaSource } from '../src/aws-model.ts';
import { header, headerLines, testRequest, textOf } from '../src/aws-model/message.ts';
import type { TestResponse } from '../src/aws-model/message.ts';
import { expectLinear } from './growth.ts';

const PNG_HEAD = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const PNG_HEAD_BASE64 = 'iVBORw0KGgo=';
const QUERY = 'tag=red&tag=blue%20green&q=a+b&plus=a%2Bb&empty=&city=Orl%C3%A9ans';
const TRACE = 'Root=1-69621c18-0123456789abcdef01234567';

/** The request of which AWS's fields were recorded, as a client in lower case (HTTP/2) sends it. */
const probe: LambdaRequest = {
  method: 'POST',
  target: `/shop/caf%C3%A9%20bar/a%2Fb?${QUERY}`,
  headers: [
    ['user-agent', 'probe/2'],
    ['x-amzn-trace-id', TRACE],
    ['accept', 'image/png'],
    ['content-type', 'image/png'],
    ['content-length', '8'],
    ['cookie', 'sid=abc123; theme=d%20k'],
    ['x-tag', 'one'],
    ['x-tag', 'two'],
  ],
  body: PNG_HEAD,
  sourceIp: '198.51.100.4',
  time: Date.UTC(2026, 9, 16, 8, 0, 3),
};

const decodedMap = {
  tag: 'blue green',
  q: 'a b',
  plus: 'a+b',
  empty: '',
  city: 'Orléans',
};
const rawLists = {
  tag: ['red', 'blue%20green'],
  q: ['a+b'],
  plus: ['a%2Bb'],
  empty: [''],
  city: ['Orl%C3%A9ans'],
};

describe('REST API events', () => {
  test('the probe: path as sent, queries decoded, no Content-Length', () => {
    const host = 'gcrest0001.execute-api.eu-central-1.amazonaws.com';
    const single = {
      Host: host,
      'User-Agent': 'probe/2',
      'X-Amzn-Trace-Id': TRACE,
      accept: 'image/png',
      'content-type': 'image/png',
      cookie: 'sid=abc123; theme=d%20k',
      'X-Forwarded-For': '198.51.100.4',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    };
    expect(lambdaEvent('rest-api', { ...probe, requestId: 'id-1' })).toEqual({
      resource: '/{proxy+}',
      path: '/shop/caf%C3%A9%20bar/a%2Fb',
      httpMethod: 'POST',
      headers: { ...single, 'x-tag': 'two' },
      multiValueHeaders: {
        ...Object.fromEntries(Object.entries(single).map(([name, value]) => [name, [value]])),
        'x-tag': ['one', 'two'],
      },
      queryStringParameters: decodedMap,
      multiValueQueryStringParameters: {
        tag: ['red', 'blue green'],
        q: ['a b'],
        plus: ['a+b'],
        empty: [''],
        city: ['Orléans'],
      },
      pathParameters: { proxy: 'shop/caf%C3%A9%20bar/a%2Fb' },
      stageVariables: null,
      requestContext: {
        accountId: '111122223333',
        apiId: 'gcrest0001',
        deploymentId: 'gcd001',
        domainName: host,
        domainPrefix: 'gcrest0001',
        extendedRequestId: 'GcRestExtendedId=',
        httpMethod: 'POST',
        identity: {
          accessKey: null,
          accountId: null,
          caller: null,
          cognitoAuthenticationProvider: null,
          cognitoAuthenticationType: null,
          cognitoIdentityId: null,
          cognitoIdentityPoolId: null,
          principalOrgId: null,
          sourceIp: '198.51.100.4',
          user: null,
          userAgent: 'probe/2',
          userArn: null,
        },
        path: '/live/shop/caf%C3%A9%20bar/a%2Fb',
        protocol: 'HTTP/1.1',
        requestId: 'id-1',
        requestTime: '16/Oct/2026:08:00:03 +0000',
        requestTimeEpoch: 1_792_137_603_000,
        resourceId: 'gcr001',
        resourcePath: '/{proxy+}',
        stage: 'live',
      },
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
    });
  });

  test('nothing to say is null', () => {
    const event = lambdaEvent('rest-api');
    expect(event).toMatchObject({
      resource: '/',
      path: '/',
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    });
    expect(event.requestContext.identity.userAgent).toBeNull();
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test('is what @types/aws-lambda says, but for members AWS leaves out', () => {
    const event = lambdaEvent('rest-api', probe);
    type Context = Omit<APIGatewayEventRequestContext, 'authorizer' | 'identity'>;
    type Expected = Omit<APIGatewayProxyEvent, 'requestContext'> & { requestContext: Context };
    const typed = event satisfies Expected;
    expect(typed.requestContext.resourcePath).toBe('/{proxy+}');
  });

  test.each([
    ['default endpoint', {}, '/x', '/live/x', undefined],
    ['custom domain', { customDomain: 'shop.test' }, '/x', '/x', undefined],
    ['base path', { basePath: 'shop' }, '/shop/x', '/shop/x', undefined],
    [
      'no stage in the mapping',
      { customDomain: 'shop.test', stageMapped: false },
      '/live/x',
      '/live/x',
      undefined,
    ],
    [
      'base path, no stage in the mapping',
      { basePath: '/shop', stageMapped: false },
      '/shop/live/x',
      '/shop/live/x',
      undefined,
    ],
    ['base path stripped', { basePath: 'shop', stripBasePath: true }, '/x', '/shop/x', '/shop/x'],
  ] as const)('path behind: %s', (_, options, path, contextPath, rawPath) => {
    const event = lambdaEvent('rest-api', { target: '/x', ...options });
    expect([event.path, event.requestContext.path, event.rawPath]).toEqual([
      path,
      contextPath,
      rawPath,
    ]);
    expect(event.pathParameters).toEqual({ proxy: 'x' });
  });

  test('a custom domain is the host, and the API keeps its id', () => {
    const event = lambdaEvent('rest-api', { customDomain: 'shop.test' });
    expect(event.headers['Host']).toBe('shop.test');
    expect(event.requestContext).toMatchObject({
      domainName: 'shop.test',
      domainPrefix: 'shop',
      apiId: 'gcrest0001',
    });
  });

  test('slashes behind the stage collapse in path only; a trailing one leaves the proxy', () => {
    const event = lambdaEvent('rest-api', { target: '//a//b/' });
    expect(event.path).toBe('/a//b/');
    expect(event.requestContext.path).toBe('/live//a//b/');
    expect(event.pathParameters).toEqual({ proxy: 'a//b' });
  });

  test('a route captures its parameters, undecoded', () => {
    const event = lambdaEvent('rest-api', {
      target: '/users/a%20b/x/y',
      route: '/users/{id}/{rest+}',
    });
    expect(event.pathParameters).toEqual({ id: 'a%20b', rest: 'x/y' });
    expect(event.resource).toBe('/users/{id}/{rest+}');
  });

  test('malformed escapes arrive, `;` separates, a bare key is empty', () => {
    const event = lambdaEvent('rest-api', { target: '/pa2%Fth?a=%zz;b&c=1=2&&b=x' });
    expect(event.path).toBe('/pa2%Fth');
    expect(event.multiValueQueryStringParameters).toEqual({
      a: ['%zz'],
      b: ['', 'x'],
      c: ['1=2'],
    });
  });

  test('headers: what is kept, dropped, capitalised and joined', () => {
    const { headers, multiValueHeaders } = lambdaEvent('rest-api', {
      headers: [
        ['tEsT-HEADeR', 'a'],
        ['test-header', 'b'],
        ['authorization', 'Basic QQ=='],
        ['host', 'h.test:8443'],
        ['Expect', '100-continue'],
        ['TE', 'trailers'],
        ['Connection', 'close, X-Hop'],
        ['X-Hop', '1'],
        ['Content-Length', '0'],
        ['x-forwarded-for', '192.0.2.1'],
        ['X-Forwarded-Proto', 'gopher'],
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    });
    expect(headers).toEqual({
      'tEsT-HEADeR': 'b',
      Authorization: 'Basic QQ==',
      Host: 'h.test:8443',
      'X-Forwarded-For': '192.0.2.1, 203.0.113.7',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      cookie: 'a=1; b=2',
    });
    expect(multiValueHeaders['tEsT-HEADeR']).toEqual(['a', 'b']);
  });

  test('a SigV4 signature is not passed on', () => {
    const headers = [['Authorization', 'AWS4-HMAC-SHA256 Credential=…']] as const;
    expect(lambdaEvent('rest-api', { headers }).headers).not.toHaveProperty('Authorization');
    expect(lambdaEvent('function-url', { headers }).headers).toHaveProperty('authorization');
  });

  test('X-HTTP-Method-Override is the method', () => {
    const event = lambdaEvent('rest-api', {
      method: 'POST',
      headers: [['X-HTTP-Method-Override', 'PUT']],
    });
    expect([event.httpMethod, event.requestContext.httpMethod]).toEqual(['PUT', 'PUT']);
  });

  test('bytes that are not declared binary are forced through UTF-8', () => {
    const event = lambdaEvent('rest-api', { ...probe, binaryMediaTypes: ['application/pdf'] });
    expect(event).toMatchObject({ body: '\ufffdPNG\r\n\u001a\n', isBase64Encoded: false });
    const declared = lambdaEvent('rest-api', { ...probe, binaryMediaTypes: ['image/*'] });
    expect(declared).toMatchObject({ body: PNG_HEAD_BASE64, isBase64Encoded: true });
  });

  test('JSON is base64 too when everything is binary', () => {
    const event = lambdaEvent('rest-api', {
      method: 'POST',
      headers: [['Content-Type', 'application/json']],
      body: '{}',
    });
    expect(event).toMatchObject({ body: 'e30=', isBase64Encoded: true });
  });

  test('authorizer and stage variables', () => {
    const authorizer = { principalId: 'user-17', tier: 'gold' };
    const event = lambdaEvent('rest-api', { authorizer, stageVariables: { table: 't1' } });
    expect(event.requestContext.authorizer).toEqual(authorizer);
    expect(event.stageVariables).toEqual({ table: 't1' });
  });
});

describe('HTTP API events, payload 1.0', () => {
  test('a GET of a named stage: path decoded, with the stage', () => {
    const event = lambdaEvent('http-api-1', {
      target: '/shop/caf%C3%A9%20bar/a%2Fb?tag=red&tag=blue%20green&plus=a%2Bb',
      headers: [
        ['user-agent', 'probe/2'],
        ['x-amzn-trace-id', TRACE],
        ['accept', '*/*'],
        ['cookie', 'sid=abc123; theme=d%20k'],
        ['x-tag', 'one'],
        ['x-tag', 'two'],
      ],
      stage: 'dev',
      requestId: 'id=',
      time: Date.UTC(2026, 9, 16, 8, 0, 2),
    });
    const host = 'gchttp0001.execute-api.eu-central-1.amazonaws.com';
    const single = {
      'Content-Length': '0',
      Host: host,
      'User-Agent': 'probe/2',
      'X-Amzn-Trace-Id': TRACE,
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
      accept: '*/*',
      cookie: 'sid=abc123; theme=d%20k',
    };
    expect(event).toEqual({
      version: '1.0',
      resource: '$default',
      path: '/dev/shop/café bar/a/b',
      httpMethod: 'GET',
      headers: { ...single, 'x-tag': 'two' },
      multiValueHeaders: {
        ...Object.fromEntries(Object.entries(single).map(([name, value]) => [name, [value]])),
        'x-tag': ['one', 'two'],
      },
      queryStringParameters: { tag: 'blue green', plus: 'a+b' },
      multiValueQueryStringParameters: { tag: ['red', 'blue green'], plus: ['a+b'] },
      requestContext: {
        accountId: '111122223333',
        apiId: 'gchttp0001',
        domainName: host,
        domainPrefix: 'gchttp0001',
        extendedRequestId: 'id=',
        httpMethod: 'GET',
        identity: {
          accessKey: null,
          accountId: null,
          caller: null,
          sourceIp: '203.0.113.7',
          user: null,
          userAgent: 'probe/2',
          userArn: null,
        },
        path: '/dev/shop/café bar/a/b',
        protocol: 'HTTP/1.1',
        requestId: 'id=',
        requestTime: '16/Oct/2026:08:00:02 +0000',
        requestTimeEpoch: 1_792_137_602_000,
        resourceId: null,
        resourcePath: '$default',
        stage: 'dev',
      },
      pathParameters: null,
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    });
  });

  test('the mapping key of a custom domain is in the path, the stage is not', () => {
    const event = lambdaEvent('http-api-1', { target: '/x', stage: 'dev', basePath: 'shop' });
    expect([event.path, event.requestContext.path]).toEqual(['/shop/x', '/shop/x']);
  });

  test('a route captures its parameters', () => {
    const event = lambdaEvent('http-api-1', { target: '/items/a%20b', route: 'GET /items/{id}' });
    expect(event.resource).toBe('/items/{id}');
    expect(event.pathParameters).toEqual({ id: 'a b' });
  });
});

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

describe('ALB events', () => {
  const elb = { targetGroupArn: expect.stringContaining(':targetgroup/') };
  const lists = {
    accept: ['image/png'],
    'content-length': ['8'],
    'content-type': ['image/png'],
    cookie: ['sid=abc123; theme=d%20k'],
    host: ['www.example.com'],
    'user-agent': ['probe/2'],
    'x-amzn-trace-id': [TRACE],
    'x-forwarded-for': ['192.0.2.9, 198.51.100.4'],
    'x-forwarded-port': ['443'],
    'x-forwarded-proto': ['https'],
    'x-tag': ['one', 'two'],
  };
  const proxied: LambdaRequest = {
    ...probe,
    headers: [...(probe.headers ?? []), ['X-Forwarded-For', '192.0.2.9']],
  };
  const common = {
    requestContext: { elb },
    httpMethod: 'POST',
    path: '/shop/caf%C3%A9%20bar/a%2Fb',
    body: PNG_HEAD_BASE64,
    isBase64Encoded: true,
  };

  test('the probe, multi-value on: nothing decoded', () => {
    const event = lambdaEvent('alb-multi', proxied) satisfies ALBEvent;
    expect(event).toEqual({
      ...common,
      multiValueQueryStringParameters: rawLists,
      multiValueHeaders: lists,
    });
  });

  test('the probe, multi-value off: last values', () => {
    const event = lambdaEvent('alb', proxied) satisfies ALBEvent;
    const lastOf = (all: Record<string, string[]>): object =>
      Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.at(-1)]));
    expect(event).toEqual({
      ...common,
      queryStringParameters: lastOf(rawLists),
      headers: lastOf(lists),
    });
  });

  test('nothing to say is empty; a key without = gets one', () => {
    expect(lambdaEvent('alb')).toMatchObject({ queryStringParameters: {}, body: '' });
    expect(lambdaEvent('alb', { target: '/?flag' }).queryStringParameters).toEqual({ flag: '' });
  });

  test.each([
    ['client port', { clientPort: 50_412 }, '192.0.2.9, 203.0.113.7:50412'],
    [
      'client port of IPv6',
      { clientPort: 50_412, sourceIp: '2001:db8::1' },
      '192.0.2.9, [2001:db8::1]:50412',
    ],
    ['preserve', { forwardedFor: 'preserve' }, '192.0.2.9'],
    ['remove', { forwardedFor: 'remove' }, undefined],
  ] as const)('X-Forwarded-For with %s', (_, options, expected) => {
    const headers = [['X-Forwarded-For', '192.0.2.9']] as const;
    const event = lambdaEvent('alb', { headers, ...options });
    expect(event.headers['x-forwarded-for']).toBe(expected);
  });

  test('plain HTTP is said', () => {
    expect(lambdaEvent('alb', { scheme: 'http' }).headers).toMatchObject({
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
    });
  });

  test('a health check has one header', () => {
    const checker = 'ELB-HealthChecker/2.0';
    expect(lambdaEvent('alb', { healthCheck: true }).headers).toEqual({ 'user-agent': checker });
    expect(lambdaEvent('alb-multi', { healthCheck: true }).multiValueHeaders).toEqual({
      'user-agent': [checker],
    });
  });

  test.each([
    ['application/json', undefined, false],
    ['application/javascript', undefined, false],
    ['application/xml; charset=utf-8', undefined, false],
    ['text/csv', undefined, false],
    ['application/problem+json', undefined, true],
    ['application/x-www-form-urlencoded', undefined, true],
    ['text/plain', 'identity', true],
  ])('body of type %s, coding %s', (type, coding, isBase64Encoded) => {
    const headers: [string, string][] = [['Content-Type', type]];
    if (coding) headers.push(['Content-Encoding', coding]);
    const event = lambdaEvent('alb', { method: 'POST', headers, body: 'x' });
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'eA==' : 'x' });
  });
});

describe('VPC Lattice events', () => {
  const single = {
    accept: 'image/png',
    'content-length': '8',
    'content-type': 'image/png',
    cookie: 'sid=abc123; theme=d%20k',
    host: 'gatecall-00aa11bb22cc33dd4.1234567.vpc-lattice-svcs.eu-central-1.on.aws',
    'user-agent': 'probe/2',
    'x-amzn-trace-id': TRACE,
    'x-forwarded-for': '192.0.2.9,198.51.100.4',
    'x-forwarded-port': '443',
  };
  const proxied: LambdaRequest = {
    ...probe,
    headers: [...(probe.headers ?? []), ['X-Forwarded-For', '192.0.2.9']],
  };

  test('the probe, version 2', () => {
    const authorizer = { type: 'AWS_IAM', principal: 'arn:aws:sts::111122223333:assumed-role/r/s' };
    const arn = 'arn:aws:vpc-lattice:eu-central-1:111122223333';
    expect(lambdaEvent('lattice-2', { ...proxied, authorizer })).toEqual({
      version: '2.0',
      path: '/shop/caf%C3%A9%20bar/a%2Fb',
      method: 'POST',
      headers: {
        ...Object.fromEntries(Object.entries(single).map(([name, value]) => [name, [value]])),
        'x-tag': ['one', 'two'],
      },
      queryStringParameters: rawLists,
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
      requestContext: {
        serviceNetworkArn: `${arn}:servicenetwork/sn-00aa11bb22cc33dd4`,
        serviceArn: `${arn}:service/svc-00aa11bb22cc33dd4`,
        targetGroupArn: `${arn}:targetgroup/tg-00aa11bb22cc33dd4`,
        identity: {
          sourceVpcArn: 'arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-00aa11bb22cc33dd4',
          ...authorizer,
        },
        region: 'eu-central-1',
        timeEpoch: '1792137603000000',
      },
    });
  });

  test('the probe, version 1', () => {
    expect(lambdaEvent('lattice-1', proxied)).toEqual({
      raw_path: '/shop/caf%C3%A9%20bar/a%2Fb',
      method: 'POST',
      headers: { ...single, 'x-tag': 'one,two' },
      query_string_parameters: {
        tag: 'blue%20green',
        q: 'a+b',
        plus: 'a%2Bb',
        empty: '',
        city: 'Orl%C3%A9ans',
      },
      body: PNG_HEAD_BASE64,
      is_base64_encoded: true,
    });
  });

  test('the flag is left out of text, body and flag where there is none', () => {
    const headers = [['Content-Type', 'text/plain']] as const;
    const event = lambdaEvent('lattice-1', { headers, body: 'hello' });
    expect(event.body).toBe('hello');
    expect(event).not.toHaveProperty('is_base64_encoded');
    expect(lambdaEvent('lattice-2')).not.toHaveProperty('body');
    expect(lambdaEvent('lattice-2').headers['x-forwarded-for']).toEqual(['10.0.3.17']);
  });
});

describe('VPC Lattice V2 with the query in its path', () => {
  test('keeps both, and a %3F of the path', () => {
    const target = '/a%3Fb?QS1=v&QS1=w';
    expect(lambdaEvent('lattice-2', { target, queryInPath: true })).toMatchObject({
      path: target,
      queryStringParameters: { QS1: ['v', 'w'] },
    });
    expect(lambdaEvent('lattice-2', { target })).toMatchObject({ path: '/a%3Fb' });
  });
});

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

describe('every source', () => {
  test.each(lambdaSources)(
    '%s: events/ has its example, made from the example request',
    (source) => {
      const file = readFileSync(new URL(`../events/${source}.json`, import.meta.url), 'utf8');
      expect(file.endsWith('}\n')).toBe(true);
      expect(JSON.parse(file)).toEqual(lambdaEvent(source, exampleRequest));
    },
  );

  test.each(lambdaSources)('%s: header bytes are text in the event', (source) => {
    const event = lambdaEvent(source, {
      headers: [
        ['X-Utf8', '\u00c3\u00a9'],
        ['X-Latin1', 'caf\u00e9'],
        ['X-Padded', ' \ta '],
      ],
    });
    const json = JSON.stringify(event);
    expect(json).toContain('"é"');
    expect(json).toContain('"café"');
    expect(json).toContain('"a"');
  });

  test.each(lambdaSources)('%s: header names of Object.prototype are ordinary', (source) => {
    const headers = [
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ] as const;
    const json = JSON.stringify(lambdaEvent(source, { headers }));
    expect(json).toContain('"__proto__":');
    expect(json).toContain('"constructor":');
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });

  test.each(lambdaSources)('%s: the authority of an absolute target is the host', (source) => {
    const request: LambdaRequest = {
      target: 'http://other.test:81?x=1',
      headers: [['Host', 'h.test']],
    };
    const json = JSON.stringify(lambdaEvent(source, request));
    expect(json).toContain('other.test:81');
    expect(json).not.toContain('h.test"');
  });

  test.each(lambdaSources)('%s: an event shares nothing', (source) => {
    const first = lambdaEvent(source, probe);
    expect(lambdaEvent(source, probe)).toEqual(first);
    expect(lambdaEvent(source, probe)).not.toBe(first);
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
  });

  test.each(lambdaSources)('%s: the length is that of the body, chunked or wrong', (source) => {
    const json = JSON.stringify(
      lambdaEvent(source, {
        method: 'POST',
        headers: [
          ['Transfer-Encoding', 'chunked'],
          ['Content-Length', '999'],
        ],
        body: 'four',
      }),
    ).toLowerCase();
    expect(json).not.toContain('chunked');
    expect(json).not.toContain('999"');
    // A REST API drops it; every other source has the true one.
    const lengths = json.match(
      /"content-length":(?:"4"|\["4"\]|\[\{"key":"content-length","value":"4"\}\])/g,
    );
    expect(lengths !== null).toBe(source !== 'rest-api');
  });

  test('an unknown one is named', () => {
    const source = 'toString' as LambdaSource;
    expect(() => lambdaEvent(source)).toThrow(/unknown source "toString": use one of rest-api/);
    expect(() => lambdaResponse(source, {})).toThrow(TypeError);
  });
});

/** The three things a test looks at first. */
const seen = ({ status, reason, body }: TestResponse): unknown[] => [
  status,
  reason,
  textOf({ body }),
];

describe('replies to a REST API', () => {
  const error = '{"message": "Internal server error"}';

  test('status, both maps and text', () => {
    const response = lambdaResponse('rest-api', {
      statusCode: '201',
      headers: { 'X-One': 'single', 'X-Flag': true, 'X-Number': 5, 'X-Both': 'a' },
      multiValueHeaders: { 'X-One': ['first', 'second'], 'X-Both': ['a', 'b'] },
      body: 'é',
      isBase64Encoded: false,
    });
    expect(response).toEqual({
      status: 201,
      headers: [
        ['x-one', 'first'],
        ['x-one', 'second'],
        ['x-both', 'a'],
        ['x-both', 'b'],
        ['x-one', 'single'],
        ['x-flag', 'true'],
        ['x-number', '5'],
        ['content-type', 'application/json'],
        ['content-length', '2'],
      ],
      body: Uint8Array.of(0xc3, 0xa9),
    });
  });

  test('nothing is mandatory', () => {
    expect(seen(lambdaResponse('rest-api', { headers: null }))).toEqual([200, undefined, '']);
    expect(seen(lambdaResponse('rest-api', {}))).toEqual([200, undefined, '']);
  });

  test.each([
    ['cookies', { statusCode: 200, cookies: [] }, 'malformed: unknown key cookies'],
    [
      'statusDescription',
      { statusDescription: '200 OK' },
      'malformed: unknown key statusDescription',
    ],
    ['a string', 'hello', 'malformed: the reply is a string, not an object'],
    ['an array', [], 'malformed: the reply is an array, not an object'],
    ['a number', 3, 'malformed: the reply is a number, not an object'],
    ['undefined', undefined, 'malformed: the reply is null, not an object'],
    [
      'a status in words',
      { statusCode: 'test' },
      'malformed: statusCode is "test", not an integer from 200 to 599',
    ],
    [
      'a fraction',
      { statusCode: 200.5 },
      'malformed: statusCode is 200.5, not an integer from 200 to 599',
    ],
    [
      'a status below',
      { statusCode: 101 },
      'malformed: statusCode is 101, not an integer from 200 to 599',
    ],
    ['a body object', { body: {} }, 'malformed: body is an object, not a string'],
    [
      'one multi value',
      { multiValueHeaders: { a: 'b' } },
      'malformed: multi-value header a is a string, not an array',
    ],
    ['a header array', { headers: { a: ['b'] } }, 'malformed: header a is an array, not a string'],
    ['headers in a list', { headers: [] }, 'malformed: headers is an array, not an object'],
    [
      'a flag in words',
      { isBase64Encoded: 'yes' },
      'malformed: isBase64Encoded is a string, not a boolean',
    ],
    [
      'a line break',
      { headers: { a: 'b\r\nc: d' } },
      'malformed: header a holds a control character',
    ],
    ['a bad name', { headers: { 'a b': 'c' } }, 'malformed: "a b" is no header name'],
  ])('502 for %s', (_, reply, reason) => {
    const response = lambdaResponse('rest-api', reply);
    expect(seen(response)).toEqual([502, reason, error]);
    expect(header(response, 'Content-Type')).toBe('application/json');
  });

  test('502 for what is no JSON, or too much of it', () => {
    expect(lambdaResponse('rest-api', { statusCode: 200n })).toMatchObject({
      status: 502,
      reason: expect.stringContaining('function error: the reply cannot be written as JSON'),
    });
    const response = lambdaResponse('rest-api', { body: 'x'.repeat(6_291_556) });
    expect(response).toMatchObject({
      status: 502,
      reason: 'too large: 6291567 bytes of JSON, at most 6291556',
    });
  });

  test('headers API Gateway keeps for itself are renamed or dropped', () => {
    const response = lambdaResponse('rest-api', {
      headers: {
        'Content-Length': '5',
        Connection: 'close',
        Date: 'now',
        Server: 's',
        'WWW-Authenticate': 'Basic',
        'Content-MD5': 'm',
        'Transfer-Encoding': 'chunked',
        Trailer: 't',
        Upgrade: 'u',
      },
      body: 'hello',
    });
    expect(response.headers).toEqual([
      ['x-amzn-remapped-content-length', '5'],
      ['x-amzn-remapped-connection', 'close'],
      ['x-amzn-remapped-date', 'now'],
      ['x-amzn-remapped-server', 's'],
      ['x-amzn-remapped-www-authenticate', 'Basic'],
      ['x-amzn-remapped-content-md5', 'm'],
      ['content-type', 'application/json'],
      ['content-length', '5'],
    ]);
  });

  test('base64 is decoded if the first accepted type is binary, else delivered as it is', () => {
    const reply = { body: PNG_HEAD_BASE64, isBase64Encoded: true };
    const answer = (accept: string, ...binaryMediaTypes: string[]): Uint8Array =>
      lambdaResponse('rest-api', reply, { headers: [['Accept', accept]], binaryMediaTypes }).body;
    const undecoded = new TextEncoder().encode(PNG_HEAD_BASE64);
    expect(lambdaResponse('rest-api', reply).body).toEqual(PNG_HEAD);
    expect(answer('image/png', 'image/png')).toEqual(PNG_HEAD);
    expect(answer('image/png;q=0.8, */*', 'image/png')).toEqual(PNG_HEAD);
    expect(answer('image/avif,image/png', 'image/png')).toEqual(undecoded);
    expect(answer('image/avif,image/png', '*/*')).toEqual(PNG_HEAD);
    expect(answer('image/png')).toEqual(undecoded);
  });

  test('500 for what is not base64', () => {
    const response = lambdaResponse('rest-api', { body: '*', isBase64Encoded: true });
    expect(seen(response)).toEqual([500, 'malformed: body is not valid base64', error]);
  });
});

describe('replies to an HTTP API, payload 1.0', () => {
  test('unknown keys are tolerated, both maps and base64 work', () => {
    const response = lambdaResponse('http-api-1', {
      statusCode: 200,
      cookies: ['lost=1'],
      headers: { 'content-type': 'image/png', connection: 'close' },
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
    });
    expect(response).toEqual({
      status: 200,
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['content-type', 'image/png'],
        ['content-length', '8'],
      ],
      body: PNG_HEAD,
    });
  });

  test.each([
    ['no status', {}, 'malformed: statusCode is missing, not an integer from 200 to 599'],
    ['a string', 'x', 'malformed: the reply is a string, not an object'],
    [
      'one multi value',
      { statusCode: 200, multiValueHeaders: { a: 'b' } },
      'malformed: multi-value header a is a string, not an array',
    ],
    ['a body object', { statusCode: 200, body: {} }, 'malformed: body is an object, not a string'],
    [
      'no base64',
      { statusCode: 200, body: 'a', isBase64Encoded: true },
      'malformed: body is not valid base64',
    ],
  ])('500 for %s', (_, reply, reason) => {
    const error = '{"message":"Internal Server Error"}';
    expect(seen(lambdaResponse('http-api-1', reply))).toEqual([500, reason, error]);
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

describe('replies to an ALB', () => {
  const single = { statusCode: 200, statusDescription: '200 OK', headers: {}, body: '' };

  test('single mode: strings, reason, recomputed length', () => {
    const response = lambdaResponse('alb', {
      ...single,
      statusCode: 404,
      statusDescription: '404 Not Found',
      headers: { 'Content-Length': '99', 'Set-Cookie': 'a=1', 'set-cookie': 'b=2', TE: 'x' },
      multiValueHeaders: { 'x-lost': ['1'] },
      body: PNG_HEAD_BASE64,
      isBase64Encoded: true,
    });
    expect(response).toEqual({
      status: 404,
      reason: 'Not Found',
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['content-type', 'application/octet-stream'],
        ['content-length', '8'],
      ],
      body: PNG_HEAD,
    });
  });

  test('multi mode: the order is kept, reversed only when asked', () => {
    const reply = { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'a=2'] } };
    const cookies = (request: LambdaRequest): string[] =>
      headerLines(lambdaResponse('alb-multi', reply, request), 'set-cookie');
    expect(cookies({})).toEqual(['a=1', 'a=2']);
    expect(cookies({ reverse: true })).toEqual(['a=2', 'a=1']);
  });

  test('multi mode: headers alone are lost, the body arrives', () => {
    const response = lambdaResponse('alb-multi', {
      statusCode: 200,
      headers: { 'x-lost': '1' },
      body: 'here',
    });
    expect(header(response, 'x-lost')).toBeUndefined();
    expect(textOf(response)).toBe('here');
  });

  const missing = 'malformed: headers is missing (with multi-value headers off it must be there)';
  test.each<[string, LambdaSource, unknown, string]>([
    ['no headers', 'alb', { statusCode: 200 }, missing],
    ['headers null', 'alb', { ...single, headers: null }, missing],
    ['the other map', 'alb', { statusCode: 200, multiValueHeaders: { a: ['b'] } }, missing],
    [
      'a number header',
      'alb',
      { ...single, headers: { 'content-length': 5 } },
      'malformed: header content-length is a number, not a string',
    ],
    [
      'a boolean header',
      'alb',
      { ...single, headers: { a: true } },
      'malformed: header a is a boolean, not a string',
    ],
    [
      'a number in a list',
      'alb-multi',
      { statusCode: 200, multiValueHeaders: { a: [1] } },
      'malformed: header a is a number, not a string',
    ],
    [
      'no list',
      'alb-multi',
      { statusCode: 200, multiValueHeaders: { a: 'b' } },
      'malformed: multi-value header a is a string, not an array',
    ],
    [
      'a status string',
      'alb',
      { ...single, statusCode: '200' },
      'malformed: statusCode is "200", not an integer from 200 to 599',
    ],
    [
      'no status',
      'alb',
      { headers: {} },
      'malformed: statusCode is missing, not an integer from 200 to 599',
    ],
    ['a body object', 'alb', { ...single, body: {} }, 'malformed: body is an object, not a string'],
    ['body null', 'alb', { ...single, body: null }, 'malformed: body is null, not a string'],
    [
      'no base64',
      'alb',
      { ...single, body: 'a', isBase64Encoded: true },
      'malformed: body is not valid base64',
    ],
    [
      'a description number',
      'alb',
      { ...single, statusDescription: 200 },
      'malformed: statusDescription is a number, not a string',
    ],
    [
      'a description of two lines',
      'alb',
      { ...single, statusDescription: '200 OK\r\na: b' },
      'malformed: statusDescription holds a control character',
    ],
    ['a string', 'alb', 'x', 'malformed: the reply is a string, not an object'],
    ['nothing', 'alb-multi', undefined, 'malformed: the reply is null, not an object'],
    [
      'over 1 MB of JSON',
      'alb',
      { headers: {}, statusCode: 200, body: 'x'.repeat(1_048_576) },
      'LambdaResponseTooLarge: 1048617 bytes of JSON, at most 1048576',
    ],
    [
      'over 32 KB of headers',
      'alb',
      { headers: { a: 'x'.repeat(32_768) }, statusCode: 200 },
      'LambdaInvalidResponse: 32769 bytes of headers, at most 32768',
    ],
  ])('502 for %s', (_, source, reply, reason) => {
    const response = lambdaResponse(source, reply);
    expect([response.status, response.reason]).toEqual([502, reason]);
    expect(header(response, 'content-type')).toBe('text/html');
    expect(textOf(response)).toContain('502 Bad Gateway');
  });
});

describe('replies to VPC Lattice', () => {
  test('a string map', () => {
    const response = lambdaResponse('lattice-2', {
      isBase64Encoded: true,
      statusCode: 202,
      statusDescription: '202 Accepted',
      headers: { 'Content-Type': 'image/png' },
      body: PNG_HEAD_BASE64,
    });
    expect(response).toEqual({
      status: 202,
      reason: 'Accepted',
      headers: [
        ['content-type', 'image/png'],
        ['content-length', '8'],
      ],
      body: PNG_HEAD,
    });
  });

  test.each([
    [
      'a header array',
      { statusCode: 200, headers: { a: ['b'] } },
      'malformed: header a is an array, not a string',
    ],
    ['no status', {}, 'malformed: statusCode is missing, not an integer from 200 to 599'],
    ['a string', 'x', 'malformed: the reply is a string, not an object'],
  ])('502 for %s', (_, reply, reason) => {
    expect(seen(lambdaResponse('lattice-1', reply))).toEqual([502, reason, 'Bad Gateway']);
    expect(seen(lambdaResponse('lattice-2', reply))).toEqual([502, reason, 'Bad Gateway']);
  });
});

describe('cookies of a reply to VPC Lattice', () => {
  test('V2: a list under set-cookie is a line each, other names take none', () => {
    const reply = { statusCode: 200, headers: { 'Set-Cookie': ['a=1', 'b=2'] } };
    expect(headerLines(lambdaResponse('lattice-2', reply), 'set-cookie')).toEqual(['a=1', 'b=2']);
    const other = lambdaResponse('lattice-2', { statusCode: 200, headers: { 'x-a': ['1', '2'] } });
    expect(other.reason).toBe('malformed: header x-a is an array, not a string');
  });

  test('V1: only the spelling of the name tells two apart', () => {
    const headers = { 'set-cookie': 'a=1', 'Set-Cookie': 'b=2' };
    const response = lambdaResponse('lattice-1', { statusCode: 200, headers });
    expect(headerLines(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
    const list = lambdaResponse('lattice-1', {
      statusCode: 200,
      headers: { 'set-cookie': ['a=1'] },
    });
    expect(list.status).toBe(502);
  });
});

test('blanks of a header and slashes of a path are trimmed in linear time', () => {
  expectLinear((size) => {
    const blanks = `a${' '.repeat(size)}b`;
    lambdaEvent('alb', { headers: [['x-a', blanks]] });
  }, 4000);
  expectLinear((size) => {
    const target = `/a${'/'.repeat(size)}b`;
    lambdaEvent('rest-api', { target, route: '/{proxy+}' });
  }, 4000);
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

describe('every answer', () => {
  const okay = (source: LambdaSource, status: number): unknown => {
    if (source.startsWith('edge')) return { status: String(status) };
    return {
      statusCode: status,
      [source === 'alb-multi' ? 'multiValueHeaders' : 'headers']: {},
      ...(status === 200 && { body: 'hello' }),
    };
  };

  test.each(lambdaSources)('%s: 204 and 304 have neither body, type nor length', (source) => {
    for (const status of [204, 304]) {
      expect(lambdaResponse(source, okay(source, status))).toEqual({
        status,
        headers: [],
        body: new Uint8Array(),
      });
    }
  });

  test('to HEAD has the length of the body and no body', () => {
    const response = lambdaResponse('http-api-2', okay('http-api-2', 200), { method: 'HEAD' });
    expect(header(response, 'content-length')).toBe('5');
    expect(response.body).toHaveLength(0);
  });

  test.each(lambdaSources)('%s: a body with 204 is not delivered', (source) => {
    const reply = source.startsWith('edge')
      ? { status: '304', body: 'x' }
      : { ...(okay(source, 204) as object), body: 'x' };
    expect(lambdaResponse(source, reply).body).toHaveLength(0);
  });

  test('carries header text as UTF-8, and every name', () => {
    const reply = JSON.parse(
      '{"statusCode":200,"headers":{"__proto__":"é","constructor":"c","content-type":"a"}}',
    ) as unknown;
    expect(lambdaResponse('function-url', reply).headers.slice(0, 2)).toEqual([
      ['__proto__', '\u00c3\u00a9'],
      ['constructor', 'c'],
    ]);
  });

  test.each<[LambdaSource, number, string]>([
    ['rest-api', 502, '{"message": "Internal server error"}'],
    ['http-api-1', 500, '{"message":"Internal Server Error"}'],
    ['http-api-2', 500, '{"message":"Internal Server Error"}'],
    ['function-url', 502, 'Internal Server Error'],
    ['lattice-1', 502, 'Bad Gateway'],
  ])('%s: of a function that throws is %i', (source, status, text) => {
    const response = lambdaFailure(source, new Error('boom'));
    expect(seen(response)).toEqual([status, 'function error: Error: boom', text]);
    expect(lambdaFailure(source, undefined, { method: 'HEAD' }).body).toHaveLength(0);
  });
});

describe('events that are not HTTP', () => {
  test('are plain JSON, each under its own name', () => {
    expect(new Set(notHttpEvents.map(({ name }) => name)).size).toBe(notHttpEvents.length);
    for (const { event } of notHttpEvents) {
      expect(JSON.parse(JSON.stringify(event))).toEqual(event);
    }
  });

  test('include the ones most like a request', () => {
    const eventOf = (name: string): unknown =>
      notHttpEvents.find((candidate) => candidate.name === name)?.event;
    expect(eventOf('authorizer of a REST API (REQUEST)')).toMatchObject({
      type: 'REQUEST',
      methodArn: expect.any(String),
      httpMethod: 'GET',
      requestContext: { resourcePath: '/{proxy+}' },
    });
    expect(eventOf('authorizer of an HTTP API (2.0)')).toMatchObject({
      version: '2.0',
      routeArn: expect.any(String),
      requestContext: { http: { method: 'GET' } },
    });
    expect(eventOf('Lambda@Edge origin response')).toMatchObject({
      Records: [{ cf: { request: {}, response: { status: '200' } } }],
    });
    expect(eventOf('SES')).not.toHaveProperty('Records[0].cf');
    expect(eventOf('Alexa')).toMatchObject({ version: '1.0' });
  });
});

describe('http', () => {
  test('a request has defaults, and text becomes bytes', () => {
    expect(testRequest()).toEqual({ method: 'GET', target: '/', headers: [] });
    expect(testRequest({ body: 'é' }).body).toEqual(Uint8Array.of(0xc3, 0xa9));
  });

  test('headers are found in any case', () => {
    const message = { headers: [['x-tag', 'a'] as const, ['X-Tag', 'b'] as const] };
    expect(header(message, 'X-TAG')).toBe('a, b');
    expect(header(message, 'x-none')).toBeUndefined();
    expect(headerLines(message, 'X-Tag')).toEqual(['a', 'b']);
  });
});

describe('base64', () => {
  test('is Node’s, both ways', () => {
    assert(
      property(uint8Array(), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(bytes);
        expect(decodeBase64(encoded.replace(/=+$/, ''))).toEqual(bytes);
      }),
    );
  });

  test('refuses other text', () => {
    for (const text of ['a', 'ab=', 'a===', '====', 'ab\n=', 'a-_b', 'é==', '\u0141AAA']) {
      expect(decodeBase64(text)).toBeUndefined();
    }
  });

  test('carries 6 MB there and back', () => {
    const body = new Uint8Array(4_000_000).map((_, index) => index % 251);
    const { body: text } = lambdaEvent('function-url', { method: 'POST', body });
    const response = lambdaResponse('function-url', {
      statusCode: 200,
      body: text,
      isBase64Encoded: true,
    });
    expect(Buffer.compare(response.body, body)).toBe(0);
  });
});
