/**
 * A function in AWS's own runtime client, in a process of its own, against the Runtime API of
 * src/local.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lambdaVariables } from '../src/local/functions/context.ts';
import {
  type InvocationResult,
  type InvokeOptions,
  startRuntimeApi,
} from '../src/local/runtime-api.ts';
import { type NodeBinary, nodes } from './nodes.ts';
import { optional } from './optional.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const AWS_CLIENT = here('ric/node_modules/aws-lambda-ric/index.mjs');
const OWN_CLIENT = here('../dist/command/client.js');

/** Whether the client is installed. */
export const ric: boolean = optional(
  'ric',
  existsSync(AWS_CLIENT),
  'npm ci --ignore-scripts --prefix test/ric',
);
// Built once, it loads in every Node: it is a Node-API module.
const built = optional(
  'ric-native',
  existsSync(here('ric/node_modules/aws-lambda-ric/rapid-client.node')),
  'npm rebuild --prefix test/ric, which wants make, a C++ compiler and cmake',
);

/** AWS's client in one Node, with its native module or with the stand-in for that. */
export interface Runtime extends NodeBinary {
  /** `'Node v24.0.0, native client'` */
  name: string;
  native: boolean;
}

/**
 * Every Node with the stand-in, then those the client is meant for (22 and up) with its native
 * module.
 */
export const runtimes: readonly Runtime[] = [
  ...nodes.map((node) => runtime(node, false)),
  ...(built ? nodes : [])
    .filter(({ version }) => Number.parseInt(version.slice(1)) >= 22)
    .map((node) => runtime(node, true)),
];

function runtime(node: NodeBinary, native: boolean): Runtime {
  const name = `Node ${node.version}${native ? ', native client' : ''}`;
  return { ...node, name, native };
}

const FIRST = runtime({ version: process.version, path: process.execPath }, false);

function awsClient({ native }: Runtime): string[] {
  return native ? [AWS_CLIENT] : ['--require', here('ric/preload.cjs'), AWS_CLIENT];
}

export interface FunctionOptions {
  /** The module that exports the handler. */
  handlerFile: string;
  /** Default `'handler'`. */
  exportName?: string;
  /** Default the first. */
  runtime?: Runtime | undefined;
  /** Environment variables beside Lambda's own; nothing else is inherited but PATH. */
  env?: Readonly<Record<string, string>>;
  /**
   * Where the client looks for the Runtime API, given where that is: for somebody who listens in
   * between.
   */
  address?: (address: string) => string | PromiseLike<string>;
  /** AWS's own client, or the one of src/local. Default `'aws'`. */
  client?: 'aws' | 'gatecall';
}

export interface LambdaFunction extends AsyncDisposable {
  readonly pid: number;
  /**
   * After a timeout, as on Lambda, the process is ended; an invocation of one that has ended ends
   * as `'exited'`.
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvocationResult>;
  /** What it has written to standard output and standard error. */
  logs(): string;
  /** How the process has ended, once it has: `'exit status 1'`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export async function startFunction(options: FunctionOptions): Promise<LambdaFunction> {
  const { handlerFile, exportName = 'handler', client = 'aws', env = {} } = options;
  const { runtime = FIRST, address = (direct: string) => direct } = options;
  const name = basename(handlerFile, extname(handlerFile));
  const api = await startRuntimeApi({
    functionName: name,
    concurrency: Number(env['AWS_LAMBDA_MAX_CONCURRENCY'] ?? 1),
  });
  const variables = lambdaVariables(
    { name, handler: `${name}.${exportName}`, folder: dirname(handlerFile) },
    { PATH: process.env['PATH'], ...env, AWS_LAMBDA_RUNTIME_API: await address(api.address) },
  );
  const child = spawn(runtime.path, client === 'aws' ? awsClient(runtime) : [OWN_CLIENT], {
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  // 'close' comes when its output has been read, too.
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => (log += String(error)));
    child.on('close', () => {
      api.reportExit(reason(child));
      resolve(reason(child));
    });
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await api.close();
  };

  return {
    pid: child.pid ?? 0,
    ended,
    invoke: async (event, invokeOptions) => {
      if (hasEnded()) await ended;
      const outcome = api.invoke(event, invokeOptions);
      if (hasEnded()) api.reportExit(reason(child));
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
