/** Finds the application among a module's exports. */
import type { Application } from '../types.ts';
import { RuntimeError } from '../local/functions/handler.ts';

/** The names that are tried in this order if none is given. */
const DEFAULT_NAMES = ['application', 'app', 'default'];

/**
 * The application among a module's exports; `app.api` is one inside an exported object.
 *
 * @throws {RuntimeError} when it is not there, or no function
 */
export function applicationOf(
  exports: object,
  module: string,
  exportName: string | undefined,
): Application {
  // What a CommonJS module exports as a whole is the `default` of an import.
  const places = [exports, (exports as { default?: unknown }).default];
  for (const name of exportName === undefined ? DEFAULT_NAMES : [exportName]) {
    for (const place of places) {
      const found = member(place, name);
      if (typeof found === 'function') return found as Application;
      if (found !== undefined && exportName !== undefined) {
        throw new RuntimeError(
          'ApplicationNotFound',
          `${name} of ${module} is no application, which is a function (environ, startResponse) => body; got ${typeof found}`,
        );
      }
    }
  }
  const names = Object.keys(exports).join(', ') || 'none';
  throw new RuntimeError(
    'ApplicationNotFound',
    `${module} does not export ${exportName ?? DEFAULT_NAMES.join(' or ')} as a function; its exports: ${names}`,
  );
}

function member(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (object, key) =>
        typeof object === 'object' && object !== null
          ? (object as Record<string, unknown>)[key]
          : undefined,
      value,
    );
}
