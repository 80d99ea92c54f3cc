/** `gatecall serve`, or a script that calls `serve`, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testRequest, type TestRequestOptions, textOf } from '../src/aws-model/message.ts';
import { send } from './http-client.ts';

const cli = fileURLToPath(new URL('../dist/command/cli.js', import.meta.url));
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/serve/${name}`, import.meta.url));

export interface ServedOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Runs this script instead of the command. */
  script?: string;
}

export interface Served extends AsyncDisposable {
  child: ChildProcess;
  port: number;
  stdout(): string;
  stderr(): string;
  get(target: string, options?: TestRequestOptions): Promise<string>;
  /** Settles with its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Starts it without waiting for anything. */
export function launch(
  args: readonly string[],
  options: ServedOptions = {},
): Omit<Served, 'port' | 'get'> {
  const { env = {}, script = cli, cwd } = options;
  const child = spawn(process.execPath, [script, ...(script === cli ? ['serve'] : []), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? 'lost',
  );
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async [Symbol.asyncDispose]() {
      // Its workers go with it.
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts it and waits until it says where it serves. */
export async function served(args: readonly string[], options?: ServedOptions): Promise<Served> {
  const process = launch(args, options);
  const port = await new Promise<number>((resolve, reject) => {
    const look = (): void => {
      const [, port] = /at http:\/\/[^:]+:([0-9]+)/.exec(process.stderr()) ?? [];
      if (port !== undefined) resolve(Number(port));
    };
    process.child.stderr?.on('data', look);
    void process.ended.then((how) =>
      reject(new Error(`it ended with ${how}: ${process.stderr()}`)),
    );
  });
  return {
    ...process,
    port,
    get: async (target, options) => {
      const headers = [
        ['Host', 'a'],
        ['Connection', 'close'],
      ] as const;
      return textOf(await send({ http: { port } }, testRequest({ target, headers, ...options })));
    },
  };
}
