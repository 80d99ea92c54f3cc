/** The table through `toNodeListener`, over real sockets: node:http and, for https, node:https. */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type NodeOptions, toNodeListener } from '../../src/gateways/node.ts';
import type { Driver } from '../../src/testing/conformance.ts';
import type { Application } from '../../src/types.ts';
import { selfSigned } from '../certificate.ts';
import { httpDriver } from '../http-client.ts';
import { describeConformance } from '../conformance/support.ts';

const certificate = selfSigned();

async function serve(application: Application, options: NodeOptions = {}): Promise<Driver> {
  const log: string[] = [];
  const listener = toNodeListener(application, { log: (line) => log.push(line), ...options });
  const servers: Server[] = [createServer(listener), createSecureServer(certificate, listener)];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  const [http = 0, https = 0] = ports;
  return {
    ...httpDriver({ http: { port: http }, https: { port: https } }),
    log: () => log.join('\n'),
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

describeConformance('toNodeListener', {
  serve: (application) => serve(application),
  serveAt: (application, mount) => serve(application, { basePath: mount }),
  buffered: false,
  multithread: false,
  multiprocess: false,
  runOnce: false,
  concurrent: true,
});
