import type { ALBEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import {
  lambdaEvent,
  lambdaResponse,
  type LambdaRequest,
  type LambdaSource,
} from '../../src/aws-model.ts';
import { header, headerLines, textOf } from '../../src/aws-model/message.ts';
import { PNG_HEAD, PNG_HEAD_BASE64, TRACE, probe, rawLists } from './support.ts';

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
