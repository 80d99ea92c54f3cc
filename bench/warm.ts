/** Requests of every size, once everything is warm. */
import { lowTenth, median, pairedSamples, ratio, type Samples } from './paired.ts';
import { digits, type Goal, say, table, times } from './report.ts';
import {
  FLOOR,
  GET,
  type Group,
  LARGE,
  POST,
  rowsOf,
  type Scenario,
  type Source,
  SOURCES,
  UPLOAD,
} from './rows.ts';
import type { Settings } from './settings.ts';

export async function get(settings: Settings): Promise<Goal[]> {
  const plan = {
    passes: 1,
    rounds: settings.quick ? 9 : 15,
    settle: 0,
    invokes: 400,
  };
  return measure(settings, GET, SOURCES, plan, meanOf, getGoals);
}

export async function post(settings: Settings): Promise<Goal[]> {
  return measure(
    settings,
    POST,
    ['http-api-2'],
    { passes: 1, rounds: 11, settle: 400, invokes: 150 },
    meanOf,
    () => [],
  );
}

/** Load balancers take no such reply. */
export async function large(settings: Settings): Promise<Goal[]> {
  return measure(
    settings,
    LARGE,
    ['http-api-2', 'rest-api'],
    MEGABYTES,
    lowOf,
    (seen, source, group) =>
      group === 'native'
        ? [
            {
              what: `1 MB of bytes out, ${source}: gatecall ÷ floor`,
              goal: '≤ 1.15',
              seen: low(seen, 'native/gatecall') / low(seen, FLOOR),
            },
          ]
        : [],
  );
}

export async function upload(settings: Settings): Promise<Goal[]> {
  return measure(settings, UPLOAD, ['http-api-2'], MEGABYTES, lowOf, () => []);
}

/**
 * Settled until the heap has grown to what megabytes need: before that most of the time goes into
 * page faults.
 */
const MEGABYTES: Effort = { passes: 1, rounds: 15, settle: 400, invokes: 15 };

interface Effort {
  passes: number;
  rounds: number;
  settle: number;
  invokes: number;
}
interface Cell {
  us: number;
  overFloor: number;
}
type Judge = (samples: Samples, source: Source, group: Group) => Omit<Goal, 'node'>[];

async function measure(
  { here, quick, nodes, groups }: Settings,
  scenario: Scenario,
  sources: readonly Source[],
  effort: Effort,
  cellOf: (samples: Samples, row: string) => Cell,
  judge: Judge,
): Promise<Goal[]> {
  const goals: Goal[] = [];
  for (const { path: node, version } of nodes) {
    const lines: string[][] = [];
    for (const group of groups) {
      const rows = rowsOf(here, group, quick);
      const columns = new Map<string, string[]>(rows.map((row) => [row, []]));
      for (const source of sources) {
        const samples = await pairedSamples({
          here,
          node,
          source,
          scenario,
          rows,
          warmUp: 12_000,
          ...effort,
        });
        for (const [row, cells] of columns) {
          const { us, overFloor } = cellOf(samples, row);
          cells.push(Number.isNaN(us) ? '–' : `${digits(us)} (${times(overFloor)})`);
        }
        goals.push(...judge(samples, source, group).map((goal) => ({ ...goal, node: version })));
      }
      // Measured with each application, shown once.
      for (const [row, cells] of columns) {
        if (row !== FLOOR || group === groups[0]) lines.push([row, ...cells]);
      }
    }
    say(`### ${scenario.name}, Node ${version}, µs an invoke (times the floor)\n`);
    table(['', ...sources], lines);
  }
  return goals;
}

const meanOf = (samples: Samples, row: string): Cell => ({
  us: median((samples.get(row) ?? []).map(({ mean }) => mean)),
  overFloor: ratio(samples, row),
});

const lowOf = (samples: Samples, row: string): Cell => ({
  us: low(samples, row),
  overFloor: low(samples, row) / low(samples, FLOOR),
});

function low(samples: Samples, row: string): number {
  return lowTenth((samples.get(row) ?? []).map(({ median }) => median));
}

const NATIVE: Readonly<Record<Source, number>> = { 'http-api-2': 2.2, alb: 3.2, 'rest-api': 4.2 };

/** What is aimed at with each application: times faster than a peer, or than the fastest of all. */
const FASTER: Partial<Record<Group, readonly { than: string; goal: string; as?: string }[]>> = {
  raw: [{ than: 'every peer', goal: '2.5' }],
  express5: [
    { than: 'serverless-http', goal: '5 (Node 24: 2.5)' },
    { than: 'every peer', goal: '2' },
  ],
  express4: [
    { than: 'serverless-http', goal: '4 (Node 24: 2)' },
    { than: 'every peer', goal: '2' },
  ],
  koa: [{ than: 'every peer', goal: '1.8' }],
  fastify: [
    { than: 'every peer', goal: '1.8' },
    { than: 'fastify-aws-lambda', goal: '5' },
  ],
  hono: [
    { than: 'hono-aws-lambda', goal: '1.6' },
    { than: 'hono-aws-lambda', goal: '4', as: 'gatecall-light' },
  ],
};

function getGoals(samples: Samples, source: Source, group: Group): Omit<Goal, 'node'>[] {
  if (group === 'native') {
    return [
      {
        what: `small GET, ${source}, native: gatecall ÷ floor`,
        goal: `≤ ${NATIVE[source]}`,
        seen: ratio(samples, 'native/gatecall'),
      },
    ];
  }
  return [
    ...(FASTER[group] ?? []).map(({ than, goal, as = 'gatecall' }) => {
      const ours = `${group}/${as}`;
      const peers = [...samples.keys()].filter(
        (row) => row !== FLOOR && !/gatecall|bare/.test(row),
      );
      const slower = than === 'every peer' ? peers : [`${group}/${than}`];
      return {
        what: `small GET, ${source}, ${group}: ${than} ÷ ${as}`,
        goal: `≥ ${goal}`,
        seen: Math.min(...slower.map((row) => ratio(samples, row, ours))),
      };
    }),
    {
      what: `small GET, ${source}, ${group}: µs left behind, over the floor's`,
      goal: '≤ 0.5',
      seen: left(samples, `${group}/gatecall`) - left(samples, FLOOR),
    },
  ];
}

function left(samples: Samples, row: string): number {
  return median((samples.get(row) ?? []).map((sample) => sample.left));
}
