/**
 * `toLambdaHandler` in AWS's own runtime client: what it returns and throws is judged by what
 * arrives at the Runtime API.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLambdaHandler } from '../../../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { type LambdaFunction, ric, runtimes } from '../../ric.ts';
import { application, CONCURRENT, FACTS, HURRY, PATIENT, start, text } from './runtime.ts';

beforeAll(requireDist);

describe.skipIf(!ric).each(runtimes)('toLambdaHandler on $name', (runtime) => {
  let shared: LambdaFunction;
  beforeAll(async () => {
    shared = await start(runtime, 'buffered');
  });
  afterAll(async () => {
    await shared.stop();
  });

  it.each(lambdaSources)('returns for %s what it returns when called directly', async (source) => {
    const event = lambdaEvent(source, FACTS);
    const { kind, body, contentType } = await shared.invoke(event, PATIENT);
    expect({ kind, contentType }).toEqual({
      kind: 'buffered',
      contentType: 'application/json',
    });
    const direct = await toLambdaHandler(application)(event, {});
    expect(text(body)).toBe(JSON.stringify(direct));
    const response = lambdaResponse(source, JSON.parse(text(body)), FACTS);
    expect(response.status).toBe(201);
    expect(JSON.parse(text(response.body))).toMatchObject({ source, body: 'Hällo' });
  });

  it('returns bytes', async () => {
    const request = { target: '/binary' };
    const { body } = await shared.invoke(lambdaEvent('rest-api', request), PATIENT);
    const response = lambdaResponse('rest-api', JSON.parse(text(body)), request);
    expect([...response.body]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it('takes the id of the invocation from the runtime’s context', async () => {
    const event = lambdaEvent('function-url', { target: '/ids' });
    for (let i = 0; i < 3; i++) {
      const { body, requestId } = await shared.invoke(event, PATIENT);
      expect(JSON.parse(text(body))).toMatchObject({ body: `${requestId} ${requestId}` });
    }
  });

  it('answers an error of the application with a 500 and logs it', async () => {
    const { kind, body } = await shared.invoke(lambdaEvent('alb', { target: '/throw' }), PATIENT);
    expect(kind).toBe('buffered');
    expect(JSON.parse(text(body))).toMatchObject({ statusCode: 500 });
    expect(text(body)).not.toContain('böse');
    await expect.poll(shared.logs).toMatch(/GET \/throw.*RangeError: böse.*application\.mjs/s);
  });

  it('refuses an event that is no request', async () => {
    const { kind, error } = await shared.invoke({ Records: [] }, PATIENT);
    expect({ kind, errorType: error?.errorType }).toEqual({
      kind: 'error',
      errorType: 'TypeError',
    });
  });

  it('fails the invocation if told to, and lives on', async () => {
    await using lambda = await start(runtime, 'buffered', { throwErrors: true });
    const result = await lambda.invoke(lambdaEvent('alb', { target: '/throw' }), PATIENT);
    expect(result).toMatchObject({
      kind: 'error',
      error: { errorType: 'RangeError', errorMessage: 'böse' },
    });
    expect(result.error?.trace.join('\n')).toContain('application.mjs');
    const after = await lambda.invoke(lambdaEvent('alb', { target: '/text' }), PATIENT);
    expect(JSON.parse(text(after.body))).toMatchObject({ body: 'Hällo\n' });
  });

  it.concurrent('answers before a timeout', async () => {
    await using lambda = await start(runtime, 'buffered', {}, HURRY);
    const event = lambdaEvent('function-url', { target: '/hang' });
    const { kind, body } = await lambda.invoke(event, PATIENT);
    expect(kind).toBe('buffered');
    expect(JSON.parse(text(body))).toMatchObject({ statusCode: 504 });
  });

  it.each([
    ['/hang', { deadlineMargin: 0 }],
    ['/spin', {}],
  ])('runs into a timeout at %s with options %j', async (target, options) => {
    await using lambda = await start(runtime, 'buffered', options);
    const event = lambdaEvent('function-url', { target });
    const { kind, error } = await lambda.invoke(event, { timeoutMs: 300 });
    expect(kind).toBe('timeout');
    expect(error?.errorMessage).toBe('Task timed out after 0.30 seconds');
    expect((await lambda.invoke(event)).kind).toBe('exited');
  });

  it('ends without an answer if the application ends the process', async () => {
    await using lambda = await start(runtime, 'buffered');
    const event = lambdaEvent('function-url', { target: '/exit' });
    expect(await lambda.invoke(event, PATIENT)).toMatchObject({
      kind: 'exited',
      error: { errorMessage: 'Runtime exited with error: exit status 3' },
    });
  });

  // The client gives these two names of its own; what an ES module lacks it calls by the error's
  // plain name.
  it.each([
    ['broken', 'Error', 'there-is-no-such-file.mjs'],
    ['broken-commonjs', 'Runtime.ImportModuleError', 'there-is-no-such-file.cjs'],
    ['broken-syntax', 'Runtime.UserCodeSyntaxError', 'JSON'],
  ])('does not start with %s.*', async (name, errorType, message) => {
    await using lambda = await start(runtime, name);
    const { kind, error, requestHeaders } = await lambda.invoke({}, PATIENT);
    expect({ kind, errorType: error?.errorType }).toEqual({ kind: 'init-error', errorType });
    expect(requestHeaders['lambda-runtime-function-error-type']).toBe(errorType);
    expect(error?.errorMessage).toContain(message);
  });

  it('does not start with an option it does not have', async () => {
    await using lambda = await start(runtime, 'buffered', { onerror: 'throw' });
    const { kind, error } = await lambda.invoke({}, PATIENT);
    expect(kind).toBe('init-error');
    expect(error?.errorMessage).toContain('toLambdaHandler has no option onerror');
  });

  it('runs several invocations at once', async () => {
    await using lambda = await start(runtime, 'buffered', {}, CONCURRENT);
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.all(
      names.map((name) =>
        lambda.invoke(lambdaEvent('http-api-2', { target: `/meet?of=4&name=${name}` }), PATIENT),
      ),
    );
    expect(results.map(({ body }) => (JSON.parse(text(body)) as { body: string }).body)).toEqual(
      names.map((name, place) => `${name} true ${results[place]?.requestId}`),
    );
  });
});
