/** A small GET with 20 headers, once everything is warm. */
import { median, pairedSamples, ratio } from './paired.ts';
import { digits, type Goal, table, times } from './report.ts';
import { FEW_ROWS, ROWS, SMALL, type Source, SOURCES } from './rows.ts';
import type { Settings } from './main.ts';

const AT_MOST: Readonly<Record<Source, number>> = { 'http-api-2': 2.2, alb: 3.2, 'rest-api': 4.2 };

export async function warm({ here, quick, nodes }: Settings): Promise<Goal[]> {
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
        request: SMALL,
        expect: isPage,
        passes: quick ? 1 : 2,
        rounds: quick ? 9 : 11,
        warmUp: 12_000,
        settle: 0,
        invokes: 400,
        take: 'mean',
      });
      for (const [row, cells] of columns) {
        const us = median(samples.get(row) ?? []);
        cells.push(Number.isNaN(us) ? '–' : `${digits(us)} (${times(ratio(samples, row))})`);
      }
      goals.push(
        {
          what: `small GET, ${source}: gatecall ÷ floor`,
          goal: `≤ ${AT_MOST[source]}`,
          node: version,
          seen: ratio(samples, 'gatecall'),
        },
        {
          what: `small GET, ${source}: serverless-http ÷ gatecall`,
          goal: '≥ 2.5',
          node: version,
          seen: ratio(samples, 'serverless-http', 'gatecall'),
        },
      );
    }
    console.log(`### Small GET, Node ${version}, µs an invoke (times the floor)\n`);
    table(
      ['', ...SOURCES],
      [...columns].map(([row, cells]) => [row, ...cells]),
    );
  }
  return goals;
}

function isPage(body: Uint8Array): boolean {
  const { agent, q, page, sort } = JSON.parse(Buffer.from(body).toString()) as Record<
    string,
    string
  >;
  return (
    agent?.startsWith('Mozilla') === true && q === 'red shoes' && page === '2' && sort === 'price'
  );
}
