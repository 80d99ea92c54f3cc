import { describe, test } from 'vitest';
import { lambdaEvent, lambdaSources } from '../../src/aws-model.ts';
import { expectLinear } from '../growth.ts';

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

describe.each(lambdaSources)('an event of %s takes time in proportion to', (source) => {
  const lines = (size: number, name: (at: number) => string): [string, string][] =>
    Array.from({ length: size }, (_, at) => [name(at), 'value']);

  test('the number of headers', () => {
    // Beyond 1,000 distinct names V8 makes a dictionary of an object, which is a step and no
    // growth.
    expectLinear((size) => lambdaEvent(source, { headers: lines(size, (at) => `x-${at}`) }), 200);
    expectLinear((size) => lambdaEvent(source, { headers: lines(size, () => 'x-same') }), 500);
    expectLinear((size) => lambdaEvent(source, { headers: lines(size, () => 'Cookie') }), 500);
  });

  test('the number of query keys, and of segments in the path', () => {
    const keys = (size: number): string => lines(size, (at) => `k${at}=%20`).join('&');
    expectLinear((size) => lambdaEvent(source, { target: `/?${keys(size)}` }), 500);
    expectLinear((size) => lambdaEvent(source, { target: '/%2f'.repeat(size) }), 500);
    expectLinear((size) => lambdaEvent(source, { target: `/?${'&='.repeat(size)}` }), 500);
  });
});
