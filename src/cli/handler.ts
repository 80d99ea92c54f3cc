/** Finds the function that `module[:export]` names. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import {
  type Handler,
  type HandlerName,
  isStreaming,
  resolveHandler as resolveAnyHandler,
  RuntimeError,
} from '../local/functions/handler.ts';
import { UsageError } from './command.ts';

/** Reads `module[:export]`; the colon of a Windows drive does not count. */
export function parseHandlerName(argument: string): HandlerName {
  const [, module = argument, exportName = 'handler'] = /^(.+):([^:/\\]+)$/.exec(argument) ?? [];
  return { module, exportName };
}

/** Lambda's own order, then TypeScript. */
const EXTENSIONS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/**
 * The absolute path of a module's file.
 *
 * @throws {UsageError} when there is none
 */
export function handlerFile(module: string, folder: string): string {
  for (const extension of EXTENSIONS) {
    const file = resolve(folder, module + extension);
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  }
  const [, file, name] = /^(.*[^./\\])\.([\w$]+)$/.exec(module) ?? [];
  // On Lambda this is `app.handler`; here a dot may be part of the file's name.
  const hint =
    file !== undefined && !EXTENSIONS.includes(extname(module))
      ? `; the export stands behind a colon, ${file}:${name}`
      : '';
  throw new UsageError(
    `there is no file ${module}, nor with ${EXTENSIONS.slice(1).join(', ')} behind it${hint}`,
  );
}

/** Whether {@link handlerFile} would find one. */
export function isHandlerFile(module: string, folder: string): boolean {
  return EXTENSIONS.some((extension) =>
    statSync(resolve(folder, module + extension), { throwIfNoEntry: false })?.isFile(),
  );
}

export function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file);
}

/**
 * Finds the handler among a module's exports, unless it streams.
 *
 * @throws {RuntimeError} when it is not there, or no function that can be invoked
 */
export function resolveHandler(exports: object, name: HandlerName): Handler {
  const handler = resolveAnyHandler(exports, name);
  if (isStreaming(handler)) {
    throw new RuntimeError(
      'StreamingHandler',
      `${name.exportName} of ${name.module} streams its response, and gatecall invoke shows results that come whole; invoke the handler that toLambdaHandler makes`,
    );
  }
  return handler;
}
