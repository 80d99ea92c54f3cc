/**
 * Paired rounds. Machines are noisy and drift, so a row is compared with the floor of the same
 * round, a few ms apart, and what is reported is the median of those ratios.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lambdaEvent, lambdaResponse } from 'gatecall/aws-model';
import { fileOf, FLOOR, GET, type Scenario, type Source } from './rows.ts';

export interface Asked {
  invokes: number;
  /** A warm-up is with the small request, whatever is measured. */
  what: 'warm up' | 'sample' | 'garbage';
}
export interface Sample {
  /** µs */
  mean: number;
  /**
   * Without what strikes one invoke of many: the collector, and caches gone cold while the others
   * were at work.
   */
  median: number;
  /** µs from the reply until the event loop has turned once. */
  left: number;
}
export interface Told {
  reply?: unknown;
  sample?: Sample;
  garbage?: number;
  problem?: string;
}

export interface Rows {
  here: string;
  node: string;
  source: Source;
  scenario: Scenario;
  rows: readonly string[];
}

export interface Plan extends Rows {
  /** Times everything starts anew, in fresh processes. */
  passes: number;
  rounds: number;
  /**
   * Invokes before the first sample, always with the small request: 1 MB ones could not be enough
   * to warm the code up.
   */
  warmUp: number;
  /** Invokes after that with the request itself. */
  settle: number;
  /** Invokes a sample. */
  invokes: number;
}

/** One row, round by round, beside those of every other row. */
export type Samples = Map<string, Sample[]>;

export async function pairedSamples(plan: Plan): Promise<Samples> {
  const samples: Samples = new Map();
  for (let pass = 0; pass < plan.passes; pass++) {
    await withRows(plan, [], async (running) => {
      for (const child of running.values()) {
        await ask(child, { invokes: plan.warmUp, what: 'warm up' });
        if (plan.settle > 0) await ask(child, { invokes: plan.settle, what: 'sample' });
      }
      for (let round = 0; round < plan.rounds; round++) {
        for (const [row, child] of shuffled([...running])) {
          const { sample } = await ask(child, { invokes: plan.invokes, what: 'sample' });
          if (sample) samples.set(row, [...(samples.get(row) ?? []), sample]);
        }
      }
    });
  }
  return samples;
}

/** KB of garbage an invoke, once warm. */
export async function garbage(plan: Rows): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  const roomy = ['--min-semi-space-size=128', '--max-semi-space-size=128', '--expose-gc'];
  await withRows(plan, roomy, async (running) => {
    for (const [row, child] of running) {
      await ask(child, { invokes: 12_000, what: 'warm up' });
      const each: number[] = [];
      for (let round = 0; round < 5; round++) {
        each.push((await ask(child, { invokes: 200, what: 'garbage' })).garbage ?? NaN);
      }
      seen.set(row, median(each));
    }
  });
  return seen;
}

async function withRows(
  { here, node, source, scenario, rows }: Rows,
  execArgv: readonly string[],
  use: (running: ReadonlyMap<string, ChildProcess>) => Promise<void>,
): Promise<void> {
  const files = [scenario, GET].map((one) => writeEvent(here, source, one));
  const running = new Map<string, ChildProcess>();
  try {
    for (const row of rows) {
      const bundle = join(here, 'dist/rows', `${fileOf(row, source)}.cjs`);
      const child = fork(join(here, 'dist/sampler.mjs'), [bundle, ...files], {
        execPath: node,
        execArgv: [...execArgv],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const { reply, problem } = await told(child);
      const response =
        problem === undefined ? lambdaResponse(source, reply, scenario.request) : undefined;
      if (response?.status === 200 && scenario.isRight(response.body)) running.set(row, child);
      else {
        const why = problem ?? response?.reason ?? 'its answer is wrong';
        console.error(`${row}, ${scenario.name} on ${source}, is left out: ${why}`);
        child.kill();
      }
    }
    await use(running);
  } finally {
    for (const child of running.values()) child.kill();
  }
}

/** The file with the event that a source makes of a request. */
export function writeEvent(here: string, source: Source, { name, request }: Scenario): string {
  const folder = join(here, 'dist/events');
  const file = join(folder, `${source}-${name.replaceAll(' ', '-')}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(lambdaEvent(source, request)));
  return file;
}

async function ask(child: ChildProcess, asked: Asked): Promise<Told> {
  const answer = told(child);
  child.send(asked);
  const said = await answer;
  if (said.problem !== undefined) throw new Error(said.problem);
  return said;
}

/**
 * A handler that never answers would hold up all that follows; the slowest row needs 10 s to warm
 * up.
 */
const PATIENCE_MS = 120_000;

/** The next thing it says, were it only that it has died. */
function told(child: ChildProcess): Promise<Told> {
  return new Promise((resolve) => {
    const settle = (said: Told): void => {
      clearTimeout(timer);
      child.off('message', settle);
      child.off('exit', exit);
      resolve(said);
    };
    const exit = (code: number | null): void => settle({ problem: `exit ${String(code)}` });
    const timer = setTimeout(
      () => settle({ problem: `no answer in ${PATIENCE_MS / 1000} s` }),
      PATIENCE_MS,
    );
    child.once('message', settle);
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
  return median(
    (samples.get(row) ?? []).map(({ mean }, round) => mean / (bases[round]?.mean ?? NaN)),
  );
}

/**
 * The lower tenth. Fresh megabytes cost page faults, now many and now none, which would drown
 * everything else.
 */
export function lowTenth(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 10)] ?? NaN;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}
