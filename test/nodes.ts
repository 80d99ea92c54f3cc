/**
 * The Node binaries at hand, and a way to run a script in one of them from the root of the
 * repository.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { optional } from './optional.ts';

export interface NodeBinary {
  version: string;
  path: string;
}

export const root: string = fileURLToPath(new URL('..', import.meta.url));

/** For tests of dist/: says what to do where there is none, or only half of one. */
export function requireDist(): void {
  if (existsSync(`${root}dist/esm/index.js`) && existsSync(`${root}NOTICE`)) return;
  throw new Error('dist/ is missing: run `npm run build` first, or `npm test`, which does both');
}

/** The Node that runs the tests, then what test/runtimes brings. */
export const nodes: readonly NodeBinary[] = [
  { version: process.version, path: process.execPath },
  ...installed('node22'),
  ...installed('node24'),
  ...installed('node26'),
];

function installed(part: string): NodeBinary[] {
  const path = fileURLToPath(new URL(`runtimes/node_modules/${part}x/bin/node`, import.meta.url));
  if (!optional(part, existsSync(path), 'npm ci --prefix test/runtimes')) return [];
  return [{ version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path }];
}

export type ModuleKind = 'module' | 'commonjs';

/**
 * Runs `script` and gives back the JSON it prints. `gatecall/…` in it means dist, by way of
 * `exports`.
 */
export async function runScript(
  node: NodeBinary,
  kind: ModuleKind,
  script: string,
  flags: readonly string[] = [],
): Promise<unknown> {
  const env = { ...process.env, NODE_OPTIONS: '' }; // the caller's would change what is tested
  const args = [...flags, `--input-type=${kind}`, '--eval', script];
  const { stdout } = await promisify(execFile)(node.path, args, { cwd: root, env });
  return JSON.parse(stdout);
}
