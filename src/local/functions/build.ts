/**
 * Builds functions with `BuildMethod: esbuild` as `sam build` does, into a cache folder, and again
 * after each edit.
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type * as Esbuild from 'esbuild';
import type { EsbuildProperties, FunctionDefinition, Project } from '../project.ts';
import { fileNameOf } from '../file-name.ts';
import { type Code, CodeError, type CodeOptions } from './code.ts';
import { watchFolders } from './watch.ts';

export function createBuild(
  definition: FunctionDefinition,
  properties: EsbuildProperties,
  project: Project,
  options: CodeOptions,
): Code {
  const outdir = cacheFolder(definition, project);
  let builder: Builder | undefined;
  let inputs = new Set<string>();
  let isClosed = false;
  const watcher = options.watch ? watchFolders([], changed, (file) => inputs.has(file)) : undefined;

  async function build(): Promise<string> {
    builder ??= await open(definition, properties, outdir);
    try {
      const { metafile } = await builder.rebuild();
      follow(Object.keys(metafile.inputs));
    } catch (error) {
      follow(failedFiles(error, definition, properties));
      throw new CodeError(await buildMessage(error, definition, project));
    }
    return outdir;
  }
  /** esbuild names its inputs from its working folder. */
  function follow(files: readonly string[]): void {
    const paths = files.map((file) => resolve(definition.codeFolder, file));
    const own = paths.filter((file) => !file.includes('node_modules'));
    // The inputs of the last good build stay watched: an edit of any may fix the build.
    inputs = new Set([...inputs, ...own]);
    watcher?.set(new Set([...inputs].map((file) => dirname(file))));
  }
  let current = attempt();

  function attempt(): Promise<string> {
    const attempted = build();
    attempted.catch((error: unknown) => {
      if (!isClosed && error instanceof CodeError) options.onError(error);
    });
    return attempted;
  }
  function changed(files: readonly string[]): void {
    // A build that is under way may have read old files.
    current = current.then(attempt, attempt);
    current.catch(() => undefined);
    options.onChange(files);
  }

  return {
    folder: () => current,
    close: async () => {
      isClosed = true;
      watcher?.close();
      await current.catch(() => undefined);
      await builder?.dispose();
    },
  };
}

/** What is used of esbuild's `BuildContext`. */
interface Builder {
  rebuild(): Promise<{ metafile: Esbuild.Metafile }>;
  dispose(): Promise<void>;
}

async function open(
  definition: FunctionDefinition,
  { entryPoints, options }: EsbuildProperties,
  outdir: string,
): Promise<Builder> {
  const esbuild = findEsbuild(definition);
  mkdirSync(outdir, { recursive: true });
  // Whether `.js` here is CommonJS must not depend on the project's package.json, which Lambda does
  // not see.
  writeFileSync(join(outdir, 'package.json'), '{}\n');
  const settings: Esbuild.BuildOptions & { metafile: true } = {
    target: 'es2020', // SAM's default
    ...options,
    entryPoints: [...entryPoints],
    absWorkingDir: definition.codeFolder,
    bundle: true,
    platform: 'node',
    sourcemap: true,
    metafile: true,
    write: true,
    outdir,
    logLevel: 'silent',
  };
  // Contexts came with 0.17; the TypeScript templates of `sam init` ask for 0.14.
  if (!('context' in esbuild)) return contextless(esbuild, settings);
  try {
    return await esbuild.context(settings);
  } catch (error) {
    throw new CodeError(`${definition.id}: BuildProperties: ${(error as Error).message}`);
  }
}

function contextless(
  { build }: Pick<typeof Esbuild, 'build'>,
  settings: Esbuild.BuildOptions & { metafile: true },
): Builder {
  return { rebuild: () => build(settings), dispose: () => Promise.resolve() };
}

/**
 * The folder lies beside the function's packages, so that Node finds the packages outside the
 * bundle.
 */
function cacheFolder({ id, codeFolder }: FunctionDefinition, project: Project): string {
  for (let at = codeFolder; ; at = dirname(at)) {
    const packages = join(at, 'node_modules');
    if (statSync(packages, { throwIfNoEntry: false })?.isDirectory()) {
      return join(packages, '.cache/gatecall', basename(project.file), fileNameOf(id));
    }
    if (at === project.folder || at === dirname(at)) break;
  }
  return join(project.folder, '.aws-sam/gatecall', fileNameOf(id));
}

/** The esbuild of the function's project, else one that is installed beside gatecall. */
function findEsbuild({ id, codeFolder }: FunctionDefinition): typeof Esbuild {
  for (const from of [join(codeFolder, 'x.js'), import.meta.url]) {
    try {
      return createRequire(from)('esbuild') as typeof Esbuild;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new CodeError(
    `${id} has BuildMethod: esbuild, and esbuild is not installed: npm install --save-dev esbuild`,
  );
}

/** The files with errors, and entry points, which may be missing yet. */
function failedFiles(
  error: unknown,
  { codeFolder }: FunctionDefinition,
  { entryPoints }: EsbuildProperties,
): string[] {
  const { errors = [] } = error as { errors?: Esbuild.Message[] };
  const files = errors.flatMap(({ location }) => (location ? [location.file] : []));
  return [...files, ...entryPoints].filter((file) =>
    existsSync(dirname(resolve(codeFolder, file))),
  );
}

async function buildMessage(
  error: unknown,
  { id, codeFolder }: FunctionDefinition,
  project: Project,
): Promise<string> {
  if (error instanceof CodeError) return error.message;
  const { errors = [], message } = error as Partial<Esbuild.BuildFailure> & Error;
  if (errors.length === 0) return `${id}: ${message}`;
  const lines = errors.map(({ text, location }) => {
    if (!location) return text;
    const file = relative(project.folder, resolve(codeFolder, location.file));
    const place = `${file}:${location.line}:${location.column + 1}`;
    return `${place}: ${text}\n    ${location.lineText}`.trimEnd();
  });
  return [`${id} does not build`, ...lines].join('\n');
}
