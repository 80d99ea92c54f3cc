/**
 * node:http and node:async_hooks, loaded by the first request: a static import of node:http costs a
 * cold start 16 to 25 ms on Node 22 and later, for undici.
 */
import type * as asyncHooks from 'node:async_hooks';
import type * as http from 'node:http';

export type Http = typeof http;
export type IncomingMessage = http.IncomingMessage;
export type ServerResponse = http.ServerResponse;

let loaded: Http | undefined;

export function nodeHttp(): Http {
  loaded ??= process.getBuiltinModule('node:http');
  return loaded;
}

let hooks: typeof asyncHooks | undefined;

/**
 * What `AsyncLocalStorage` sees now, for a later call. node:http calls listeners and callbacks in
 * the context in which the response was written or ended; a gateway's turn has another.
 */
export function currentContext(): asyncHooks.AsyncResource {
  hooks ??= process.getBuiltinModule('node:async_hooks');
  // Without `destroy` hooks to call later, which cost a finalizer for each.
  return new hooks.AsyncResource('GATECALL', { requireManualDestroy: true });
}

/** `callback`, called in the context of now. */
export function bindContext<A extends unknown[]>(
  callback: (...values: A) => void,
): (...values: A) => void {
  const context = currentContext();
  return (...values) => context.runInAsyncScope(callback, undefined, ...values);
}
