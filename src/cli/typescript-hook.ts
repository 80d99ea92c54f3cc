/**
 * A module hook that gives one file another source: `import('file:///…/handler.ts')` runs its
 * bundle. So the bundle needs no file of its own, and whatever it imports is looked up from where
 * the handler really is.
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
