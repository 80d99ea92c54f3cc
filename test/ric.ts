/** A function in AWS's own runtime client, in a process of its own, against the Runtime API of src/local. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lambdaVariables } from '../src/cli/context.ts';
import {
  type InvocationResult,
  type InvokeOptions,
  startRuntimeApi,
} from '../src/local/runtime-api.ts';
import { optional } from './optional.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const client = here('ric/node_modules/aws-lambda-ric/index.mjs');

/** Whether the client is installed. */
export const ric: boolean = optional(
  'ric',
  existsSync(client),
  'npm ci --ignore-scripts --prefix test/ric',
);

export interface FunctionOptions {
  /** The module that exports `handler`. */
  handlerFile: string;
  /** The Node to run it in. Default the one that runs the tests. */
  nodeBinary?: string;
  /** Environment variables beside Lambda's own; nothing else is inherited but PATH. */
  env?: Readonly<Record<string, string>>;
}

export interface LambdaFunction extends AsyncDisposable {
  /** After a timeout, as on Lambda, the process is ended; an invocation of one that has ended ends as `'exited'`. */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvocationResult>;
  /** What it has written to standard output and standard error. */
  logs(): string;
  stop(): Promise<void>;
}

export async function startFunction(options: FunctionOptions): Promise<LambdaFunction> {
  const { handlerFile, nodeBinary = process.execPath, env = {} } = options;
  const name = basename(handlerFile, extname(handlerFile));
  const api = await startRuntimeApi({
    functionName: name,
    concurrency: Number(env['AWS_LAMBDA_MAX_CONCURRENCY'] ?? 1),
  });
  const variables = lambdaVariables(
    { name, handler: `${name}.handler`, folder: dirname(handlerFile) },
    { PATH: process.env['PATH'], ...env, AWS_LAMBDA_RUNTIME_API: api.address },
  );
  const child = spawn(nodeBinary, ['--require', here('ric/preload.cjs'), client], {
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  // 'close' comes when its output has been read, too.
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => (log += String(error)));
    child.on('close', () => {
      api.exited(reason(child));
      resolve();
    });
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await api.close();
  };

  return {
    invoke: async (event, invokeOptions) => {
      if (hasEnded()) await ended;
      const outcome = api.invoke(event, invokeOptions);
      if (hasEnded()) api.exited(reason(child));
      const result = await outcome;
      if (result.kind === 'timeout') {
        child.kill('SIGKILL');
        await ended;
      }
      return result;
    },
    logs: () => log,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function reason({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null ? `exit status ${exitCode}` : `signal: ${signalCode}`;
}
