/** Bytes of the minified bundles. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { digits, type Goal, say, table } from './report.ts';
import { fileOf, rowsOf } from './rows.ts';
import type { Settings } from './settings.ts';

export async function size({ here, gatecall, groups, quick }: Settings): Promise<Goal[]> {
  const { outputFiles } = await build({
    entryPoints: [join(gatecall, 'esm/gateways/aws.js')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    write: false,
  });
  const core = (outputFiles[0]?.contents.length ?? NaN) / 1024;
  say('### Minified bundles, KB (the row with its application)\n');
  const rows = new Set(groups.flatMap((group) => rowsOf(here, group, quick)));
  table(
    ['', 'cjs', 'mjs'],
    [...rows].map((row) => [
      row,
      ...['cjs', 'mjs'].map((kind) => {
        const file = join(here, 'dist/rows', `${fileOf(row, 'http-api-2')}.${kind}`);
        return existsSync(file) ? digits(statSync(file).size / 1024) : '–';
      }),
    ]),
  );
  return [
    { what: 'gatecall/aws and the core under it, KB minified', goal: '≤ 16', node: '', seen: core },
  ];
}
