/**
 * A module hook that replaces the source of one file: `import('file:///…/handler.ts')` runs its
 * bundle. The bundle needs no file, and Node looks up its imports from the handler's folder.
 */
import type { InitializeHook, LoadHook } from 'node:module';

export interface Replacement {
  url: string;
  source: string;
}

let replaced: Replacement | undefined;

export const initialize: InitializeHook<Replacement> = (replacement) => {
  replaced = replacement;
};

export const load: LoadHook = (url, context, next) =>
  url === replaced?.url
    ? { format: 'module', source: replaced.source, shortCircuit: true }
    : next(url, context);
