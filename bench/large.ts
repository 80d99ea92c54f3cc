/** A response of 1 MB that is no text. Load balancers take no such reply. */
import { lowTenth, pairedSamples, type Samples } from './paired.ts';
import { digits, type Goal, table, times } from './report.ts';
import { FEW_ROWS, FLOOR, LARGE, ROWS, type Source } from './rows.ts';
import type { Settings } from './main.ts';

const SOURCES: readonly Source[] = ['http-api-2', 'rest-api'];

export async function large({ here, quick, nodes }: Settings): Promise<Goal[]> {
  const rows = quick ? FEW_ROWS : ROWS;
  const goals: Goal[] = [];
  for (const { path, version } of nodes) {
    const columns = new Map<string, string[]>(rows.map((row) => [row, []]));
    for (const source of SOURCES) {
      const samples = await pairedSamples({
        here,
        node: path,
        source,
        rows,
        request: LARGE,
        expect: isLarge,
        passes: 1,
        rounds: 15,
        warmUp: 12_000,
        // Until the heap has grown to what megabytes need: before that most of the time goes into page faults.
        settle: 400,
        invokes: 15,
        take: 'median',
      });
      for (const [row, cells] of columns) {
        const us = lowTenth(samples.get(row) ?? []);
        cells.push(Number.isNaN(us) ? '–' : `${digits(us)} (${times(ratio(samples, row))})`);
      }
      goals.push({
        what: `1 MB binary response, ${source}: gatecall ÷ floor`,
        goal: '≤ 1.15',
        node: version,
        seen: ratio(samples, 'gatecall'),
      });
    }
    console.log(
      `### 1 MB binary response, Node ${version}, µs an invoke, lower tenth (times the floor)\n`,
    );
    table(
      ['', ...SOURCES],
      [...columns].map(([row, cells]) => [row, ...cells]),
    );
  }
  return goals;
}

function ratio(samples: Samples, row: string): number {
  return lowTenth(samples.get(row) ?? []) / lowTenth(samples.get(FLOOR) ?? []);
}

function isLarge(body: Uint8Array): boolean {
  return body.length === 1_000_000 && body.every((byte, index) => byte === index % 251);
}
