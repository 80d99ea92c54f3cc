/**
 * The functions of a project, each in processes of its own, as on Lambda: the first invocation starts one, overlapping ones
 * start more, and an edit ends those that run the old code.
 *
 * ```ts
 * const functions = startFunctions(project, { onLog: ({ text }) => console.error(text) });
 * const result = await functions.invoke('Hello', event);
 * await functions.close();
 * ```
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { type Code, CodeError } from './functions/code.ts';
import { type Instance, startInstance } from './functions/instance.ts';
import { endLine, memoryUsed, reportLine, startLine } from './functions/log.ts';
import { openCode } from './functions/open-code.ts';
import { createPool } from './functions/pool.ts';
import type { TraceMessage } from './functions/preload.ts';
import { findRuntimeClient } from './functions/runtime.ts';
import type { FunctionDefinition, Project } from './project.ts';
import type { Answer, InvocationResult } from './runtime-api.ts';

export { CodeError } from './functions/code.ts';
export type { TraceMessage } from './functions/preload.ts';

export interface FunctionLog {
  /** Undefined for what concerns no invocation. */
  readonly requestId: string | undefined;
  readonly functionId: string;
  readonly stream: 'stdout' | 'stderr' | 'platform';
  /** A line, without its end. */
  readonly text: string;
}

export interface FunctionsOptions {
  /** How many instances a function may have; more invocations wait. Default 10. */
  concurrency?: number;
  /** The first function listens for a debugger here, the next one port further; timeouts are off, and so is concurrency. */
  debugPort?: number | undefined;
  /** Whether edits end the instances of the old code. Default true. */
  watch?: boolean;
  onLog?: (log: FunctionLog) => void;
}

/** What an invocation took of what it may take. */
export interface FunctionReport {
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Undefined where the system does not tell. */
  readonly usedMb: number | undefined;
}

/** What happens on the way of an invocation, for its trace. */
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
  /** When all is over, after the result. */
  onReport?: (report: FunctionReport) => void;
  onTrace?: (message: TraceMessage) => void;
}

export interface Functions {
  /**
   * @throws {CodeError} when its code cannot be run: it does not build, or is not for Node.js
   * @throws {RangeError} for an event over Lambda's limit of 6 MiB
   */
  invoke(
    functionId: string,
    event: unknown,
    options?: InvokeFunctionOptions,
  ): Promise<InvocationResult>;
  /** Ends every process. */
  close(): Promise<void>;
}

export function startFunctions(project: Project, options: FunctionsOptions = {}): Functions {
  const functions = new Map(
    project.functions.map((definition, index) => [
      definition.id,
      startFunction(definition, index, project, options),
    ]),
  );
  return {
    invoke: async (functionId, event, invocation = {}) => {
      const called = functions.get(functionId);
      if (!called) throw new CodeError(`the template has no function ${functionId}`);
      return await called.invoke(event, invocation);
    },
    close: async () => {
      await Promise.all([...functions.values()].map((one) => one.close()));
    },
  };
}

interface LocalFunction {
  invoke(event: unknown, options: InvokeFunctionOptions): Promise<InvocationResult>;
  close(): Promise<void>;
}

function startFunction(
  definition: FunctionDefinition,
  index: number,
  project: Project,
  options: FunctionsOptions,
): LocalFunction {
  const { id } = definition;
  const { concurrency = 10, watch = true, onLog } = options;
  const debugPort = options.debugPort === undefined ? undefined : options.debugPort + index;
  /** Whose output a line is. */
  const running = new Map<Instance, { requestId: string; options: InvokeFunctionOptions }>();
  /** What concerns no invocation. */
  const platform = (text: string): void =>
    onLog?.({ requestId: undefined, functionId: id, stream: 'platform', text });

  const start = async (): Promise<Instance> => {
    const folder = await code.folder();
    const instance: Instance = await startInstance({
      definition,
      folder,
      client: findRuntimeClient(folder, project.folder),
      debugPort,
      onLine: (stream, text) => {
        const current = running.get(instance);
        const log = { requestId: current?.requestId, functionId: id, stream, text };
        current?.options.onLog?.(log);
        onLog?.(log);
      },
      onTrace: (message) => running.get(instance)?.options.onTrace?.(message),
    });
    return instance;
  };
  const instances = createPool(start, debugPort === undefined ? concurrency : 1);
  const code: Code = openCode(definition, project, {
    watch,
    onChange: () => {
      instances.retire();
      platform('its code has changed');
    },
    onError: (error) => platform(error.message),
  });

  return {
    async invoke(event, given) {
      // An edit that is being built is waited for, and what cannot be built is not run in its last good state.
      await code.folder();
      const { requestId = randomUUID() } = given;
      const { instance, cold, ending, release } = await instances.acquire();
      running.set(instance, { requestId, options: given });
      const log = (text: string): void => {
        const line = { requestId, functionId: id, stream: 'platform', text } as const;
        given.onLog?.(line);
        onLog?.(line);
      };
      given.onDequeued?.(cold);
      let startedAt: number | undefined;
      try {
        const result = await instance.invoke(event, {
          ...given,
          requestId,
          onStart: () => {
            startedAt = performance.now();
            log(startLine(requestId));
            given.onStart?.();
          },
        });
        const durationMs = startedAt === undefined ? 0 : performance.now() - startedAt;
        ending();
        const initMs = cold ? instance.initMs() : undefined;
        void finish({ instance, requestId, result, durationMs, initMs, log, release, given });
        return result;
      } catch (error) {
        running.delete(instance);
        release();
        throw error;
      }
    },
    close: async () => {
      await instances.close();
      await code.close();
    },
  };

  /** Says how it ended, once its last output has had time to arrive; the reply does not wait for that. */
  async function finish(ended: {
    instance: Instance;
    requestId: string;
    result: InvocationResult;
    durationMs: number;
    initMs: number | undefined;
    log: (text: string) => void;
    release: () => void;
    given: InvokeFunctionOptions;
  }): Promise<void> {
    const { instance, requestId, result, durationMs, initMs, log, release, given } = ended;
    const usedMb = await memoryUsed(instance.pid());
    await turn();
    const isTimeout = result.kind === 'timeout';
    if (isTimeout || result.kind === 'exited') {
      log(`RequestId: ${requestId} ${result.error?.errorMessage ?? ''}`);
    }
    log(endLine(requestId));
    const status = isTimeout ? 'timeout' : undefined;
    const { memoryMb, timeoutMs } = definition;
    log(reportLine({ requestId, durationMs, memoryMb, usedMb, initMs, status }));
    given.onReport?.({ durationMs, timeoutMs, memoryMb, usedMb });
    await instance.idle();
    running.delete(instance);
    release();
  }
}
