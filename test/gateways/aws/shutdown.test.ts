/**
 * `onShutdown` in AWS's own runtime client, which waits for an event when the signal comes, as it
 * does on Lambda.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { onShutdown } from '../../../src/gateways/aws.ts';
import { lambdaEvent } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { ric, type Runtime, runtimes } from '../../ric.ts';
import { PATIENT, start, text } from './runtime.ts';

interface Ended {
  /** How many listened to SIGTERM while the function served. */
  listeners: number;
  ended: string;
  log: string;
  ms: number;
}

async function terminated(
  runtime: Runtime,
  tasks: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const variables = { TASKS: JSON.stringify(tasks), ...env };
  await using lambda = await start(runtime, 'shutdown', {}, variables);
  const { body } = await lambda.invoke(lambdaEvent('function-url'), PATIENT);
  const reply = JSON.parse(text(body)) as { body: string };
  const begun = performance.now();
  process.kill(lambda.pid, 'SIGTERM');
  const ended = await lambda.ended;
  const ms = performance.now() - begun;
  return { listeners: Number(reply.body), ended, log: lambda.logs(), ms };
}

beforeAll(requireDist);

describe.skipIf(!ric).each(runtimes)('onShutdown on $name', { concurrent: true }, (runtime) => {
  it('runs every callback, and ends the process by its signal', async () => {
    const { listeners, ended, log } = await terminated(runtime, ['failing', 'slow', 'quick']);
    expect(listeners).toBe(1);
    expect(ended).toBe('signal: SIGTERM');
    expect(log).toContain('closed\n');
    expect(log).toContain('closed slowly\n');
    expect(log).toMatch(/a callback of onShutdown failed[\r\n]+RangeError: böse/);
  });

  it('leaves the process alone unless asked', async () => {
    for (const tasks of [[], ['removed']]) {
      const { listeners, ended, log } = await terminated(runtime, tasks);
      expect({ listeners, ended }).toEqual({ listeners: 0, ended: 'signal: SIGTERM' });
      expect(log).not.toContain('removed');
    }
  });

  it('does not wait for ever', async () => {
    const { ended, log, ms } = await terminated(runtime, ['endless', 'quick']);
    expect(ended).toBe('signal: SIGTERM');
    expect(log).toContain('closed\n');
    expect(ms).toBeGreaterThan(1900);
  });

  it('leaves the end to another listener', async () => {
    const { ended, log } = await terminated(runtime, ['quick'], { LISTENER: '1' });
    expect(ended).toBe('signal: SIGKILL');
    expect(log).toMatch(/closed\n.*the other listener\n/s);
  });
});

describe('onShutdown', () => {
  it('has one listener, however many callbacks there are, and none after the last', () => {
    const before = process.listenerCount('SIGTERM');
    const removers = Array.from({ length: 20 }, () => onShutdown(() => undefined));
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    for (const remove of [...removers, ...removers]) remove();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('refuses what is no function', () => {
    expect(() => onShutdown(undefined as unknown as () => void)).toThrow(
      'onShutdown takes a function; got undefined',
    );
  });
});
