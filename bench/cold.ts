/** Load and first response, each time in a fresh process that stands in for Lambda's runtime. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ColdStart } from './cold-start.ts';
import { median, writeEvent } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';
import { fileOf, FLOOR, GET, rowsOf } from './rows.ts';
import type { Settings } from './main.ts';

const SOURCE = 'http-api-2';
// Lambda's runtime has loaded node:http before it loads a function.
const PRELOADED = ['node:http preloaded', 'nothing preloaded'] as const;
const KINDS = ['cjs', 'mjs'] as const;

/** ms of each start. */
type Starts = Map<string, number[]>;
const CLOSE = [FLOOR, 'native/gatecall', 'raw/gatecall'];

export async function cold({ here, quick, nodes, groups }: Settings): Promise<Goal[]> {
  const eventFile = writeEvent(here, SOURCE, GET);
  const rows = [...new Set(groups.flatMap((group) => rowsOf(here, group, quick)))];
  const goals: Goal[] = [];
  for (const { path, version } of nodes) {
    const columns = new Map<string, string[]>(rows.map((row) => [row, []]));
    for (const preloaded of PRELOADED) {
      for (const kind of KINDS) {
        const samples: Starts = new Map();
        const undici = new Set<string>();
        const rounds = quick ? 9 : 15;
        for (let round = 0; round < rounds; round++) {
          // The peers' numbers are ten times those that are compared, and need no more rounds than these.
          for (const row of round < 5 ? rows : rows.filter((row) => CLOSE.includes(row))) {
            const bundle = join(here, 'dist/rows', `${fileOf(row, SOURCE)}.${kind}`);
            if (!existsSync(bundle)) continue;
            const args = [join(here, 'dist/cold-start.cjs'), bundle, eventFile];
            if (preloaded === PRELOADED[0]) args.push('preload');
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
        for (const row of ['native/gatecall', 'raw/gatecall']) {
          goals.push({
            what: `cold start, ${row}, ${kind}, ${preloaded}: ms over the floor`,
            goal: '≤ 1.2',
            node: version,
            seen: difference(samples, row),
          });
        }
        goals.push({
          what: `cold start, hono/gatecall-light, ${kind}, ${preloaded}: ms`,
          goal: '< 6',
          node: version,
          seen: median(samples.get('hono/gatecall-light') ?? []),
        });
      }
    }
    say(`### Load and first response, Node ${version}, ms\n`);
    table(
      ['', ...PRELOADED.flatMap((preloaded) => KINDS.map((kind) => `${kind}, ${preloaded}`))],
      [...columns].map(([row, cells]) => [row, ...cells]),
    );
  }
  return goals;
}

function difference(samples: Starts, row: string): number {
  const floor = samples.get(FLOOR) ?? [];
  return median((samples.get(row) ?? []).map((ms, round) => ms - (floor[round] ?? NaN)));
}
