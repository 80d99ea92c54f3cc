import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ClientDisconnected } from '../../src/core/errors.ts';
import { lazy } from '../../src/core/lazy.ts';
import { type LambdaOptions, toLambdaHandler } from '../../src/gateways/aws.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { type GatewayRequest, acceptsGatewayRequest } from '../../src/core/gateway-request.ts';
import { lambdaEvent, lambdaResponse, lambdaSources, textOf } from '../../src/testing.ts';
import type { Application, Environ } from '../../src/types.ts';

const answer = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

/** Answers by which way it was called, and keeps what it was given. */
function recording(): {
  application: Application;
  received: GatewayRequest[];
  environs: Environ[];
} {
  const received: GatewayRequest[] = [];
  const environs: Environ[] = [];
  const application = acceptsGatewayRequest(
    (environ, startResponse) => {
      environs.push(environ);
      startResponse('200 OK', []);
      return answer('environ');
    },
    (request, startResponse) => {
      received.push(request);
      startResponse('200 OK', []);
      return answer('request');
    },
  );
  return { application, received, environs };
}

async function answered(
  application: Application,
  options: LambdaOptions = {},
  context?: unknown,
): Promise<{ status: number; text: string; log: string }> {
  let log = '';
  const handler = toLambdaHandler(application, {
    log: (message) => void (log += message),
    ...options,
  });
  const event = lambdaEvent('http-api-2', { target: '/a%0Ab?x=1' });
  const response = lambdaResponse('http-api-2', await handler(event, context));
  return { status: response.status, text: textOf(response), log };
}

describe('an application that accepts the gateway request', () => {
  it.each(lambdaSources)('is taken on %s, and leads to the same request', async (source) => {
    const { application, received } = recording();
    const seen: Environ[] = [];
    const request = { target: '/shoes?q=red', headers: [['X-Mark', '1']] as [string, string][] };
    const context = { awsRequestId: 'id' };
    const reply = await toLambdaHandler(application)(lambdaEvent(source, request), context);
    expect(textOf(lambdaResponse(source, reply, request))).toBe('request');

    await toLambdaHandler((environ, startResponse) => {
      seen.push(environ);
      startResponse('200 OK', []);
      return [];
    })(lambdaEvent(source, request), context);
    const plain = (environ: Environ | undefined): unknown =>
      JSON.parse(JSON.stringify({ ...environ, 'wsgi.input': 0, 'wsgi.errors': 0 }));
    expect(plain(received[0]?.environ)).toEqual(plain(seen[0]));
  });

  it('makes one environ, and only when asked', async () => {
    const { application, received } = recording();
    await answered(application);
    const first = received[0]?.environ;
    expect(first).toMatchObject({ QUERY_STRING: 'x=1', 'gatecall.source': 'http-api-2' });
    expect(received[0]?.environ).toBe(first);
  });

  it('is not seen behind middleware, which may have changed the environ', async () => {
    const { application, environs } = recording();
    const middleware: Application = (environ, startResponse) => {
      environ.PATH_INFO = '/other';
      return application(environ, startResponse);
    };
    expect((await answered(middleware)).text).toBe('environ');
    expect(environs[0]?.PATH_INFO).toBe('/other');
  });

  it('stays open behind lazy(), at the first request and later', async () => {
    const { application } = recording();
    const late = lazy(async () => application);
    expect((await answered(late)).text).toBe('request');
    expect((await answered(late)).text).toBe('request');
  });

  it('has the same duties: an error is logged with the request line and becomes a 500', async () => {
    const broken = acceptsGatewayRequest(
      () => [],
      () => {
        throw new Error('no table');
      },
    );
    const { status, log } = await answered(broken);
    expect(status).toBe(500);
    // Decoded by the platform, and still one line of the log.
    expect(log).toMatch(/^GET \/a%0Ab\?x=1: Error: no table\n/);
  });

  it('hears of the deadline, and so does an environ that is asked for afterwards', async () => {
    let early: AbortSignal | undefined;
    let late: AbortSignal | undefined;
    const waiting = (ask: (received: GatewayRequest) => void): Application =>
      acceptsGatewayRequest(
        () => [],
        async (received, startResponse) => {
          ask(received);
          await new Promise<void>((resolve) => {
            received.signal?.addEventListener('abort', resolve);
          });
          late = received.environ['gatecall.signal'] as AbortSignal;
          startResponse('200 OK', []);
          return answer('just in time');
        },
      );
    const end = performance.now() + 400;
    const context = { getRemainingTimeInMillis: () => end - performance.now() };
    const first = waiting((received) => {
      early = received.environ['gatecall.signal'] as AbortSignal;
    });
    expect((await answered(first, {}, context)).text).toBe('just in time');
    expect(early?.aborted).toBe(true);

    const again = performance.now() + 400;
    const { text } = await answered(
      waiting(() => undefined),
      {},
      { getRemainingTimeInMillis: () => again - performance.now() },
    );
    expect(text).toBe('just in time');
    expect(late?.aborted).toBe(true);
    expect(late?.reason).toBeInstanceOf(Error);
    await sleep(0);
  });
});

/** `Promise.withResolvers` of Node 22. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

interface Asked {
  ended: Promise<string>;
  leave(): void;
}

/** Sends a request to an application, without waiting for the answer. */
const fronts: Record<string, (application: Application) => Promise<Asked>> = {
  'gatecall/node': async (application) => {
    const server = createServer(toNodeListener(application, { log: () => undefined }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /a%0Ab?x=1 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n');
    const ended = text(socket);
    void ended.catch(() => undefined).then(() => server.close());
    return { ended, leave: () => socket.destroy() };
  },
  'gatecall/fetch': async (application) => {
    const gone = new AbortController();
    const request = new Request('http://here/a%0Ab?x=1', { signal: gone.signal });
    const response = toFetchHandler(application, { log: () => undefined })(request);
    return { ended: response.then((one) => one.text()), leave: () => gone.abort() };
  },
};

describe.each(Object.entries(fronts))('a gateway request on %s', (_, send) => {
  it('is taken, and leads to one environ when asked', async () => {
    const { application, received } = recording();
    expect(await (await send(application)).ended).toContain('request');
    const first = received[0]?.environ;
    expect(first).toMatchObject({ PATH_INFO: '/a\nb', QUERY_STRING: 'x=1' });
    expect(received[0]?.environ).toBe(first);
  });

  it.each([true, false])(
    'hears that the client has gone; environ made before: %s',
    async (early) => {
      const entered = deferred<void>();
      const left = deferred<AbortSignal>();
      const application = acceptsGatewayRequest(
        () => [],
        async (received, startResponse) => {
          const before = early && received.environ['gatecall.signal'];
          entered.resolve();
          await new Promise<void>((resolve) => received.signal?.addEventListener('abort', resolve));
          left.resolve((before || received.environ['gatecall.signal']) as AbortSignal);
          startResponse('200 OK', []);
          return [];
        },
      );
      const { ended, leave } = await send(application);
      ended.catch(() => undefined);
      await entered.promise;
      leave();
      const signal = await left.promise;
      expect([signal.aborted, signal.reason]).toEqual([true, expect.any(ClientDisconnected)]);
    },
  );
});
