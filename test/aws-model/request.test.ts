import { test } from 'vitest';
import { lambdaEvent } from '../../src/aws-model.ts';
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
