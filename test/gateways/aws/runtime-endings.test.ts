/**
 * What an application can do wrong, in AWS's own runtime client: nothing is lost and nothing hangs.
 * Every case ends as it should, and the process serves the next invocation.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InvocationResult, InvokeOptions } from '../../../src/local/runtime-api.ts';
import { lambdaEvent, lambdaResponse, type LambdaRequest } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { type LambdaFunction, ric, runtimes } from '../../ric.ts';
import { CONCURRENT, HURRY, PATIENT, start, text } from './runtime.ts';

interface Seen {
  status: number | undefined;
  body: string;
  truncated: boolean;
  kind: InvocationResult['kind'];
}

async function seen(
  lambda: LambdaFunction,
  request: LambdaRequest,
  options: InvokeOptions = PATIENT,
): Promise<Seen> {
  const result = await lambda.invoke(lambdaEvent('function-url', request), options);
  const { kind, truncated, prelude, payload } = result;
  if (kind === 'buffered') {
    const reply: unknown = JSON.parse(text(result.body));
    const { status, body } = lambdaResponse('function-url', reply, request);
    return { kind, truncated, status, body: text(body) };
  }
  const { statusCode } = (prelude ?? {}) as { statusCode?: number };
  return { kind, truncated, status: statusCode, body: text(payload) };
}

async function state(lambda: LambdaFunction): Promise<unknown> {
  return JSON.parse((await seen(lambda, { target: '/state' })).body);
}

/** Output takes its time from process to process. */
async function logged(lambda: LambdaFunction, pattern: RegExp): Promise<void> {
  await vi.waitFor(() => expect(lambda.logs()).toMatch(pattern), { timeout: 10_000 });
}

beforeAll(requireDist);

// Side by side, as most of the time is waiting.
describe.skipIf(!ric).each(runtimes)('on $name', { concurrent: true }, (runtime) => {
  describe.each(['buffered', 'streaming'] as const)('%s', (kind) => {
    const whole = { kind: kind === 'buffered' ? 'buffered' : 'streamed', truncated: false };
    const internalError = { ...whole, status: 500, body: 'Internal Server Error\n' };
    const timeout = { ...whole, status: 504, body: 'Gateway Timeout\n' };
    let shared: LambdaFunction;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
      shared = await start(runtime, kind);
    });
    afterAll(async () => {
      await shared.stop();
      rmSync(folder, { recursive: true });
    });

    it('logs an error once, with the request line and the stack', async () => {
      await using lambda = await start(runtime, kind);
      for (const target of ['/throw', '/reject', '/throw-unsent']) {
        expect(await seen(lambda, { target }), target).toEqual(internalError);
        const entry = `GET ${target}: RangeError: böse[\\r\\n]+ +at .*application\\.mjs`;
        await logged(lambda, new RegExp(entry));
      }
      expect(lambda.logs().match(/RangeError: böse/g)).toHaveLength(3);
    });

    it('keeps a response whose close() throws', async () => {
      expect(await seen(shared, { target: '/close-throws' })).toEqual({
        ...whole,
        status: 200,
        body: 'whole',
      });
      await logged(shared, /close\(\) of the body failed[\r\n]+RangeError: böse/);
    });

    it('closes each body once, one that is not asked for included', async () => {
      await using lambda = await start(runtime, kind);
      for (const method of ['GET', 'HEAD']) await seen(lambda, { method, target: '/close' });
      expect(await state(lambda)).toMatchObject({ closed: 2 });
    });

    it('tells a handler that returned before its writes', async () => {
      await using lambda = await start(runtime, kind);
      expect(await seen(lambda, { target: '/late-write' })).toMatchObject({ body: 'early' });
      await vi.waitFor(async () =>
        expect(await state(lambda)).toMatchObject({
          late: expect.stringContaining('after the application returned'),
        }),
      );
    });

    it('has an end for each that has none', async () => {
      await using lambda = await start(runtime, kind, {}, HURRY);
      const targets = ['/hang', '/endless', '/endless-async', '/late-body'];
      for (const target of targets) {
        expect(await seen(lambda, { target }), target).toEqual(timeout);
        expect(lambda.logs()).toMatch(new RegExp(`GET ${target}: DeadlineExceeded: no answer`));
      }
      expect(await seen(lambda, { target: '/text' })).toMatchObject({ status: 200 });
      await vi.waitFor(async () => expect(await state(lambda)).toMatchObject({ closed: 3 }));
    });

    it('lets an application answer the deadline itself', async () => {
      await using lambda = await start(runtime, kind, {}, HURRY);
      expect(await seen(lambda, { target: '/signal' })).toEqual({
        ...whole,
        status: 503,
        body: 'DeadlineExceeded',
      });
    });

    it('ends with the process where no handler takes a rejection', async () => {
      await using lambda = await start(runtime, kind);
      const { kind: ending } = await seen(lambda, { target: '/reject-unseen' });
      expect(ending).toBe('exited');
      expect(lambda.logs()).toMatch(/RangeError: böse/);
    });

    it('logs work after the response that fails', async () => {
      expect(await seen(shared, { target: '/after-throws' })).toMatchObject({ body: 'whole' });
      await logged(shared, /work after the response failed[\r\n]+RangeError: böse/);
    });

    it('waits for work after the response', async () => {
      await using lambda = await start(runtime, kind);
      const gate = join(folder, 'after');
      const first = seen(lambda, { target: `/after?gate=${encodeURIComponent(gate)}` });
      // A client of a stream has all of its answer by now; either way the next invocation waits.
      const waits = sleep(300, 'waits');
      const early = await (kind === 'streaming' ? first : Promise.race([first, waits]));
      const answer = { ...whole, status: 200, body: 'first' };
      expect(early).toEqual(kind === 'streaming' ? answer : 'waits');
      const next = state(lambda);
      expect(await Promise.race([next, sleep(300, 'waits')])).toBe('waits');
      writeFileSync(gate, '');
      expect(await first).toEqual(answer);
      expect(await next).toMatchObject({ after: 1 });
    });

    it('does not start where it cannot', async () => {
      await using lambda = await start(runtime, kind, { onerror: 'throw' });
      expect(await lambda.invoke({}, PATIENT)).toMatchObject({
        kind: 'init-error',
        error: { errorMessage: expect.stringContaining('has no option onerror') },
      });
      expect(await lambda.ended).toBe('exit status 1');
    });
  });

  describe('buffered', () => {
    it.each([
      ['GET', '/empty', 200],
      ['HEAD', '/text', 200],
      ['GET', '/no-content', 204],
      ['GET', '/not-modified', 304],
    ])('has no body for %s %s', async (method, target, status) => {
      await using lambda = await start(runtime, 'buffered');
      expect(await seen(lambda, { method, target })).toMatchObject({ status, body: '' });
    });

    it.each(['/blocks?blocks=320', '/endless?size=65536'])(
      'stops %s where no reply could hold it',
      async (target) => {
        await using lambda = await start(runtime, 'buffered');
        expect(await seen(lambda, { target })).toMatchObject({ status: 500 });
        expect(lambda.logs()).toContain("the body exceeds the platform's 6291556 bytes");
        expect(await state(lambda)).toMatchObject({ closed: 1 });
      },
    );

    it('lets onOversize answer instead', async () => {
      await using lambda = await start(runtime, 'oversize');
      expect(await seen(lambda, { target: '/blocks?blocks=320' })).toMatchObject({
        status: 303,
        body: `${320 * 65_536} true`,
      });
    });
  });

  describe('streaming', () => {
    it('breaks an endless stream off and closes it', async () => {
      await using lambda = await start(runtime, 'streaming', {}, HURRY);
      const options = { ...PATIENT, onChunk: () => sleep(1) };
      expect(await seen(lambda, { target: '/endless?size=65536' }, options)).toMatchObject({
        status: 200,
        truncated: true,
      });
      expect(await seen(lambda, { target: '/text' })).toMatchObject({ status: 200 });
      expect(await state(lambda)).toMatchObject({ closed: 1 });
    });

    // Lambda does not say when a client has gone, nor that it reads no more.
    it('closes the body of a client that reads no more', async () => {
      await using lambda = await start(runtime, 'streaming', {}, HURRY);
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const options = { ...PATIENT, onChunk: () => held };
      const outcome = seen(lambda, { target: '/blocks?blocks=3200' }, options);
      await logged(lambda, /DeadlineExceeded: no answer/);
      release();
      expect(await outcome).toMatchObject({ status: 200, truncated: true });
      expect(await state(lambda)).toMatchObject({ closed: 1 });
    });

    it('ends where its connection is cut, and the process with it', async () => {
      await using lambda = await start(runtime, 'streaming');
      const event = lambdaEvent('function-url', { target: '/blocks?blocks=3200' });
      const gone = new Error('the reader has gone');
      const options = { ...PATIENT, onChunk: () => Promise.reject(gone) };
      await expect(lambda.invoke(event, options)).rejects.toBe(gone);
      // The runtime client does not handle its own rejection.
      expect(await lambda.ended).toBe('exit status 1');
    });

    it('streams without the global awslambda', async () => {
      const env = { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: '1' };
      await using lambda = await start(runtime, 'streaming', {}, env);
      expect(await seen(lambda, { target: '/text' })).toEqual({
        kind: 'streamed',
        truncated: false,
        status: 200,
        body: 'Hällo\n',
      });
      const empty = await seen(lambda, { target: '/no-content' });
      expect(empty).toMatchObject({ kind: 'streamed', status: 204, body: '' });
    });
  });

  describe('lazy', () => {
    it('loads for the first invocation, and again after a failure', async () => {
      await using lambda = await start(runtime, 'lazy', {}, { FAILING_LOAD: '1' });
      const target = '/';
      expect(await seen(lambda, { target })).toMatchObject({ status: 500 });
      expect(lambda.logs()).toContain('Error: no database');
      for (let i = 0; i < 2; i++) {
        expect(await seen(lambda, { target })).toMatchObject({ status: 200, body: 'load 2' });
      }
    });

    it('loads once for several at once', async () => {
      await using lambda = await start(runtime, 'lazy', {}, CONCURRENT);
      const answers = await Promise.all([1, 2, 3, 4].map(() => seen(lambda, { target: '/' })));
      expect(answers.map(({ body }) => body)).toEqual(Array(4).fill('load 1'));
    });
  });
});
