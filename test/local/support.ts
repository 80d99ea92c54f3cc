/** Projects on disk, served by real processes. `npm run build` first: a function's process runs what is in dist/. */
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
import type { Front, FunctionDefinition, Place, Project } from '../../src/local/project.ts';
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
  const functions = startFunctions(project, { ...options, onLog: (log) => logs.push(log) });
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

/** Waits until something is so. */
export async function until(isSo: () => boolean, ms = 5000): Promise<void> {
  const end = Date.now() + ms;
  while (!isSo()) {
    if (Date.now() > end) throw new Error('it did not come to be so');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
