/**
 * Finds a handler by its name and checks it, as Lambda's Node runtime does (`aws-lambda-ric`
 * 4.0.2).
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

export type Handler = (event: unknown, ...rest: unknown[]) => unknown;

/** An error with the type Lambda gives it. */
export class RuntimeError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = `Runtime.${type}`;
  }
}

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/** Whether a handler is marked by `awslambda.streamifyResponse`. */
export function isStreaming(handler: Handler): boolean {
  return Object.hasOwn(handler, STREAMING);
}

/** The parts of a handler's name: `src/app` and `handler` of `src/app.handler`. */
export interface HandlerName {
  module: string;
  exportName: string;
}

/**
 * Reads Lambda's `Handler` setting. The first dot of the last segment ends the file's name.
 *
 * @throws {RuntimeError} when there is no dot
 */
export function parseHandler(setting: string): HandlerName {
  const [, folder = '', file, exportName] = /^(.*\/)?([^./][^.]*)\.(.+)$/.exec(setting) ?? [];
  if (file === undefined || exportName === undefined) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `a handler is named file.export; got ${JSON.stringify(setting)}`,
    );
  }
  return { module: folder + file, exportName };
}

/**
 * The JavaScript file of a handler's module; Lambda runs no TypeScript.
 *
 * @throws {RuntimeError} when there is none
 */
export function moduleFile(folder: string, { module }: HandlerName): string {
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = resolve(folder, module + extension);
    if (isFile(file)) return file;
  }
  const typescript = ['.ts', '.mts', '.cts'].find((it) => isFile(resolve(folder, module + it)));
  const hint =
    typescript === undefined
      ? ''
      : `; there is ${module}${typescript}: give the function Metadata with BuildMethod: esbuild`;
  throw new RuntimeError(
    'ImportModuleError',
    `Cannot find module '${module}' in ${folder}, nor with .js, .mjs, .cjs behind it${hint}`,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * Finds the handler among a module's exports.
 *
 * @throws {RuntimeError} when it is not there, or no function that Node 24's runtime would invoke
 */
export function resolveHandler(
  exports: object,
  { module, exportName }: HandlerName,
  callbacks = false,
): Handler {
  const handler = member(exports, exportName) || member(defaultOf(exports), exportName);
  if (!handler) {
    const names = Object.keys({ ...(defaultOf(exports) as object | undefined), ...exports });
    throw new RuntimeError(
      'HandlerNotFound',
      `${module} does not export ${exportName}; its exports: ${names.join(', ') || 'none'}`,
    );
  }
  if (typeof handler !== 'function') {
    throw new RuntimeError(
      'HandlerNotFound',
      `${exportName} of ${module} is not a function; got ${typeof handler}`,
    );
  }
  if (handler.length >= 3 && !callbacks && !isStreaming(handler as Handler)) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      `${exportName} of ${module} declares a callback, its third parameter, and Node.js 24 on Lambda has removed callbacks; make it async (event, context)`,
    );
  }
  return handler as Handler;
}

/** `import` gives `module.exports` of a CommonJS module as `default`. */
function defaultOf(exports: object): unknown {
  return 'default' in exports ? exports.default : undefined;
}

function member(value: unknown, path: string): unknown {
  return path.split('.').reduce((object: unknown, key) => {
    return typeof object === 'object' && object !== null
      ? (object as Record<string, unknown>)[key]
      : undefined;
  }, value);
}

/** The error of an import, with the type that Lambda gives it. */
export function loadError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const type = errorType(error);
  if (type === undefined) return error;
  const renamed = new RuntimeError(type, String(error));
  if (error.stack !== undefined) renamed.stack = error.stack;
  return renamed;
}

function errorType(error: Error): string | undefined {
  if (error instanceof SyntaxError) return 'UserCodeSyntaxError';
  // Only `require` sets this code; Lambda too reports a missing import of an ES module as a plain
  // Error.
  return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    ? 'ImportModuleError'
    : undefined;
}
