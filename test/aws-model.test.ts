import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  exampleRequest,
  lambdaEvent,
  lambdaFailure,
  lambdaResponse,
  lambdaSources,
  type LambdaRequest,
  type LambdaSource,
} from '../src/aws-model.ts';
import { header } from '../src/aws-model/message.ts';
import { probe, seen } from './aws-model/support.ts';

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
