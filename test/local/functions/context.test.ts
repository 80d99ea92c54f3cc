import { describe, expect, it, vi } from 'vitest';
import {
  lambdaContext,
  lambdaVariables,
  newInvocation,
} from '../../../src/local/functions/context.ts';

const handler = { name: 'app', handler: 'app.main', folder: '/work' };

describe('lambdaVariables', () => {
  it('has what Lambda sets, and keeps the rest', () => {
    expect(lambdaVariables(handler, { HOME: '/home/me' })).toMatchObject({
      HOME: '/home/me',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'app',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/app',
      _HANDLER: 'app.main',
      LAMBDA_TASK_ROOT: '/work',
    });
  });

  it('lets those that are set win', () => {
    const given = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'shop' };
    expect(lambdaVariables(handler, given)).toMatchObject({
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'shop',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/shop',
    });
  });
});

describe('lambdaContext', () => {
  it('counts down to the deadline and past it', () => {
    vi.useFakeTimers({ now: 1_000_000 });
    try {
      const { getRemainingTimeInMillis } = lambdaContext(newInvocation(3000), {});
      expect(getRemainingTimeInMillis()).toBe(3000);
      vi.setSystemTime(1_004_000);
      expect(getRemainingTimeInMillis()).toBe(-1000);
    } finally {
      vi.useRealTimers();
    }
  });

  it('has no members that Node 24 on Lambda has removed', () => {
    const context = lambdaContext(newInvocation(1), {});
    for (const gone of ['callbackWaitsForEmptyEventLoop', 'succeed', 'fail', 'done']) {
      expect(context).not.toHaveProperty(gone);
    }
  });

  it('is another for each invocation', () => {
    const [one, two] = [newInvocation(1), newInvocation(1)];
    expect(one.requestId).not.toBe(two.requestId);
    expect(one.traceId).not.toBe(two.traceId);
  });
});
