/**
 * Google's functions framework, from test/gcp: the server that runs a function in the cloud and on
 * a laptop.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { CloudEvent } from '../src/gateways/gcp.ts';
import { optional } from './optional.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(here('gcp/package.json'));
const name = '@google-cloud/functions-framework';

export const main: string = here(`gcp/node_modules/${name}/build/src/main.js`);
export const framework: boolean = optional('gcp', existsSync(main), 'npm ci --prefix test/gcp');

interface Framework {
  http(name: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void;
  cloudEvent(name: string, handler: (event: CloudEvent) => Promise<void>): void;
}
interface Testing {
  getTestServer(name: string): Server;
}

let functions = 0;

export interface FunctionServer {
  port: number;
  close(): Promise<void>;
}

export function serveHttpFunction(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FunctionServer> {
  const id = `http-${functions++}`;
  (require(name) as Framework).http(id, handler);
  return start(id);
}

export function serveEventFunction(
  handler: (event: CloudEvent) => Promise<void>,
): Promise<FunctionServer> {
  const id = `event-${functions++}`;
  (require(name) as Framework).cloudEvent(id, handler);
  return start(id);
}

async function start(id: string): Promise<FunctionServer> {
  const server = (require(`${name}/testing`) as Testing).getTestServer(id);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
