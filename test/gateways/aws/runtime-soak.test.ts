/**
 * Thousands of invocations of every kind in one process of AWS's own runtime client, eight at a
 * time: what is left of them is nothing. `GATECALL_SOAK=20000` says how many, as .ci/run does.
 * Default: 8000.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { InvocationResult } from '../../../src/local/runtime-api.ts';
import { lambdaEvent, lambdaResponse, type LambdaSource } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { type LambdaFunction, ric, runtimes } from '../../ric.ts';
import { PATIENT, start, text } from './runtime.ts';

const COUNT = Number(process.env['GATECALL_SOAK'] ?? 8000);
const LANES = 8;

interface Kind {
  target: string;
  source: LambdaSource;
  status: number;
  /** In the middle of the response. */
  broken?: true;
}

/** Frequent and quick. */
const COMMON: readonly Kind[] = [
  { target: '/ok', source: 'function-url', status: 200 },
  { target: '/ok', source: 'http-api-2', status: 200 },
  { target: '/ok', source: 'rest-api', status: 200 },
  { target: '/streamed', source: 'function-url', status: 200 },
  { target: '/streamed', source: 'alb', status: 200 },
  { target: '/empty', source: 'function-url', status: 204 },
  { target: '/write', source: 'function-url', status: 200 },
  { target: '/write', source: 'http-api-2', status: 200 },
  { target: '/throw', source: 'function-url', status: 500 },
  { target: '/throw', source: 'http-api-2', status: 500 },
  { target: '/reject', source: 'function-url', status: 500 },
  { target: '/throw-late', source: 'function-url', status: 200, broken: true },
  { target: '/throw-late', source: 'alb', status: 500 },
  { target: '/break', source: 'rest-api', status: 200, broken: true },
  // A viewer-request function may answer with 40 KB.
  { target: '/oversize', source: 'edge-viewer', status: 500 },
  { target: '/slow', source: 'function-url', status: 200 },
  { target: '/slow', source: 'http-api-2', status: 200 },
  { target: '/after', source: 'function-url', status: 200 },
  { target: '/after', source: 'http-api-2', status: 200 },
  { target: '/after-throws', source: 'function-url', status: 200 },
];
/**
 * One in four hundred, which end at the deadline: each takes 150 ms, and those that have begun to
 * stream keep all other streams waiting.
 */
const LATE: readonly Kind[] = [
  { target: '/hang', source: 'function-url', status: 504 },
  { target: '/hang', source: 'http-api-2', status: 504 },
  { target: '/hang-late', source: 'function-url', status: 504 },
  { target: '/half', source: 'function-url', status: 200, broken: true },
  { target: '/half', source: 'alb', status: 504 },
  { target: '/abort', source: 'rest-api', status: 200, broken: true },
];

const kindOf = (index: number): Kind =>
  (index % 400 === 399
    ? LATE[((index - 399) / 400) % LATE.length]
    : COMMON[index % COMMON.length])!;

const EVENTS = new Map(
  [...COMMON, ...LATE].map((kind) => [kind, lambdaEvent(kind.source, { target: kind.target })]),
);

/** What went otherwise than it should, as words. */
async function invoked(lambda: LambdaFunction, kind: Kind): Promise<string | undefined> {
  const result = await lambda.invoke(EVENTS.get(kind), PATIENT);
  const status = statusOf(result, kind.source);
  const right =
    result.kind === 'streamed' &&
    status === kind.status &&
    result.truncated === (kind.broken ?? false);
  if (right) return undefined;
  return `${kind.source} ${kind.target}: ${result.kind} ${String(status)} ${result.truncated} ${result.error?.errorMessage}`;
}

function statusOf({ prelude, body, contentType }: InvocationResult, source: LambdaSource): unknown {
  if (contentType !== 'application/json') return (prelude as { statusCode?: number })?.statusCode;
  return lambdaResponse(source, JSON.parse(text(body))).status;
}

async function soak(lambda: LambdaFunction, from: number, to: number): Promise<string[]> {
  const wrong: string[] = [];
  let next = from;
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      while (next < to && wrong.length < 10) {
        const problem = await invoked(lambda, kindOf(next++));
        if (problem !== undefined) wrong.push(problem);
      }
    }),
  );
  return wrong;
}

interface Report {
  seen: Record<'invocations' | 'opened' | 'closed' | 'stopped' | 'aborted' | 'after', number>;
  alive: Record<'environs' | 'bodies' | 'signals', number>;
  listeners: Record<string, number>;
  resources: Record<string, number>;
  heapUsed: number;
  rss: number;
  arrayBuffers: number;
}

async function report(lambda: LambdaFunction): Promise<Report> {
  const event = lambdaEvent('function-url', { target: '/report' });
  const { payload } = await lambda.invoke(event, PATIENT);
  return JSON.parse(text(payload)) as Report;
}

const runtime = runtimes.at(-1);

beforeAll(requireDist);

describe.skipIf(!ric || !runtime)('soak', () => {
  it(`leaves nothing of ${COUNT} invocations`, { timeout: 20 * COUNT }, async () => {
    const env = {
      AWS_LAMBDA_MAX_CONCURRENCY: String(LANES),
      AWS_LAMBDA_NODEJS_WORKER_COUNT: '1',
      // 200 ms are left.
      HURRY_MS: String(PATIENT.timeoutMs - 200),
      // Or tens of MB for young objects come when they like, and hide what stays.
      NODE_OPTIONS: '--max-semi-space-size=1',
    };
    await using lambda = await start(runtime!, 'soak', {}, env);
    // By then the process has its size.
    const warmUp = 4000;
    expect(await soak(lambda, 0, warmUp)).toEqual([]);
    const before = await report(lambda);
    expect(await soak(lambda, warmUp, COUNT)).toEqual([]);
    const after = await report(lambda);

    const { invocations, opened, closed, stopped, aborted, after: done } = after.seen;
    expect(invocations).toBe(COUNT);
    expect(closed).toBe(opened);
    expect({ stopped: stopped > 0, aborted, done }).toEqual({
      stopped: true,
      aborted: Math.floor(COUNT / 400),
      done: Math.floor(COUNT / 10),
    });
    expect(after.alive).toEqual({ environs: 0, bodies: 0, signals: 0 });
    expect(after.listeners).toEqual(before.listeners);
    expect(after.resources).toEqual(before.resources);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2e6);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e6);
    expect(after.rss - before.rss).toBeLessThan(8e6);
    // Node warns of listeners that become many.
    expect(lambda.logs()).not.toContain('Warning');
  });
});
