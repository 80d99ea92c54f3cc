/** Runs what was asked for, then sets it beside the goals. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { cold } from './cold.ts';
import { large } from './large.ts';
import { type Goal, table } from './report.ts';
import { size } from './size.ts';
import { serve } from './serve.ts';
import { streaming } from './streaming.ts';
import { warm } from './warm.ts';

export interface NodeBinary {
  path: string;
  version: string;
}

export interface Settings {
  /** This folder, and the build of gatecall that is measured. */
  here: string;
  gatecall: string;
  quick: boolean;
  nodes: readonly NodeBinary[];
}

interface Arguments extends Omit<Settings, 'nodes'> {
  only: readonly string[];
  node?: readonly string[];
}

const PARTS = { size, warm, large, cold, streaming, serve };

export async function main({ only, node, ...rest }: Arguments): Promise<void> {
  const paths = node ?? [process.execPath, ...(rest.quick ? [] : installed(rest.here))];
  const settings = { ...rest, nodes: paths.map(nodeBinary) };
  const start = performance.now();
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${load()}\n`);
  const goals: Goal[] = [];
  for (const part of only) {
    if (!(part in PARTS))
      throw new Error(`no part ${part}; there are ${Object.keys(PARTS).join(', ')}`);
    goals.push(...(await PARTS[part as keyof typeof PARTS](settings)));
  }
  console.log('### Beside the goals\n');
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
  console.log(`${Math.round((performance.now() - start) / 1000)} s, ${load()}`);
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
