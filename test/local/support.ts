/**
 * Projects on disk, served by real processes. `npm run build` first: a function's process runs what
 * is in dist/.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Fronts, type FrontsOptions, startFronts } from '../../src/local/fronts.ts';
import {
  type FunctionLog,
  type Functions,
  type FunctionsOptions,
  startFunctions,
} from '../../src/local/functions.ts';
import type {
  Front,
  FunctionDefinition,
  FunctionUrlFront,
  HttpApiFront,
  HttpApiRoute,
  LoadBalancerFront,
  LoadBalancerRule,
  Place,
  Project,
  RestApiFront,
  RestApiRoute,
} from '../../src/local/project.ts';
import type { InvocationResult } from '../../src/local/runtime-api.ts';
import { TraceLog } from '../../src/local/trace.ts';
import { root } from '../nodes.ts';

export const place: Place = { file: 'template.yaml', line: 1, column: 1 };

export interface TestProject extends Disposable {
  readonly folder: string;
  write(name: string, content: string): void;
  project(functions: readonly Partial<FunctionDefinition>[], fronts?: readonly Front[]): Project;
}

/** A folder with files, and gatecall installed. */
export function makeProject(files: Readonly<Record<string, string>>): TestProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatecall-local-')));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/gatecall'), 'dir');
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    folder,
    write,
    project: (functions, fronts = []) => ({
      file: join(folder, 'template.yaml'),
      folder,
      functions: functions.map((it) => ({ ...definition(folder), ...it })),
      fronts,
      notes: [],
    }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function definition(folder: string): FunctionDefinition {
  return {
    id: 'Hello',
    name: 'hello',
    runtime: 'nodejs24.x',
    handler: 'app.handler',
    codeFolder: folder,
    environment: {},
    timeoutMs: 10_000,
    memoryMb: 256,
    architecture: 'arm64',
    place,
  };
}

/** Fronts of this project, with the least of settings. */
export const httpApi = (
  routes: readonly (Partial<HttpApiRoute> & Pick<HttpApiRoute, 'path'>)[],
  more: Partial<HttpApiFront> = {},
): HttpApiFront => ({
  kind: 'http-api',
  id: 'Api',
  place,
  stage: '$default',
  stageVariables: {},
  routes: routes.map((it) => ({ ...COMMON, payloadFormat: '2.0', timeoutMs: 30_000, ...it })),
  basePaths: [],
  ...more,
});

export const restApi = (
  routes: readonly (Partial<RestApiRoute> & Pick<RestApiRoute, 'path'>)[],
  more: Partial<RestApiFront> = {},
): RestApiFront => ({
  kind: 'rest-api',
  id: 'Rest',
  place,
  stage: 'live',
  stageVariables: {},
  routes: routes.map((it) => ({
    ...COMMON,
    stream: false,
    timeoutMs: 29_000,
    apiKeyRequired: false,
    ...it,
  })),
  binaryMediaTypes: [],
  basePaths: [],
  apiKeys: [],
  ...more,
});

export const functionUrl = (more: Partial<FunctionUrlFront> = {}): FunctionUrlFront => ({
  kind: 'function-url',
  id: 'Url',
  place,
  functionId: 'Hello',
  stream: false,
  authType: 'NONE',
  ...more,
});

export const loadBalancer = (
  rules: readonly Pick<LoadBalancerRule, 'conditions' | 'action'>[],
): LoadBalancerFront => ({
  kind: 'alb',
  id: 'Alb',
  place,
  rules: rules.map((rule) => ({ ...rule, place })),
});

const COMMON = { method: 'ANY', functionId: 'Hello', place };

export interface Served extends AsyncDisposable {
  /** Of the first front, or the one with this id. */
  url(frontId?: string): string;
  readonly fronts: Fronts;
  readonly functions: Functions;
  readonly traces: TraceLog;
  readonly logs: FunctionLog[];
  /** Why fronts answered by themselves, and what the user was told. */
  readonly problems: string[];
  readonly notes: string[];
}

export async function serve(
  project: Project,
  options: Partial<FrontsOptions> & FunctionsOptions = {},
): Promise<Served> {
  const logs: FunctionLog[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  const traces = new TraceLog();
  const functions =
    options.functions ?? startFunctions(project, { ...options, onLog: (log) => logs.push(log) });
  const fronts = await startFronts(project, {
    port: 0,
    traces,
    onNote: (note) => notes.push(note),
    onAnswered: (_front, _request, { problem }) => problem !== undefined && problems.push(problem),
    ...options,
    functions,
  });
  return {
    url: (id) => (fronts.list.find(({ front }) => front.id === id) ?? fronts.list[0])?.url ?? '',
    fronts,
    functions,
    traces,
    logs,
    problems,
    notes,
    [Symbol.asyncDispose]: async () => {
      await fronts.close();
      await functions.close();
    },
  };
}

/** A front's functions without processes: handlers of this one, for what only the fronts decide. */
export function inProcess(
  handlers: Readonly<Record<string, (event: unknown, context: unknown) => unknown>>,
): Functions {
  return {
    invoke: async (id, event, { requestId = 'request-1', onStart, onReport } = {}) => {
      const size = Buffer.byteLength(JSON.stringify(event));
      if (size > 6 * 1024 * 1024) throw new RangeError(`an event of ${size} bytes`);
      onStart?.();
      onReport?.({ durationMs: 1, timeoutMs: 3000, memoryMb: 128, usedMb: 50 });
      try {
        const reply = await handlers[id]?.(event, { awsRequestId: requestId });
        const body = Buffer.from(JSON.stringify(reply) ?? 'null');
        return { ...NO_RESULT, kind: 'buffered', requestId, body };
      } catch (error) {
        const { name, message } = error as Error;
        const report = { errorType: name, errorMessage: message, trace: [] };
        return { ...NO_RESULT, kind: 'error', requestId, error: report };
      }
    },
    close: async () => {},
  };
}

const NO_RESULT: Omit<InvocationResult, 'kind' | 'requestId'> = {
  contentType: 'application/json',
  body: new Uint8Array(),
  prelude: undefined,
  payload: undefined,
  error: undefined,
  truncated: false,
  firstByteMs: undefined,
  chunks: [],
  requestHeaders: {},
  rawHeaders: [],
  trailers: {},
};

/** Waits until something is so. */
export async function until(isSo: () => boolean, ms = 15_000): Promise<void> {
  const end = Date.now() + ms;
  while (!isSo()) {
    if (Date.now() > end) throw new Error('it did not come to be so');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
