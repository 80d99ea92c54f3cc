/** One function: its code, its instances and its invocations. */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { FunctionDefinition, Project } from '../project.ts';
import type { Answer, InvocationResult } from '../runtime-api.ts';
import type { Code } from './code.ts';
import { type Instance, startInstance } from './instance.ts';
import { endLine, memoryUsed, reportLine, startLine } from './log.ts';
import { openCode } from './open-code.ts';
import { InstancePool, type Lease } from './pool.ts';
import type { TraceMessage } from './preload.ts';
import { findRuntimeClient } from './runtime.ts';

export interface FunctionLog {
  /** Undefined for a line outside an invocation. */
  readonly requestId: string | undefined;
  readonly functionId: string;
  readonly stream: 'stdout' | 'stderr' | 'platform';
  /** A line, without its end. */
  readonly text: string;
}

export interface FunctionsOptions {
  /** The most instances of a function; further invocations wait. Default: 10. */
  concurrency?: number;
  /**
   * The debugger's port of the first function; the next function has the next port. Timeouts and
   * concurrency are off then.
   */
  debugPort?: number | undefined;
  /** Whether edits end the instances of the old code. Default true. */
  watch?: boolean;
  onLog?: (log: FunctionLog) => void;
}

/** Time and memory of an invocation, with their limits. */
export interface FunctionReport {
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Undefined where the system does not report it. */
  readonly usedMb: number | undefined;
}

/** Callbacks for the steps of an invocation. */
export interface InvokeFunctionOptions {
  requestId?: string;
  traceId?: string;
  /** An instance took it. */
  onDequeued?: (cold: boolean) => void;
  /** That instance, started for it, is ready. */
  onReady?: () => void;
  /** The function received the event. */
  onStart?: () => void;
  onAnswer?: (answer: Answer) => void;
  onChunk?: (chunk: Uint8Array) => void | PromiseLike<void>;
  onLog?: (log: FunctionLog) => void;
  /** Called at the end, after the result. */
  onReport?: (report: FunctionReport) => void;
  onTrace?: (message: TraceMessage) => void;
}

export interface LocalFunction {
  invoke(event: unknown, options: InvokeFunctionOptions): Promise<InvocationResult>;
  close(): Promise<void>;
}

/** An invocation that an instance has. */
interface Running {
  readonly requestId: string;
  readonly options: InvokeFunctionOptions;
  /** A line of the platform's own. */
  readonly log: (text: string) => void;
}

/** `debugPort` is the function's own. */
export function startFunction(
  definition: FunctionDefinition,
  project: Project,
  { concurrency = 10, watch = true, onLog, debugPort }: FunctionsOptions,
): LocalFunction {
  const functionId = definition.id;
  /** The invocation that an instance's output belongs to. */
  const running = new Map<Instance, Running>();
  const finishing = new Set<Promise<void>>();
  /** Logs a line outside an invocation. */
  const say = (text: string): void =>
    onLog?.({ requestId: undefined, functionId, stream: 'platform', text });

  const start = async (): Promise<Instance> => {
    const folder = await code.folder();
    const instance: Instance = await startInstance({
      definition,
      folder,
      client: findRuntimeClient(folder, project.folder),
      debugPort,
      onLine: (stream, text) => {
        const current = running.get(instance);
        const line = { requestId: current?.requestId, functionId, stream, text };
        current?.options.onLog?.(line);
        onLog?.(line);
      },
      onTrace: (message) => {
        const current = running.get(instance);
        if (current?.requestId === message.requestId) current.options.onTrace?.(message);
      },
    });
    return instance;
  };
  const instances = new InstancePool(start, debugPort === undefined ? concurrency : 1);
  const code: Code = openCode(definition, project, {
    watch,
    onChange: () => {
      instances.retire();
      say('its code has changed');
    },
    onError: (error) => say(error.message),
  });

  return {
    async invoke(event, options) {
      // Wait for a build that is under way; code that does not build is not run in an older state.
      await code.folder();
      const lease = await instances.acquire();
      const { requestId = randomUUID() } = options;
      const log = (text: string): void => {
        const line = { requestId, functionId, stream: 'platform', text } as const;
        options.onLog?.(line);
        onLog?.(line);
      };
      const current = { requestId, options, log };
      running.set(lease.instance, current);
      const free = (): void => {
        running.delete(lease.instance);
        lease.release();
      };
      options.onDequeued?.(lease.cold);
      try {
        const { result, durationMs } = await invokeInstance(lease.instance, event, current);
        lease.markEnding();
        const work = finish(definition, lease, current, result, durationMs).then(free);
        finishing.add(work);
        void work.then(() => finishing.delete(work));
        return result;
      } catch (error) {
        free();
        throw error;
      }
    },
    close: async () => {
      await instances.close();
      await Promise.all(finishing);
      await code.close();
    },
  };
}

async function invokeInstance(
  instance: Instance,
  event: unknown,
  { requestId, options, log }: Running,
): Promise<{ result: InvocationResult; durationMs: number }> {
  let startedAt: number | undefined;
  const result = await instance.invoke(event, {
    ...options,
    requestId,
    onStart: () => {
      startedAt = performance.now();
      log(startLine(requestId));
      options.onStart?.();
    },
  });
  // An invocation without a start has no duration.
  return { result, durationMs: startedAt === undefined ? 0 : performance.now() - startedAt };
}

/** Logs the end of an invocation after its last output. The reply does not wait for this. */
async function finish(
  { memoryMb, timeoutMs }: FunctionDefinition,
  { instance, cold }: Lease,
  { requestId, options, log }: Running,
  { kind, error }: InvocationResult,
  durationMs: number,
): Promise<void> {
  const initMs = cold ? instance.initMs() : undefined;
  const usedMb = await memoryUsed(instance.pid());
  await turn();
  if (kind === 'timeout' || kind === 'exited') {
    log(`RequestId: ${requestId} ${error?.errorMessage ?? ''}`);
  }
  log(endLine(requestId));
  const status = kind === 'timeout' ? 'timeout' : undefined;
  log(reportLine({ requestId, durationMs, memoryMb, usedMb, initMs, status }));
  options.onReport?.({ durationMs, timeoutMs, memoryMb, usedMb });
  await instance.idle();
}
