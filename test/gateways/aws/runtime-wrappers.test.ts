/**
 * Instrumentation around a handler that streams, in AWS's own runtime client: what tells such a
 * handler survives (open-telemetry/opentelemetry-js-contrib#2827,
 * getsentry/sentry-javascript#12815, newrelic/node-newrelic#1653), and where it does not, the reply
 * is whole.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { text as page } from '../../../src/core/response/answers.ts';
import { toLambdaHandler, toStreamingLambdaHandler } from '../../../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, textOf } from '../../../src/testing.ts';
import { requireDist } from '../../nodes.ts';
import { ric, runtimes } from '../../ric.ts';
import { PATIENT, start, text } from './runtime.ts';

beforeAll(requireDist);

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

describe.skipIf(!ric).each(runtimes)('on $name', { concurrent: true }, (runtime) => {
  it.each([
    ['none', ''],
    ['late global', ''],
    ['copied symbols', 'ended with undefined'],
    ['marked anew', 'finished'],
    ['proxy', '196608 bytes\nwrapper: 0 bytes'],
    ['high-water mark', 'true 1000000'],
  ])('streams through a wrapper with %s', async (name, said) => {
    await using lambda = await start(runtime, 'wrapped', {}, { WRAPPER: name });
    const event = lambdaEvent('function-url', { target: '/blocks?blocks=3' });
    const { kind, prelude, payload } = await lambda.invoke(event, PATIENT);
    expect({ kind, prelude }).toMatchObject({ kind: 'streamed', prelude: { statusCode: 200 } });
    expect(payload).toHaveLength(3 * 65_536);
    const empty = await lambda.invoke(lambdaEvent('rest-api', { target: '/no-content' }), PATIENT);
    expect(empty).toMatchObject({ kind: 'streamed', prelude: { statusCode: 204 } });
    await vi.waitFor(() => expect(lambda.logs()).toContain(said));
  });

  it('shows a wrapper that a response broke off', async () => {
    await using lambda = await start(runtime, 'wrapped', {}, { WRAPPER: 'copied symbols' });
    const event = lambdaEvent('function-url', { target: '/throw-late' });
    expect(await lambda.invoke(event, PATIENT)).toMatchObject({ truncated: true });
    await vi.waitFor(() => expect(lambda.logs()).toContain('wrapper: failed with Error'));
  });

  it('answers in one piece through a wrapper that loses the mark', async () => {
    await using lambda = await start(runtime, 'wrapped', {}, { WRAPPER: 'lost mark' });
    const event = lambdaEvent('function-url', { target: '/text' });
    const { kind, body } = await lambda.invoke(event, PATIENT);
    expect(kind).toBe('buffered');
    expect(JSON.parse(text(body))).toMatchObject({ statusCode: 200, body: 'Hällo\n' });
  });
});

describe('outside Lambda', () => {
  const application = page('here');
  const event = lambdaEvent('function-url');

  it.each([
    ['no global awslambda', undefined],
    // So they leave it: AWS's SDK and Powertools, by way of @aws/lambda-invoke-store.
    ['an empty one', {}],
  ])('answers in one piece where there is %s', async (_, global) => {
    vi.stubGlobal('awslambda', global);
    const handler = toStreamingLambdaHandler(application);
    const reply = await handler(event, { awsRequestId: 'x' });
    expect(textOf(lambdaResponse('function-url', reply))).toBe('here');
    expect(reply).toEqual(await toLambdaHandler(application)(event));
    expect(STREAMING in handler).toBe(false);
  });

  it('rejects for an event that is no request, and never throws', async () => {
    const handler = toStreamingLambdaHandler(application);
    await expect(handler({ Records: [] })).rejects.toThrow(TypeError);
  });

  it('has two parameters, as a handler without a callback', () => {
    expect(toStreamingLambdaHandler(application)).toHaveLength(2);
    expect(toLambdaHandler(application)).toHaveLength(2);
  });
});
