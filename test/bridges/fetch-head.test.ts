/** A response whose stream is silent: its head leaves at once, as behind a native fetch server. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UnderlyingSource } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { callApplication } from '../../src/core/call.ts';
import { DeadlineExceeded } from '../../src/core/errors.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import type { Transport } from '../../src/core/transport.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { mapHead } from '../../src/core/response/wrap.ts';

type Handler = (request: Request) => Response | Promise<Response>;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * A server that hands `Request`s to a handler and writes its `Response`s, with nothing of this
 * package in it.
 */
function nativeServer(handler: Handler): Server {
  return createServer((incoming, outgoing) => {
    const serve = async (): Promise<void> => {
      const { method = 'GET', url = '/' } = incoming;
      const response = await handler(new Request(`http://127.0.0.1${url}`, { method }));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.flushHeaders();
      if (method === 'HEAD') {
        await response.body?.cancel();
        outgoing.end();
        return;
      }
      for await (const block of response.body ?? []) outgoing.write(block);
      outgoing.end();
    };
    serve().catch(() => outgoing.destroy());
  });
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/**
 * What a client sees, in order. `release` lets the handler's stream go on once the head is there.
 */
async function seen(server: Server, release: () => void, method = 'GET'): Promise<unknown[]> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const events: unknown[] = [];
  await new Promise<void>((resolve) => {
    const outgoing = httpRequest({ port, host: '127.0.0.1', method }, (response) => {
      events.push([response.statusCode, response.headers['content-type']]);
      release();
      response.on('data', (block: Buffer) => events.push(String(block)));
      response.on('error', () => events.push('broken'));
      response.on('close', () => {
        events.push(response.complete ? 'complete' : 'incomplete');
        resolve();
      });
    });
    outgoing.on('error', () => resolve());
    outgoing.end();
  });
  return events;
}

/** Streams whose head must be there before `released` settles. */
const streams: Record<string, (released: Promise<void>) => UnderlyingSource> = {
  'that is silent and then speaks': (released) => ({
    async pull(controller) {
      await released;
      controller.enqueue(utf8('data: 1\n\n'));
      controller.close();
    },
  }),
  'that is silent and then ends': (released) => ({
    async pull(controller) {
      await released;
      controller.close();
    },
  }),
  'that is silent and then breaks': (released) => ({
    async pull() {
      await released;
      throw new Error('on purpose');
    },
  }),
};

describe('a stream', () => {
  it.each(Object.keys(streams))('%s is seen as behind a native server', async (name) => {
    for (const method of ['GET', 'HEAD']) {
      const run = async (serve: (handler: Handler) => Server): Promise<unknown[]> => {
        const { promise: released, resolve: release } = withResolvers();
        const handler: Handler = () => {
          const stream = new ReadableStream(streams[name]?.(released), { highWaterMark: 0 });
          return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
        };
        return seen(serve(handler), release, method);
      };
      const options = { log: (): undefined => undefined };
      const native = await run(nativeServer);
      const gateway = await run((handler) =>
        nativeServer(toFetchHandler(fromFetchHandler(handler), options)),
      );
      const listener = await run((handler) =>
        createServer(toNodeListener(fromFetchHandler(handler), options)),
      );
      expect(gateway).toEqual(native);
      expect(listener).toEqual(native);
      expect(native[0]).toEqual([200, 'text/event-stream']);
    }
  });

  it('sends its head through a middleware, too', async () => {
    const { promise: released, resolve: release } = withResolvers();
    const handler: Handler = () =>
      new Response(
        new ReadableStream(streams['that is silent and then speaks']?.(released), {
          highWaterMark: 0,
        }),
      );
    const application = mapHead(fromFetchHandler(handler), () => ({ headers }) => ({
      headers: [...headers, ['X-Through', '1']],
    }));
    const response = await toFetchHandler(application)(new Request('http://app.example/'));
    expect(response.headers.get('x-through')).toBe('1');
    release();
    expect(await response.text()).toBe('data: 1\n\n');
  });

  it('that fails at once is still a 500', async () => {
    const log: string[] = [];
    for (const source of [
      { start: () => Promise.reject(new Error('on purpose')) },
      { pull: () => Promise.reject(new Error('on purpose')) },
    ]) {
      const handler: Handler = () => new Response(new ReadableStream(source, { highWaterMark: 0 }));
      const application = fromFetchHandler(handler);
      const options = { log: (line: string): unknown => log.push(line) };
      const response = await toFetchHandler(application, options)(new Request('http://a.example/'));
      expect(response.status).toBe(500);
    }
    expect(log.join('')).toMatch(/on purpose/);
  });

  it('whose head was sent gets no 504 when the time is up', async () => {
    const controller = new AbortController();
    const events: unknown[] = [];
    const transport: Transport = {
      begin: (status) => void events.push(status),
      flushHead: () => void events.push('head'),
      send: () => void events.push('block'),
      end: () => void events.push('end'),
      abort: () => void events.push('abort'),
    };
    let cancelled = false;
    const silent = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: { host: 'app.example' } },
      { errors: errorStream(() => undefined) },
    );
    const called = callApplication(
      fromFetchHandler(() => new Response(silent)),
      environ,
      { transport, signal: controller.signal },
    );
    await pause(30);
    expect(events).toEqual(['200 OK', 'head']);
    controller.abort(new DeadlineExceeded('late'));
    await called;
    expect(events).toEqual(['200 OK', 'head', 'abort']);
    expect(cancelled).toBe(true);
  });

  it('is cancelled when the client goes before the first block', async () => {
    let cancelled = false;
    const silent = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const handler = toFetchHandler(fromFetchHandler(() => new Response(silent)));
    const response = await handler(new Request('http://app.example/'));
    await response.body?.cancel();
    expect(cancelled).toBe(true);
  });

  it('that goes on is not asked for under HEAD', async () => {
    let cancelled = false;
    let pulls = 0;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull() {
          pulls++;
          return new Promise(() => undefined);
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const handler = toFetchHandler(fromFetchHandler(() => new Response(endless)));
    const request = new Request('http://app.example/', { method: 'HEAD' });
    const { status, body } = await handler(request);
    expect([status, body, cancelled, pulls <= 1]).toEqual([200, null, true, true]);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
