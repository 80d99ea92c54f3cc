/** Garbage of a small GET, once everything is warm. */
import { garbage } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';
import { FLOOR, GET, rowsOf } from './rows.ts';
import type { Settings } from './settings.ts';

const AT_MOST: Readonly<Record<string, number>> = { 'raw/gatecall': 6.5, 'express5/gatecall': 13 };

export async function memory({ here, quick, nodes, groups }: Settings): Promise<Goal[]> {
  const goals: Goal[] = [];
  const lines = new Map<string, string[]>();
  for (const { path: node, version } of nodes) {
    for (const group of groups) {
      const rows = rowsOf(here, group, quick);
      const seen = await garbage({ here, node, source: 'http-api-2', scenario: GET, rows });
      for (const [row, kb] of seen) {
        if (row === FLOOR && group !== groups[0]) continue;
        lines.set(row, [...(lines.get(row) ?? []), digits(kb)]);
        if (row in AT_MOST)
          goals.push({
            what: `garbage of a small GET, ${row}, KB`,
            goal: `≤ ${AT_MOST[row]}`,
            node: version,
            seen: kb,
          });
      }
    }
  }
  say('### Garbage of a small GET on http-api-2, KB an invoke\n');
  table(
    ['', ...nodes.map(({ version }) => `Node ${version}`)],
    [...lines].map(([row, cells]) => [row, ...cells]),
  );
  return goals;
}
