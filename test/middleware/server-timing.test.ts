import { expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { serverTiming } from '../../src/middleware.ts';
import { ask } from './support.ts';

it('says how long the application took, beside what it says itself', async () => {
  const slow = serverTiming(async (environ, startResponse) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return text('', { headers: [['Server-Timing', 'db;dur=5']] })(environ, startResponse);
  });
  const [, duration] =
    /^db;dur=5, app;dur=(\d+\.\d)$/.exec((await ask(slow)).header('server-timing') ?? '') ?? [];
  expect(Number(duration)).toBeGreaterThan(15);
});
