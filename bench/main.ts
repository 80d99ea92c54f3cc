/** Runs what was asked for, then sets it beside the goals. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { cold } from './cold.ts';
import { memory } from './memory.ts';
import { type Goal, said, say, table } from './report.ts';
import { GROUPS } from './rows.ts';
import { serve } from './serve.ts';
import type { NodeBinary, Settings } from './settings.ts';
import { size } from './size.ts';
import { startApi } from './start-api.ts';
import { streaming } from './streaming.ts';
import { get, large, post, upload } from './warm.ts';

interface Arguments extends Omit<Settings, 'nodes' | 'groups'> {
  only?: readonly string[];
  app?: readonly string[];
  node?: readonly string[];
}

const PARTS = {
  size,
  get,
  post,
  large,
  upload,
  memory,
  cold,
  streaming,
  serve,
  'start-api': startApi,
};

/** Runs the parts. A whole run is written to `RESULTS.md`. */
export async function main({ only, app, node, ...rest }: Arguments): Promise<void> {
  const paths = node ?? [process.execPath, ...(rest.quick ? [] : installed(rest.here))];
  const groups = GROUPS.filter((group) => app?.includes(group) ?? true);
  const settings = { ...rest, groups, nodes: paths.map(nodeBinary) };
  const start = performance.now();
  const date = new Date().toISOString().slice(0, 10);
  say(`${date}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${load()}\n`);
  const goals: Goal[] = [];
  for (const part of only ?? Object.keys(PARTS)) {
    if (!(part in PARTS))
      throw new Error(`no part ${part}; there are ${Object.keys(PARTS).join(', ')}`);
    goals.push(...(await PARTS[part as keyof typeof PARTS](settings)));
  }
  say('### Beside the goals\n');
  const versions = [...new Set(goals.map((goal) => goal.node))].filter((version) => version !== '');
  const whats = new Map(goals.map((goal) => [goal.what, goal.goal]));
  table(
    ['', 'goal', ...(versions.length > 0 ? versions.map((version) => `Node ${version}`) : ['any'])],
    [...whats].map(([what, goal]) => [
      what,
      goal,
      ...(versions.length > 0 ? versions : ['']).map((version) => {
        const seen = goals.find(
          (one) => one.what === what && ['', version].includes(one.node),
        )?.seen;
        return seen === undefined || Number.isNaN(seen) ? '–' : seen.toFixed(2);
      }),
    ]),
  );
  say(`${Math.round((performance.now() - start) / 1000)} s, ${load()}`);
  if (!only && !app && !node && !rest.quick) writeResults(rest.here);
}

function writeResults(here: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const peers = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  const text = ['# Results', '', 'Written by `npm run bench`. How: README.md.', '', ...said];
  text.push('', `Measured: ${peers.join(', ')}.`, '');
  writeFileSync(join(here, 'RESULTS.md'), text.join('\n'));
}

/** Whoever else works on the machine shows in every number. */
function load(): string {
  return `load ${loadavg()[0]?.toFixed(1)}`;
}

function installed(here: string): string[] {
  return ['node22x', 'node24x']
    .map((name) => join(here, '../test/runtimes/node_modules', name, 'bin/node'))
    .filter((path) => existsSync(path));
}

function nodeBinary(path: string): NodeBinary {
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  return { path, version };
}
