/** What the local gateway needs beyond events and whole replies. */
import { describe, expect, it } from 'vitest';
import {
  authorizerEvent,
  lambdaAnswer,
  lambdaEvent,
  type LambdaRequest,
  lambdaStreamHead,
} from '../../src/aws-model.ts';

const REQUEST: LambdaRequest = {
  method: 'POST',
  target: '/users/7?q=1',
  headers: [['Authorization', 'Bearer abc']],
  body: 'secret',
};

describe('authorizerEvent', () => {
  it('gives a TOKEN authorizer the token alone', () => {
    expect(authorizerEvent('rest-token', { ...REQUEST, stage: 'dev' }, ['Bearer abc'])).toEqual({
      type: 'TOKEN',
      methodArn: 'arn:aws:execute-api:eu-central-1:111122223333:gcrest0001/dev/POST/users/7',
      authorizationToken: 'Bearer abc',
    });
  });

  it.each([
    ['rest-request', 'methodArn', { httpMethod: 'POST', path: '/users/7', stageVariables: {} }],
    ['1.0', 'methodArn', { version: '1.0', identitySource: 'Bearer abc' }],
    ['2.0', 'routeArn', { version: '2.0', identitySource: ['Bearer abc'], rawPath: '/users/7' }],
  ] as const)('gives a %s one the request without its body', (format, arn, members) => {
    const event = authorizerEvent(format, REQUEST, ['Bearer abc']);
    expect(event).toMatchObject({ type: 'REQUEST', ...members });
    expect(event[arn]).toMatch(/\/POST\/users\/7$/);
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('isBase64Encoded');
  });
});

describe('lambdaStreamHead', () => {
  it('is a status with headers, remapped as in a whole reply', () => {
    const prelude = {
      statusCode: 201,
      headers: { Date: 'then', 'X-A': 'é' },
      cookies: ['a=1', 'b=2'],
    };
    const headers = [
      ['x-amzn-remapped-date', 'then'],
      ['x-a', '\u00c3\u00a9'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ];
    const url = lambdaStreamHead('function-url', prelude);
    expect(url.response).toEqual({
      status: 201,
      headers: [...headers, ['content-type', 'application/octet-stream']],
      body: new Uint8Array(),
    });
    // Other than in a whole reply, `cookies` is no error on a REST API.
    const rest = lambdaStreamHead('rest-api', {
      ...prelude,
      multiValueHeaders: { 'x-b': ['1', '2'] },
    });
    expect(rest.response.headers).toEqual([
      ['x-b', '1'],
      ['x-b', '2'],
      ...headers,
      ['content-type', 'application/json'],
    ]);
  });

  it.each<[unknown, string]>([
    ['text', 'the reply is a string, not an object'],
    [{ statusCode: 99 }, 'statusCode is 99'],
    [{ headers: { 'x a': '1' } }, '"x a" is no header name'],
    [{ cookies: 'a=1' }, 'cookies is a string, not an array'],
  ])('of %j is the platform’s own', (prelude, problem) => {
    const answer = lambdaStreamHead('function-url', prelude);
    expect(answer.response.status).toBe(502);
    expect(answer.problem).toContain(problem);
  });
});

describe('lambdaAnswer', () => {
  it('tells the platform’s reasons from an application’s', () => {
    const fine = { statusCode: 200, statusDescription: '200 Fine', headers: {}, body: '' };
    expect(lambdaAnswer('alb', fine)).toMatchObject({ response: { status: 200, reason: 'Fine' } });
    expect(lambdaAnswer('alb', fine).problem).toBeUndefined();
    expect(lambdaAnswer('alb', {}).problem).toMatch(/^malformed: /);
  });
});

describe('lambdaEvent', () => {
  it('has the port, the trace and the key it is given', () => {
    const given = { scheme: 'http', port: 3000, traceId: 'Root=1-2-3', apiKey: 'k' } as const;
    const { headers, requestContext } = lambdaEvent('rest-api', given);
    expect(headers).toMatchObject({
      'X-Forwarded-Port': '3000',
      'X-Forwarded-Proto': 'http',
      'X-Amzn-Trace-Id': 'Root=1-2-3',
    });
    expect(requestContext.identity.apiKey).toBe('k');
    expect(lambdaEvent('alb', given).headers).toMatchObject({ 'x-forwarded-port': '3000' });
    expect(lambdaEvent('rest-api').requestContext.identity).not.toHaveProperty('apiKey');
  });
});
