/** Checks that a function's handler exists and loads. */
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { FunctionDefinition } from '../project.ts';
import { isInside } from '../template/code-folder.ts';
import type { Notes } from '../template/notes.ts';
import { type CheckContext, placeOf } from './context.ts';
import {
  exportsOf,
  isFile,
  JAVASCRIPT,
  moduleKind,
  nodeFormat,
  readSource,
  type Source,
  TYPESCRIPT,
} from './source.ts';

/** `src/app.api.handler` is the export `api.handler` of `src/app`. */
export function splitHandler(handler: string): { module: string; exportName: string } | undefined {
  const [, folder = '', name, exportName] = /^(.*\/)?([^./]+)\.(.+)$/.exec(handler) ?? [];
  return name !== undefined && exportName !== undefined
    ? { module: folder + name, exportName }
    : undefined;
}

/** Node.js functions with their code in this project. */
function isCheckable({ unsupported, runtime, handler }: FunctionDefinition): boolean {
  return (
    unsupported === undefined &&
    runtime.startsWith('nodejs') &&
    handler !== '' &&
    !handler.startsWith('/')
  );
}

/** The module of a handler; undefined where none can be read. */
export function handlerSource(folder: string, definition: FunctionDefinition): Source | undefined {
  const parts = splitHandler(definition.handler);
  if (!isCheckable(definition) || !parts) return undefined;
  const file = definition.build
    ? entryOf(definition, parts.module)
    : moduleFile(join(definition.codeFolder, parts.module), JAVASCRIPT);
  return file === undefined ? undefined : readSource(folder, file);
}

function moduleFile(path: string, extensions: readonly string[]): string | undefined {
  return extensions.map((extension) => path + extension).find(isFile);
}

/** The file of each entry point, and the module that esbuild makes of it. */
function entries({ build, codeFolder }: FunctionDefinition): { file: string; output: string }[] {
  const files = (build?.entryPoints ?? []).map((entry) => {
    const path = join(codeFolder, entry);
    return isFile(path) ? path : (moduleFile(path, [...TYPESCRIPT, ...JAVASCRIPT]) ?? path);
  });
  const { outbase } = build?.options ?? {};
  const base = typeof outbase === 'string' ? join(codeFolder, outbase) : commonFolder(files);
  return files.map((file) => {
    const path = relative(base, file).split(sep).join('/');
    return { file, output: path.slice(0, path.length - extname(path).length) };
  });
}

/** esbuild's own outbase. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? '.');
  while (!files.every((file) => isInside(folder, file)) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}

function entryOf(definition: FunctionDefinition, module: string): string | undefined {
  return entries(definition).find(({ output, file }) => output === module && isFile(file))?.file;
}

export function checkHandlers(context: CheckContext): void {
  for (const definition of context.project.functions) {
    if (!isCheckable(definition)) continue;
    const parts = splitHandler(definition.handler);
    if (!parts) sayShape(context.notes, definition);
    else if (definition.build) checkBuilt(context, definition, parts.module);
    else checkPlain(context, definition, parts.module);
    const source = context.sourceOf(definition.id);
    if (!parts || !source) continue;
    checkExport(context.notes, definition, source, parts.exportName);
    checkCallback(context.notes, definition, source, parts.exportName);
  }
}

type About = { place: FunctionDefinition['place']; resource: string };

function aboutHandler(definition: FunctionDefinition): About {
  return { place: placeOf(definition, 'Handler'), resource: definition.id };
}

function sayShape(notes: Notes, definition: FunctionDefinition): void {
  const message = `Handler of ${definition.id} must be file.export; it is ${definition.handler}`;
  notes.error('handler-file', message, aboutHandler(definition));
}

function checkPlain(
  { notes, project }: CheckContext,
  definition: FunctionDefinition,
  module: string,
): void {
  const { id, codeFolder } = definition;
  const path = join(codeFolder, module);
  const about = aboutHandler(definition);
  if (!isInside(codeFolder, path)) {
    const message = `Handler of ${id} leads out of its folder`;
    notes.error('handler-file', message, about);
    return;
  }
  const file = moduleFile(path, JAVASCRIPT);
  if (file !== undefined) {
    const source = readSource(project.folder, file);
    if (source) checkFormat(notes, definition, source, nodeFormat(project.folder, file));
    return;
  }
  const where = relative(project.folder, path) || path;
  const typescript = moduleFile(path, TYPESCRIPT);
  const message = `there is no ${where}.js, .mjs or .cjs for the handler of ${id}`;
  notes.error('handler-file', message, {
    ...about,
    fix:
      typescript === undefined
        ? 'Handler is the file, from CodeUri on, and the export: src/app.handler'
        : `${basename(typescript)} is TypeScript: Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [${module}${extname(typescript)}] } }`,
  });
}

function checkBuilt({ notes }: CheckContext, definition: FunctionDefinition, module: string): void {
  const { id, build, codeFolder } = definition;
  const about = aboutHandler(definition);
  const all = entries(definition);
  for (const { file } of all) {
    const name = relative(codeFolder, file);
    if (!isFile(file))
      notes.error('entry-points', `entry point ${name} of ${id} is not there`, about);
  }
  const outputs = all.map(({ output }) => output);
  if (all.length > 0 && !outputs.includes(module)) {
    const message = `Handler of ${id} names ${module}, but esbuild makes ${outputs.join(', ')}`;
    const exportName = splitHandler(definition.handler)?.exportName ?? 'handler';
    const fix = outputs.length === 1 ? `Handler: ${outputs[0]}.${exportName}` : undefined;
    notes.error('handler-file', message, { ...about, fix });
  }
  const extension = (build?.options['outExtension'] ?? {}) as Record<string, unknown>;
  if (build?.options['format'] === 'esm' && extension['.js'] !== '.mjs') {
    const message = `esbuild makes an ES module of ${id} and calls it .js, which Lambda loads as CommonJS`;
    const fix = "OutExtension: ['.js=.mjs'], or Format: cjs";
    notes.error('module-format', message, { ...about, fix });
  }
}

/** Lambda runs Node without its detection of module syntax. */
function checkFormat(
  notes: Notes,
  definition: FunctionDefinition,
  source: Source,
  format: 'module' | 'commonjs',
): void {
  const kind = moduleKind(source);
  const name = basename(source.file);
  const about = aboutHandler(definition);
  const options = definition.environment['NODE_OPTIONS'] ?? '';
  if (kind === 'module' && format === 'commonjs') {
    if (options.includes('--experimental-detect-module') && extname(source.file) === '.js') return;
    const message = `${name} of ${definition.id} is written as an ES module, and Lambda loads it as CommonJS`;
    const fix = `call it ${name.replace(/\.c?js$/, '.mjs')}, or put { "type": "module" } into its package.json`;
    notes.error('module-format', message, { ...about, fix });
  }
  if (kind === 'commonjs' && format === 'module' && !/\bcreateRequire\b/.test(source.code)) {
    const message = `${name} of ${definition.id} is written as CommonJS, and Lambda loads it as an ES module`;
    const fix = `call it ${name.replace(/\.m?js$/, '.cjs')}, or leave "type": "module" out of its package.json`;
    notes.error('module-format', message, { ...about, fix });
  }
}

function checkExport(
  notes: Notes,
  definition: FunctionDefinition,
  source: Source,
  exportName: string,
): void {
  const { names, open } = exportsOf(source);
  const [first = ''] = exportName.split('.');
  // A default export may have the name as a member.
  if (open || names.has(first) || names.has('default')) return;
  const known = [...names].filter((name) => name !== '').join(', ') || 'nothing';
  const message = `${basename(source.file)} exports ${known}, no ${first} for the handler of ${definition.id}`;
  notes.error('handler-export', message, aboutHandler(definition));
}

/** Node 24 on Lambda has no callbacks: `Runtime.CallbackHandlerDeprecated`. */
function checkCallback(
  notes: Notes,
  definition: FunctionDefinition,
  source: Source,
  exportName: string,
): void {
  if (Number(/^nodejs(\d+)/.exec(definition.runtime)?.[1] ?? 0) < 24) return;
  const name = exportName.replace(/[^\w]/g, '');
  const declared = new RegExp(
    `(?:\\bexport\\s+(?:const|let|var)\\s+${name}\\b[^=]{0,500}=|\\bexports\\.${name}\\s*=|\\bexport\\s+(?:async\\s+)?function\\s+${name}\\b)\\s*(?:async\\s*)?(?:function\\b[^(]*)?\\(([^()]*)\\)`,
  ).exec(source.code);
  const parameters = (declared?.[1] ?? '').split(',').filter((it) => it.trim() !== '');
  if (parameters.length < 3 || parameters.some((it) => /[={}]/.test(it))) return;
  const message = `${exportName} of ${definition.id} takes a callback, and ${definition.runtime} has none`;
  notes.error('callback-handler', message, {
    ...aboutHandler(definition),
    fix: 'async (event, context) => result',
  });
}
