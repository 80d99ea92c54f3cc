/** The built command `gatecall` as a process of its own. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '../local/support.ts';
import { root } from '../nodes.ts';

const cli = join(root, 'dist/command/cli.js');
const children: ChildProcess[] = [];

/** For afterAll. */
export function stopCommands(): void {
  for (const child of children) child.kill('SIGKILL');
}

export interface Run {
  code: number | null;
  out: string;
  log: string;
}

function begin(cwd: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  return child;
}

export async function runIn(cwd: string, args: readonly string[], input = ''): Promise<Run> {
  const child = begin(cwd, args);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, log] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await until(() => child.exitCode !== null || child.signalCode !== null);
  return { code: child.exitCode, out, log };
}

export interface Started {
  child: ChildProcess;
  out(): string;
  log(): string;
  /** By a front's name. */
  url(name: string): string;
  inspector(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function startApiIn(cwd: string, ...args: string[]): Promise<Started> {
  const child = begin(cwd, ['start-api', '--port', '0', '--inspector-port', '0', ...args]);
  let out = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => (out += data));
  child.stderr.setEncoding('utf8').on('data', (data: string) => (log += data));
  await until(() => out.includes('inspector: ') || child.exitCode !== null, 20_000);
  return {
    child,
    out: () => out,
    log: () => log,
    url: (name) =>
      new RegExp(`^${name} +(\\S+)`, 'm').exec(out)?.[1] ?? `no ${name} in ${out}${log}`,
    inspector: () => /inspector: (\S+)/.exec(out)?.[1] ?? `no inspector in ${out}${log}`,
    stop: async (signal = 'SIGINT') => {
      child.kill(signal);
      await until(() => child.exitCode !== null || child.signalCode !== null);
      return child.exitCode;
    },
  };
}
