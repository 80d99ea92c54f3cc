/**
 * The opt-in for the fastest start: importing this module replaces the globals `Request`,
 * `Response` and `Headers` by light classes, and `fetch` by one that knows them. Node's own load
 * undici, 14 to 25 ms, at the first touch; with these a simple application never does.
 *
 * ```ts
 * import { fromFetchHandler } from 'gatecall/bridges/fetch-light'; // before the application
 * import { app } from './app.js';
 * export const handler = toLambdaHandler(fromFetchHandler(app));
 * ```
 *
 * Everything of the Fetch standard is there. What is rare (parsing forms, `fetch()` itself) goes to
 * Node's own classes, and loads them then. Where the globals must stay as they are, use
 * `gatecall/bridges/fetch`.
 */
import type { Application } from '../types.ts';
import {
  bridgeTo,
  type FetchApplication,
  type FetchBridgeOptions,
  type FetchHandler,
} from './fetch/bridge.ts';
import type { FetchContext } from './fetch/context.ts';
import { replaceGlobals } from './fetch-light/globals.ts';
import { sendLightResponse } from './fetch-light/send.ts';

export type { FetchApplication, FetchBridgeOptions, FetchContext, FetchHandler } from './fetch.ts';

replaceGlobals();

/** As `fromFetchHandler` of `gatecall/bridges/fetch`, for the light classes. */
export function fromFetchHandler<Env = FetchContext, Context = FetchContext>(
  handler: FetchHandler<Env, Context> | FetchApplication,
  options: FetchBridgeOptions<Env> = {},
): Application {
  return bridgeTo(handler, options, sendLightResponse);
}
