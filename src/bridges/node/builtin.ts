/** node:http, loaded by the first request: a static import costs a cold start 16 to 25 ms on Node 22 and later, for undici. */
import type * as http from 'node:http';

export type Http = typeof http;
export type IncomingMessage = http.IncomingMessage;
export type ServerResponse = http.ServerResponse;

let loaded: Http | undefined;

export function nodeHttp(): Http {
  loaded ??= process.getBuiltinModule('node:http');
  return loaded;
}
