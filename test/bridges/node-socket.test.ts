/** Clients that leave, and what a listener does with `req.socket`: as behind node:http. */
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as timeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fromNodeListener, type NodeListener } from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { ClientDisconnected } from '../../src/core/errors.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { behindBridge, behindNode } from './differential.ts';

interface Leave {
  body?: string;
  read: boolean;
  begun: boolean;
  reset: boolean;
}

/** All that a listener and its client's leaving bring about. */
function watching({ read, begun }: Leave): {
  listener: NodeListener;
  events: string[];
  called: Promise<void>;
  closed: Promise<void>;
} {
  const events: string[] = [];
  const note = (name: string, emitter: NodeJS.EventEmitter, kinds: string[]): void => {
    for (const kind of kinds) {
      emitter.on(kind, (error: unknown) => {
        const code = error instanceof Error ? ` ${(error as NodeJS.ErrnoException).code}` : '';
        events.push(`${name} ${kind}${code}`);
      });
    }
  };
  let onCalled = (): void => {};
  let onClosed = (): void => {};
  const called = new Promise<void>((resolve) => (onCalled = resolve));
  const closed = new Promise<void>((resolve) => (onClosed = resolve));
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    note('req', request, ['aborted', 'error', 'close']);
    note('res', response, ['error', 'close', 'finish']);
    note('socket', request.socket, ['error']);
    if (read) request.resume();
    if (begun) response.write('x');
    response.on('close', () => {
      response.write('late', (error) => {
        events.push(`write ${(error as NodeJS.ErrnoException | null)?.code}`);
        onClosed();
      });
    });
    onCalled();
  };
  return { listener, events, called, closed };
}

async function leave(
  listener: http.RequestListener,
  { body, begun, reset }: Leave,
  { called, closed }: { called: Promise<void>; closed: Promise<void> },
): Promise<void> {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
  client.write(
    `${body === undefined ? 'GET' : 'POST'} / HTTP/1.1\r\nHost: a\r\n${length}\r\n${body ?? ''}`,
  );
  await called;
  // What was not read when it leaves would reset the connection.
  if (begun) await once(client, 'data');
  await timeout(10);
  if (reset) client.resetAndDestroy();
  else client.destroy();
  await closed;
  await timeout(5);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

describe('a client that leaves', () => {
  const cases: Leave[] = [undefined, 'body'].flatMap((body) =>
    [false, true].flatMap((read) =>
      [false, true].flatMap((begun) =>
        [false, true].map((reset) => ({ ...(body && { body }), read, begun, reset })),
      ),
    ),
  );

  it.each(cases)('brings about what node:http does: %j', async (how) => {
    const node = watching(how);
    await leave(node.listener, how, node);
    const bridge = watching(how);
    const log: string[] = [];
    const application = fromNodeListener(bridge.listener);
    await leave(toNodeListener(application, { log: (line) => log.push(line) }), how, bridge);
    expect(bridge.events.sort()).toEqual(node.events.sort());
    expect(log).toEqual([]);
  });

  it('is no error of the application: nothing is logged, and the socket has none', async () => {
    const gone = new AbortController();
    const log: string[] = [];
    const events: string[] = [];
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: {} },
      { errors: errorStream((line) => log.push(line)) },
    );
    environ['gatecall.signal'] = gone.signal;
    const done = callApplication(
      fromNodeListener((request, response) => {
        request.socket.on('error', () => events.push('socket error'));
        request.socket.on('close', (failed) => events.push(`socket close ${failed}`));
        const source = new Readable({ read() {} });
        source.push('a');
        pipeline(source, response, (error) => events.push(`pipeline ${error?.code}`));
        response.on('close', () => events.push('close'));
      }),
      environ,
      { signal: gone.signal },
    );
    await timeout(5);
    gone.abort(new ClientDisconnected());
    await done;
    await timeout(5);
    expect(events.sort()).toEqual([
      'close',
      'pipeline ERR_STREAM_PREMATURE_CLOSE',
      'socket close false',
    ]);
    expect(log).toEqual([]);
  });
});

describe('the socket', () => {
  it.each<[string, NodeListener]>([
    [
      'end(), destroySoon()',
      (q, r) => {
        r.end('x');
        q.socket.destroySoon();
      },
    ],
    ['end(), end() of the socket', (q, r) => void (r.end('x'), q.socket.end())],
    ['end(), destroy()', (q, r) => void (r.end('x'), q.socket.destroy())],
    [
      'write(), end(), destroySoon()',
      (q, r) => {
        r.write('a');
        r.end('b');
        q.socket.destroySoon();
      },
    ],
    [
      'end() and destroySoon() in finish',
      (q, r) => r.on('finish', () => q.socket.destroySoon()).end('x'),
    ],
    [
      'end() later, destroySoon()',
      (q, r) => void setTimeout(() => (r.end('x'), q.socket.destroySoon()), 5),
    ],
  ])('after %s: the response arrives', async (_, listener) => {
    const node = await behindNode(listener);
    const bridge = await behindBridge(listener);
    expect([bridge.status, bridge.body.toString(), bridge.log]).toEqual([
      200,
      node.body.toString(),
      [],
    ]);
  });

  it.each<[string, NodeListener]>([
    [
      'at once',
      (q, r) => {
        q.socket.destroySoon();
        r.end('late');
      },
    ],
    [
      'later',
      (q, r) => {
        q.socket.destroySoon();
        setTimeout(() => r.end('late'), 5);
      },
    ],
  ])('closes with a response that is ended after destroySoon(), %s', async (_, listener) => {
    let destroyed: boolean | undefined;
    const bridge = await behindBridge((request, response) => {
      response.on('close', () => setImmediate(() => (destroyed = request.socket.destroyed)));
      return listener(request, response);
    });
    await timeout(5);
    expect([bridge.status, bridge.body.toString(), destroyed]).toEqual([200, 'late', true]);
  });

  it.each<[string, NodeListener]>([
    ['end()', (q, r) => void (q.socket.end(), r.end('x'))],
    ['destroy()', (q, r) => void (q.socket.destroy(), r.end('x'))],
    ['write() and end()', (q, r) => void (r.write('x'), q.socket.end())],
    ['write() and destroy()', (q, r) => void (r.write('x'), q.socket.destroy())],
  ])('after %s without an end: the response is broken', async (_, listener) => {
    const node = await behindNode(listener);
    const bridge = await behindBridge(listener);
    expect([node.broken, bridge.broken]).toEqual([true, true]);
    expect(bridge.log.join()).toMatch(/the socket was ended before|destroyed before it was ended/);
  });
});
