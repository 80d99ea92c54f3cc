/** Which function the user means: `module[:export]` to a file, and an export's name to the function. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { UsageError } from './command.ts';

/** A function in a file. */
export interface HandlerName {
  /** As the user gave it, without the export. */
  module: string;
  /** `'handler'`, or `'api.handler'` for a function inside an exported object. */
  exportName: string;
}

/** Reads `module[:export]`. The colon of a Windows drive is none of ours. */
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
  // Lambda writes `app.handler`; here a dot may be part of the file's name.
  const hint =
    file !== undefined && !EXTENSIONS.includes(extname(module))
      ? `; the export stands behind a colon, ${file}:${name}`
      : '';
  throw new UsageError(
    `there is no file ${module}, nor with ${EXTENSIONS.slice(1).join(', ')} behind it${hint}`,
  );
}

export function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file);
}

export type Handler = (event: unknown, context: unknown) => unknown;

/** An error with the type Lambda gives it. */
export class RuntimeError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = `Runtime.${type}`;
  }
}

/**
 * The handler among a module's exports, found and judged as Node 24's runtime does (`aws-lambda-ric` 4.0.2).
 *
 * @throws {RuntimeError} when it is not there, or no function that can be invoked
 */
export function resolveHandler(exports: object, { module, exportName }: HandlerName): Handler {
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
  if (Object.hasOwn(handler, Symbol.for('aws.lambda.runtime.handler.streaming'))) {
    throw new RuntimeError(
      'StreamingHandler',
      `${exportName} of ${module} streams its response, and gatecall invoke shows results that come whole; invoke the handler that toLambdaHandler makes`,
    );
  }
  if (handler.length >= 3) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      `${exportName} of ${module} declares a callback, its third parameter, and Node.js 24 on Lambda has removed callbacks; make it async (event, context)`,
    );
  }
  return handler as Handler;
}

/** What a CommonJS module exports as a whole is the `default` of an `import`. */
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
