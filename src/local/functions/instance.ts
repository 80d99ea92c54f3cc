/** One execution environment: a process with a runtime client, and a Runtime API of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FunctionDefinition } from '../project.ts';
import {
  type Answer,
  type InvocationResult,
  type RuntimeApi,
  startRuntimeApi,
} from '../runtime-api.ts';
import { platformError } from '../runtime-api/result.ts';
import type { TraceMessage } from './preload.ts';
import { preload, type RuntimeClient } from './runtime.ts';
import { functionVariables } from './variables.ts';

export interface InstanceOptions {
  definition: FunctionDefinition;
  /** Where its code lies, ready to run. */
  folder: string;
  client: RuntimeClient;
  /** Listens for a debugger here; timeouts are off then. */
  debugPort?: number | undefined;
  /** A line of its output. */
  onLine: (stream: 'stdout' | 'stderr', text: string) => void;
  onTrace: (message: TraceMessage) => void;
}

export interface InstanceInvocation {
  requestId: string;
  traceId?: string | undefined;
  /** The runtime asked for its first event; cold starts only. */
  onReady?: () => void;
  /** The runtime received the event. */
  onStart?: () => void;
  onAnswer?: (answer: Answer) => void;
  onChunk?: (chunk: Uint8Array) => void | PromiseLike<void>;
}

export interface Instance {
  invoke(event: unknown, invocation: InstanceInvocation): Promise<InvocationResult>;
  /** False once its process has ended or is being stopped. */
  alive(): boolean;
  /**
   * Settles when the instance asks for the next event, or has ended: a crash follows the error that
   * it reported.
   */
  idle(): Promise<void>;
  /** From its start until it asked for its first event, in ms; undefined before. */
  initMs(): number | undefined;
  pid(): number | undefined;
  /** Ends the process. Safe to call twice. */
  stop(): Promise<void>;
}

/** Lambda's own limit for the start of a function, in ms. */
const INIT_LIMIT = 10_000;
/** The timeout under a debugger, in ms: a day. */
const NO_TIMEOUT = 86_400_000;

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { definition, debugPort } = options;
  const started = performance.now();
  let initMs: number | undefined;
  let ready: (() => void) | undefined;
  let idle = Promise.resolve();
  let rest: () => void = () => undefined;
  const api = await startRuntimeApi({
    functionName: definition.name,
    onNext: () => {
      rest();
      if (initMs !== undefined) return;
      initMs = performance.now() - started;
      ready?.();
    },
  });
  const child = start(options, api);
  let isAlive = true;
  const closed = new Promise<void>((resolve) => {
    // Node emits `close` after the output has been read, and after a failed start.
    child.on('close', () => {
      isAlive = false;
      rest();
      api.reportExit(reason(child));
      resolve(api.close());
    });
  });
  const stop = async (): Promise<void> => {
    isAlive = false;
    child.kill('SIGKILL');
    await closed;
  };
  const timeoutMs = debugPort === undefined ? definition.timeoutMs : NO_TIMEOUT;
  const initLimit = debugPort === undefined ? Math.max(INIT_LIMIT, timeoutMs) : NO_TIMEOUT;

  return {
    async invoke(event, invocation) {
      ready = invocation.onReady;
      let isLate = false;
      const limit = setTimeout(() => {
        isLate = initMs === undefined;
        if (isLate) void stop();
      }, initLimit);
      const result = await api
        .invoke(event, {
          timeoutMs,
          ...dropUndefined(invocation),
          onStart: () => {
            idle = new Promise((resolve) => {
              rest = resolve;
            });
            invocation.onStart?.();
          },
        })
        .finally(() => clearTimeout(limit));
      if (isLate) return { ...result, kind: 'timeout', error: timeoutError(initLimit) };
      // Lambda stops it, too: code that still runs would disturb the next invocation.
      if (result.kind === 'timeout' || result.kind === 'exited' || result.kind === 'init-error') {
        void stop();
      }
      return result;
    },
    alive: () => isAlive,
    idle: () => idle,
    initMs: () => initMs,
    pid: () => child.pid,
    stop,
  };
}

function start(options: InstanceOptions, api: RuntimeApi): ChildProcess {
  const { definition, folder, client, debugPort } = options;
  const flags = [
    `--max-old-space-size=${definition.memoryMb}`,
    '--enable-source-maps',
    ...(debugPort === undefined ? [] : [`--inspect=127.0.0.1:${debugPort}`]),
    '--import',
    preload,
  ];
  const child = spawn(process.execPath, [...flags, client.file, definition.handler], {
    cwd: folder,
    env: functionVariables(definition, folder, api.address, process.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.on('error', (error) => options.onLine('stderr', `cannot start: ${error.message}`));
  child.on('message', (message) => options.onTrace(message as TraceMessage));
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (input) createInterface({ input }).on('line', (line) => options.onLine(stream, line));
  }
  return child;
}

function timeoutError(ms: number): InvocationResult['error'] {
  const message = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
  return platformError('Sandbox.Timedout', message);
}

function reason({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null ? `exit status ${exitCode}` : `signal: ${signalCode}`;
}

/** `exactOptionalPropertyTypes`: left out, not undefined. */
function dropUndefined({
  traceId,
  onReady: _,
  ...rest
}: InstanceInvocation): Omit<InstanceInvocation, 'onReady' | 'traceId'> & { traceId?: string } {
  return traceId === undefined ? rest : { ...rest, traceId };
}
