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
import { CodeError } from './functions/code.ts';
import { startFunction } from './functions/function.ts';
import type { TraceMessage } from './functions/preload.ts';
import type { Project } from './project.ts';
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
      startFunction(definition, project, {
        ...options,
        debugPort: options.debugPort === undefined ? undefined : options.debugPort + index,
      }),
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
