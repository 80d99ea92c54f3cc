/** The table through `toFetchHandler`, with Node's own `Request` and `Response` as the host. */
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import type { ArrivedBlock, Driver, Subject } from '../../src/testing/conformance.ts';
import type { TestRequest, TestResponse } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';
import { describeConformance } from './support.ts';

/**
 * A request as workerd and Deno hand it over: a `Request` that keeps the URL as it was sent. `new
 * Request()` would resolve its dot segments, write methods in capitals and refuse a body under GET.
 */
function hostRequest(request: TestRequest, signal?: AbortSignal): Request {
  const { method, target, headers, body, scheme = 'http' } = request;
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  const carrier = new Request(`${scheme}://gatecall.example/`, {
    method: 'POST',
    headers: headers.map(([name, value]) => [name, value]),
    body: body ?? null,
    signal: signal ?? null,
  });
  const own = { url: `${scheme}://${host || 'localhost'}${target}`, method };
  return Object.defineProperties(carrier, {
    url: { value: own.url },
    method: { value: own.method },
  });
}

function serve(application: Application, basePath?: string): Driver {
  const log: string[] = [];
  const handler = toFetchHandler(application, {
    log: (message) => log.push(message),
    ...(basePath !== undefined && { basePath }),
    platform: { name: 'test', remoteAddress: (_request, [address]) => address as string },
  });
  const respond = (request: TestRequest, signal?: AbortSignal): Promise<Response> =>
    handler(hostRequest(request, signal), request.clientAddress ?? '127.0.0.1');
  return {
    log: () => log.join('\n'),
    async send(request) {
      return received(await respond(request));
    },
    async stream(request) {
      const blocks: ArrivedBlock[] = [];
      for await (const bytes of (await respond(request)).body ?? []) {
        blocks.push({ bytes, at: performance.timeOrigin + performance.now() });
      }
      return blocks;
    },
    async sendAndLeave(request, { bytes = Infinity, when }) {
      const client = new AbortController();
      const left = when?.then(() => client.abort());
      const reading = respond(request, client.signal).then((response) =>
        read(response, bytes, () => client.abort()),
      );
      await Promise.race(left ? [left, reading] : [reading]);
    },
  };
}

/** Reads so many bytes and leaves. */
async function read(response: Response, bytes: number, leave: () => void): Promise<void> {
  let came = 0;
  try {
    for await (const block of response.body ?? []) {
      came += (block as Uint8Array).length;
      if (came >= bytes) break;
    }
  } catch {
    // So a reader learns of its own leave.
  }
  leave();
}

async function received(response: Response): Promise<TestResponse> {
  const { status, statusText: reason } = response;
  const headers = [...response.headers];
  try {
    return { status, reason, headers, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    return { status, reason, headers, body: new Uint8Array(), aborted: true };
  }
}

const subject: Subject = {
  serve: (application) => serve(application),
  serveAt: (application, mount) => serve(application, mount),
  limits: [
    // Hosts resolve the target into a URL, each in its own way: test/gateways/fetch.test.ts has
    // what they make of `*`.
    'origin-form-only',
    // Node's Headers fold what is no Set-Cookie.
    'one-header-value',
    // Nothing in a request says it.
    'fixed-protocol',
  ],
  buffered: false,
  multithread: false,
  multiprocess: true,
  runOnce: false,
  concurrent: true,
};

describeConformance('fetch', subject);
