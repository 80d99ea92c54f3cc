/**
 * A platform of a stranger's, written by the recipe in CONTRIBUTING.md ("Adding a platform") with
 * `gatecall/gateway` alone.
 */
import { describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../src/bridges/fetch.ts';
import { fromNodeListener } from '../src/bridges/node.ts';
import {
  callApplication,
  createGatewayRequest,
  errorStream,
  type GatewayRequest,
  type LogSink,
} from '../src/gateway.ts';
import { nativeToText } from '../src/base/native.ts';
import type { Application } from '../src/types.ts';
import { describeConformance } from './conformance/support.ts';

/** What the platform calls its function with. */
interface TeaEvent {
  verb: string;
  path: string;
  search: string;
  fields: [string, string][];
  payload?: string;
  secure: boolean;
  version: string;
  client: string;
}
interface TeaReply {
  code: string;
  fields: [string, string][];
  payload: string;
}
type TeaHandler = (event: TeaEvent) => Promise<TeaReply>;
interface TeaOptions {
  log?: LogSink;
  basePath?: readonly string[];
}

function toTeaHandler(application: Application, options: TeaOptions = {}): TeaHandler {
  return async (event) => {
    const { status, headers, body } = await callApplication(application, requestOf(event, options));
    return {
      code: status,
      fields: headers.map(([name, value]) => [name, value]),
      payload: Buffer.from(body).toString('base64'),
    };
  };
}

function requestOf(event: TeaEvent, { log = console.error, basePath }: TeaOptions): GatewayRequest {
  return createGatewayRequest(
    {
      method: event.verb,
      rawPath: event.path,
      query: event.search,
      headers: event.fields,
      body: event.payload === undefined ? undefined : Buffer.from(event.payload, 'base64'),
      scheme: event.secure ? 'https' : 'http',
      protocol: event.version,
      remoteAddress: event.client,
    },
    { errors: errorStream(log), basePath, multiprocess: true, concurrent: true },
    { extend: (environ) => void (environ['tea.event'] = event) },
  );
}

describeConformance('a platform by the recipe', {
  serve: (application) => served(application),
  serveAt: (application, mount) => served(application, [mount]),
  limits: ['no-streaming', 'no-disconnect', 'text-request-headers', 'origin-form-only'],
  buffered: true,
  multithread: false,
  multiprocess: true,
  runOnce: false,
  concurrent: true,
});

function served(
  application: Application,
  basePath?: readonly string[],
): Parameters<typeof describeConformance>[1] extends { serve(a: Application): infer D }
  ? D
  : never {
  const log: string[] = [];
  const handler = toTeaHandler(application, {
    log: (message) => void log.push(message),
    ...(basePath && { basePath }),
  });
  return {
    log: () => log.join('\n'),
    async send(request) {
      const [path = '', ...search] = request.target.split('?');
      const reply = await handler({
        verb: request.method,
        path,
        search: search.join('?'),
        fields: request.headers.map(([name, value]) => [name, nativeToText(value)]),
        ...(request.body && { payload: Buffer.from(request.body).toString('base64') }),
        secure: request.scheme === 'https',
        version: request.protocol ?? 'HTTP/1.1',
        client: request.clientAddress ?? '127.0.0.1',
      });
      return {
        status: Number.parseInt(reply.code, 10),
        reason: reply.code.slice(4),
        headers: reply.fields,
        body: Buffer.from(reply.payload, 'base64'),
      };
    },
  };
}

const EVENT: TeaEvent = {
  verb: 'GET',
  path: '/tea/green',
  search: 'cups=2',
  fields: [
    ['host', 'tea.example'],
    ['x-tag', 'one'],
  ],
  secure: true,
  version: 'HTTP/1.1',
  client: '192.0.2.7',
};

describe('bridges behind it', () => {
  it('carry a Node listener', async () => {
    const listener = fromNodeListener((request, response) => {
      response.setHeader('X-Url', request.url ?? '');
      response.end([request.headers.host, request.headers['x-tag']].join(' '));
    });
    const reply = await toTeaHandler(listener)(EVENT);
    expect(reply.code).toBe('200 OK');
    expect(reply.fields).toContainEqual(['X-Url', '/tea/green?cups=2']);
    expect(Buffer.from(reply.payload, 'base64').toString()).toBe('tea.example one');
  });

  it('carry a fetch handler', async () => {
    const handler = fromFetchHandler(
      ({ url, headers }) => new Response(`${url} ${headers.get('x-tag')}`),
    );
    const reply = await toTeaHandler(handler)(EVENT);
    expect(Buffer.from(reply.payload, 'base64').toString()).toBe(
      'https://tea.example/tea/green?cups=2 one',
    );
  });

  it('are handed the request, as behind a gateway of ours: no environ is made of plain headers', async () => {
    const parts = { method: 'GET', rawPath: '/a', headers: { host: 'h', 'x-tag': '1' } };
    const request = createGatewayRequest(
      parts,
      { errors: errorStream(console.error) },
      { extend: () => expect.unreachable('the environ was made') },
    );
    for (const application of [
      fromNodeListener((_, response) => response.end('x')),
      fromFetchHandler(() => new Response('x')),
    ]) {
      expect((await callApplication(application, request)).status).toBe('200 OK');
    }
  });

  it('find the platform’s own keys in the environ, which is made once', async () => {
    const request = requestOf(EVENT, {});
    expect(request.environ['tea.event']).toBe(EVENT);
    expect(request.environ).toBe(request.environ);
  });
});
