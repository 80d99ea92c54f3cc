/**
 * When the head leaves: as behind node:http, before the first block where a listener asks for it.
 */
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { fromNodeListener, type NodeListener } from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import type { Transport } from '../../src/core/transport.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { toCloudFunction } from '../../src/gateways/gcp.ts';
import { serve } from '../../src/gateways/node.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const listeners: Record<string, { listener: NodeListener; waits: boolean }> = {
  'flushHeaders()': {
    listener: (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
    },
    waits: false,
  },
  "write('')": { listener: (_, response) => void response.write(''), waits: false },
  'flushHeaders() later': {
    listener: (_, response) => void setTimeout(() => response.flushHeaders(), 5),
    waits: false,
  },
  'writeHead() alone, which node:http keeps back': {
    listener: (_, response) => void response.writeHead(200),
    waits: true,
  },
};

/** The status, if it comes within so many ms. */
async function head(port: number, ms: number): Promise<number | undefined> {
  const request = get({ host: '127.0.0.1', port });
  request.on('error', () => {});
  stops.push(() => request.destroy());
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, ms, undefined);
  });
  const response = await Promise.race([once(request, 'response'), late]);
  return (response?.[0] as { statusCode: number } | undefined)?.statusCode;
}

async function listening(listener: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.each(Object.entries(listeners))('%s', (_, { listener, waits }) => {
  const expected = waits ? undefined : 200;
  // Long enough where it comes, so that a busy machine passes.
  const ms = waits ? 100 : 3000;

  it('behind node:http', async () => {
    expect(await head(await listening(listener as never), ms)).toBe(expected);
  });

  it.each([
    ['toNodeListener', toNodeListener],
    ['toCloudFunction', toCloudFunction],
  ])('behind %s', async (_name, gateway) => {
    const port = await listening(gateway(fromNodeListener(listener)));
    expect(await head(port, ms)).toBe(expected);
  });

  it('behind serve', async () => {
    const settings = { port: 0, signals: false, stopTimeout: 0 };
    const server = await serve(fromNodeListener(listener), settings);
    stops.push(() => server.close());
    expect(await head(server.port, ms)).toBe(expected);
  });
});

describe('a head that was flushed', () => {
  it('is followed by the body, and asked for once', async () => {
    const calls: string[] = [];
    const transport: Transport = {
      begin: (status) => void calls.push(status),
      flushHead: () => void calls.push('flush'),
      send: (block) => void calls.push(Buffer.from(block).toString()),
      end: () => void calls.push('end'),
      abort: () => void calls.push('abort'),
    };
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: {} },
      { errors: errorStream(() => {}) },
    );
    await callApplication(
      fromNodeListener((_, response) => {
        response.flushHeaders();
        setTimeout(() => {
          response.flushHeaders();
          response.write('');
          response.write('a');
          setTimeout(() => response.end('b'), 5);
        }, 5);
      }),
      environ,
      { transport },
    );
    expect(calls).toEqual(['200 OK', 'flush', 'a', 'b', 'end']);
  });

  it('needs no flush where a block comes in the same turn', async () => {
    const calls: string[] = [];
    const transport: Transport = {
      begin: () => void calls.push('begin'),
      flushHead: () => void calls.push('flush'),
      send: () => void calls.push('send'),
      end: () => void calls.push('end'),
      abort: () => {},
    };
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: {} },
      { errors: errorStream(() => {}) },
    );
    await callApplication(
      fromNodeListener((_, response) => {
        response.flushHeaders();
        response.write('a');
        setTimeout(() => response.end(), 5);
      }),
      environ,
      { transport },
    );
    expect(calls).toEqual(['begin', 'send', 'end']);
  });
});
