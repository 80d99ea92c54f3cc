import type { APIGatewayEventRequestContext, APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { lambdaEvent, lambdaResponse } from '../../src/aws-model.ts';
import { header } from '../../src/aws-model/message.ts';
import { PNG_HEAD, PNG_HEAD_BASE64, TRACE, probe, decodedMap, seen } from './support.ts';

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
