import { describe, expect, test } from 'vitest';
import { lambdaEvent, lambdaResponse, type LambdaRequest } from '../../src/aws-model.ts';
import { headerLines } from '../../src/aws-model/message.ts';
import { PNG_HEAD, PNG_HEAD_BASE64, TRACE, probe, rawLists, seen } from './support.ts';

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
