/**
 * Paired rounds. Machines are noisy and drift, so a row is compared with the floor of the same round, a few ms apart, and
 * what is reported is the median of those ratios.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lambdaEvent, lambdaResponse, type LambdaRequest } from 'gatecall/testing/aws';
import { fileOf, FLOOR, SMALL, type Source } from './rows.ts';

export interface Asked {
  invokes: number;
  /** With the small request, whatever is measured. */
  warmUp?: boolean;
}
export interface Sample {
  mean: number;
  /** Without what strikes one invoke of many: the collector, and caches gone cold while the others were at work. */
  median: number;
}
export interface Told {
  reply?: unknown;
  sample?: Sample;
  problem?: string;
}

export interface Plan {
  here: string;
  node: string;
  source: Source;
  rows: readonly string[];
  request: LambdaRequest;
  /** Whether the body a client would get is the right one. */
  expect: (body: Uint8Array) => boolean;
  /** Times everything starts anew, in fresh processes. */
  passes: number;
  rounds: number;
  /** Invokes before the first sample, always with the small request: 1 MB ones could not be enough to warm the code up. */
  warmUp: number;
  /** Invokes after that with the request itself. */
  settle: number;
  /** Invokes a sample. */
  invokes: number;
  take: keyof Sample;
}

/** µs of one row, round by round, beside those of every other row. */
export type Samples = Map<string, number[]>;

export async function pairedSamples(plan: Plan): Promise<Samples> {
  const samples: Samples = new Map();
  const { here, source, request } = plan;
  const files = [writeEvent(here, source, request), writeEvent(here, source, SMALL)];
  for (let pass = 0; pass < plan.passes; pass++) {
    const running = new Map<string, ChildProcess>();
    try {
      for (const row of plan.rows) {
        const child = await start(plan, row, files);
        if (!child) continue;
        running.set(row, child);
        await ask(child, { invokes: plan.warmUp, warmUp: true });
        if (plan.settle > 0) await ask(child, { invokes: plan.settle });
      }
      for (let round = 0; round < plan.rounds; round++) {
        for (const [row, child] of shuffled([...running])) {
          const us = (await ask(child, { invokes: plan.invokes }))[plan.take];
          const all = samples.get(row);
          if (all) all.push(us);
          else samples.set(row, [us]);
        }
      }
    } finally {
      for (const child of running.values()) child.kill();
    }
  }
  return samples;
}

/** The file with the event that a source makes of a request. */
export function writeEvent(here: string, source: Source, request: LambdaRequest): string {
  const folder = join(here, 'dist/events');
  const file = join(
    folder,
    `${source}${request.target?.startsWith('/large') ? '-large' : ''}.json`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(lambdaEvent(source, request)));
  return file;
}

/** A process that has given a right first answer; nothing where the row cannot. */
async function start(
  { here, node, source, request, expect }: Plan,
  row: string,
  files: readonly string[],
): Promise<ChildProcess | undefined> {
  const bundle = join(here, 'dist/rows', `${fileOf(row, source)}.cjs`);
  const child = fork(join(here, 'dist/sampler.mjs'), [bundle, ...files], {
    execPath: node,
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const { reply, problem } = await told(child);
  const response = problem === undefined ? lambdaResponse(source, reply, request) : undefined;
  if (response?.status === 200 && expect(response.body)) return child;
  console.error(
    `${row} on ${source} is left out: ${problem ?? response?.reason ?? 'its answer is wrong'}`,
  );
  child.kill();
  return undefined;
}

async function ask(child: ChildProcess, asked: Asked): Promise<Sample> {
  const answer = told(child);
  child.send(asked);
  const { sample, problem } = await answer;
  if (!sample) throw new Error(problem);
  return sample;
}

/** The next thing it says, were it only that it has died. */
function told(child: ChildProcess): Promise<Told> {
  return new Promise((resolve) => {
    const message = (said: Told): void => {
      child.off('exit', exit);
      resolve(said);
    };
    const exit = (code: number | null): void => {
      child.off('message', message);
      resolve({ problem: `exit ${String(code)}` });
    };
    child.once('message', message);
    child.once('exit', exit);
  });
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** The median of `row` over `base`, round by round. */
export function ratio(samples: Samples, row: string, base: string = FLOOR): number {
  const bases = samples.get(base) ?? [];
  return median((samples.get(row) ?? []).map((us, round) => us / (bases[round] ?? NaN)));
}

/** The lower tenth. Fresh megabytes cost page faults, now many and now none, which would drown everything else. */
export function lowTenth(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 10)] ?? NaN;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}
