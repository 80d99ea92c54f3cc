/** Load and first response, each time in a fresh process that stands in for Lambda's runtime. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ColdStart } from './cold-start.ts';
import { median, writeEvent } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';
import { fileOf, FLOOR, GET, rowsOf } from './rows.ts';
import type { Settings } from './settings.ts';

const SOURCE = 'http-api-2';
const KINDS = ['cjs', 'mjs'] as const;
const WAYS = [
  // Lambda's runtime has loaded node:http before it loads a function.
  { name: 'node:http preloaded', folder: 'rows', preload: true },
  { name: 'nothing preloaded', folder: 'rows', preload: false },
  { name: 'not bundled', folder: 'plain', preload: true },
] as const;

/** ms of each start. */
type Starts = Map<string, number[]>;
const CLOSE = [FLOOR, 'native/gatecall', 'raw/gatecall'];

export async function cold({ here, quick, nodes, groups }: Settings): Promise<Goal[]> {
  const eventFile = writeEvent(here, SOURCE, GET);
  const rows = [...new Set(groups.flatMap((group) => rowsOf(here, group, quick)))];
  const goals: Goal[] = [];
  for (const { path, version } of nodes) {
    const columns = new Map<string, string[]>(rows.map((row) => [row, []]));
    for (const way of WAYS) {
      for (const kind of KINDS) {
        const samples: Starts = new Map();
        const undici = new Set<string>();
        const rounds = quick ? 9 : 15;
        for (let round = 0; round < rounds; round++) {
          // The peers' numbers are ten times those that are compared, and need no more rounds than
          // these.
          for (const row of round < 5 ? rows : rows.filter((row) => CLOSE.includes(row))) {
            const bundle = join(here, 'dist', way.folder, `${fileOf(row, SOURCE)}.${kind}`);
            if (!existsSync(bundle)) continue;
            const args = [join(here, 'dist/cold-start.cjs'), bundle, eventFile];
            if (way.preload) args.push('preload');
            const { stdout } = await promisify(execFile)(path, args, {
              env: { ...process.env, NODE_OPTIONS: '' },
            });
            const start = JSON.parse(stdout) as ColdStart;
            samples.set(row, [...(samples.get(row) ?? []), start.load + start.first]);
            if (start.undici) undici.add(row);
          }
        }
        for (const [row, cells] of columns) {
          const ms = median(samples.get(row) ?? []);
          cells.push(`${digits(ms)}${undici.has(row) ? ' (undici)' : ''}`);
        }
        goals.push(...goalsOf(samples, `${kind}, ${way.name}`, way.folder, version));
      }
    }
    say(`### Load and first response, Node ${version}, ms\n`);
    table(
      ['', ...WAYS.flatMap(({ name }) => KINDS.map((kind) => `${kind}, ${name}`))],
      [...columns].map(([row, cells]) => [row, ...cells]),
    );
  }
  return goals;
}

function goalsOf(samples: Starts, how: string, folder: string, node: string): Goal[] {
  const ms = (row: string): number => median(samples.get(row) ?? []);
  if (folder === 'plain') {
    const what = `cold start, raw, ${how}: serverless-http ÷ gatecall`;
    return [{ what, goal: '> 1', node, seen: ms('raw/serverless-http') / ms('raw/gatecall') }];
  }
  const over = ['native/gatecall', 'raw/gatecall'].map((row) => ({
    what: `cold start, ${row}, ${how}: ms over the floor`,
    goal: '≤ 1.2',
    node,
    seen: difference(samples, row),
  }));
  const light = 'hono/gatecall-light';
  return [
    ...over,
    { what: `cold start, ${light}, ${how}: ms`, goal: '< 6', node, seen: ms(light) },
  ];
}

function difference(samples: Starts, row: string): number {
  const floor = samples.get(FLOOR) ?? [];
  return median((samples.get(row) ?? []).map((ms, round) => ms - (floor[round] ?? NaN)));
}
