/**
 * The opt-in for the fastest start: importing this module replaces the globals `Request`, `Response` and `Headers` by light classes, and
 * `fetch` by one that knows them. Node's own load undici, 14 to 25 ms, at the first touch; with these a simple application never does.
 *
 * ```ts
 * import { fromFetchHandler } from 'gatecall/bridges/fetch-light'; // before the application
 * import { app } from './app.js';
 * export const handler = toLambdaHandler(fromFetchHandler(app));
 * ```
 *
 * Everything of the Fetch standard is there; what is rare (parsing forms, `fetch()` itself) goes to Node's own classes, and loads them then.
 * Where the globals must stay as they are, use `gatecall/bridges/fetch`.
 */
import { setSender } from './fetch/response.ts';
import { replaceGlobals } from './fetch-light/globals.ts';
import { sendLight } from './fetch-light/send.ts';

export {
  type FetchApplication,
  type FetchBridgeOptions,
  type FetchContext,
  type FetchHandler,
  fromFetchHandler,
} from './fetch.ts';

replaceGlobals();
setSender(sendLight);
