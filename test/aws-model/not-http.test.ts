import { describe, expect, test } from 'vitest';
import { notHttpEvents } from '../../src/aws-model.ts';

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
