import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lazy } from '../src/lazy.ts';
import { type LambdaOptions, toLambdaHandler } from '../src/gateways/aws.ts';
import { type Received, withSideDoor } from '../src/side-door.ts';
import { lambdaEvent, lambdaResponse, lambdaSources, textOf } from '../src/testing.ts';
import type { Application, Environ } from '../src/types.ts';

const answer = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

/** Answers by which way it was called, and keeps what it was given. */
function house(): { application: Application; received: Received[]; environs: Environ[] } {
  const received: Received[] = [];
  const environs: Environ[] = [];
  const application = withSideDoor(
    (environ, startResponse) => {
      environs.push(environ);
      startResponse('200 OK', []);
      return answer('front door');
    },
    (request, startResponse) => {
      received.push(request);
      startResponse('200 OK', []);
      return answer('side door');
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
    errors: (message) => void (log += message),
    ...options,
  });
  const event = lambdaEvent('http-api-2', { target: '/a%0Ab?x=1' });
  const response = lambdaResponse('http-api-2', await handler(event, context));
  return { status: response.status, text: textOf(response), log };
}

describe('a side door', () => {
  it.each(lambdaSources)('is taken on %s, and leads to the same request', async (source) => {
    const { application, received } = house();
    const seen: Environ[] = [];
    const request = { target: '/shoes?q=red', headers: [['X-Mark', '1']] as [string, string][] };
    const context = { awsRequestId: 'id' };
    const reply = await toLambdaHandler(application)(lambdaEvent(source, request), context);
    expect(textOf(lambdaResponse(source, reply, request))).toBe('side door');

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
    const { application, received } = house();
    await answered(application);
    const first = received[0]?.environ;
    expect(first).toMatchObject({ QUERY_STRING: 'x=1', 'gatecall.source': 'http-api-2' });
    expect(received[0]?.environ).toBe(first);
  });

  it('is not seen behind middleware, which may have changed the environ', async () => {
    const { application, environs } = house();
    const middleware: Application = (environ, startResponse) => {
      environ.PATH_INFO = '/other';
      return application(environ, startResponse);
    };
    expect((await answered(middleware)).text).toBe('front door');
    expect(environs[0]?.PATH_INFO).toBe('/other');
  });

  it('stays open behind lazy(), at the first request and later', async () => {
    const { application } = house();
    const late = lazy(async () => application);
    expect((await answered(late)).text).toBe('side door');
    expect((await answered(late)).text).toBe('side door');
  });

  it('has the same duties: an error is logged with the request line and becomes a 500', async () => {
    const broken = withSideDoor(
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
    const waiting = (ask: (received: Received) => void): Application =>
      withSideDoor(
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
