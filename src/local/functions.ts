/**
 * The functions of a project, each in processes of its own. The first invocation starts a process,
 * overlapping invocations start more, and an edit ends those with old code.
 *
 * ```ts
 * const functions = startFunctions(project, { onLog: ({ text }) => console.error(text) });
 * const result = await functions.invoke('Hello', event);
 * await functions.close();
 * ```
 */
import { CodeError } from './functions/code.ts';
import {
  type FunctionsOptions,
  type InvokeFunctionOptions,
  startFunction,
} from './functions/function.ts';
import type { Project } from './project.ts';
import type { InvocationResult } from './runtime-api.ts';

export { CodeError } from './functions/code.ts';
export type {
  FunctionLog,
  FunctionReport,
  FunctionsOptions,
  InvokeFunctionOptions,
} from './functions/function.ts';
export type { TraceMessage } from './functions/preload.ts';

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
