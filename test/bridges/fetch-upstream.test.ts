/** A response of `fetch()` that a handler hands on: the headers must say what the bytes are. */
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { lambdaEvent, lambdaResponse } from '../../src/aws-model.ts';
import { bridgeTo } from '../../src/bridges/fetch/bridge.ts';
import { sendLightResponse } from '../../src/bridges/fetch-light/send.ts';
import { LightResponse } from '../../src/bridges/fetch-light/response.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import type { Application } from '../../src/types.ts';

const TEXT = 'hello '.repeat(200);
const plain = Buffer.from(TEXT);

/** What an origin sends under each Content-Encoding, and whether some `fetch()` decodes it. */
const codings: Record<string, () => Buffer> = {
  gzip: () => zlib.gzipSync(plain),
  GZip: () => zlib.gzipSync(plain),
  'x-gzip': () => zlib.gzipSync(plain),
  deflate: () => zlib.deflateSync(plain),
  br: () => zlib.brotliCompressSync(plain),
  'gzip, br': () => zlib.brotliCompressSync(zlib.gzipSync(plain)),
  // Made once: Node 20 cannot, and its fetch() hands such a body on as it is.
  zstd: () => Buffer.from('KLUv/WCwA20AADBoZWxsbyABAKfkL0U=', 'base64'),
  compress: () => Buffer.from('not decoded'),
  'gzip, compress': () => Buffer.from('not decoded'),
  'gzip,': () => zlib.gzipSync(plain),
  identity: () => plain,
};

const servers: Server[] = [];
async function listen(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

let upstream: string;
beforeAll(async () => {
  upstream = await listen((request, response) => {
    const coding = decodeURIComponent(request.url?.slice(1) ?? '');
    const body = codings[coding]?.() ?? plain;
    response.writeHead(200, {
      ...(coding !== '' && { 'Content-Encoding': coding }),
      'Content-Length': body.length,
      ETag: '"v1"',
    });
    response.end(body);
  });
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

interface Seen {
  coding: string | undefined;
  length: string | undefined;
  body: Buffer;
}

/** Through both gateways, of which each must show the client the same. */
async function answers(application: Application, method = 'GET'): Promise<Seen[]> {
  const event = lambdaEvent('http-api-2', { method, headers: [['Host', 'app.example']] });
  const context = { getRemainingTimeInMillis: () => 5000 };
  const reply = lambdaResponse('http-api-2', await toLambdaHandler(application)(event, context));
  const header = (name: string): string | undefined =>
    reply.headers.find(([one]) => one.toLowerCase() === name)?.[1];
  const url = await listen(toNodeListener(application));
  const direct = await new Promise<Seen>((resolve, reject) => {
    get(url, { method }, (response) => {
      const blocks: Buffer[] = [];
      response.on('data', (block: Buffer) => blocks.push(block));
      response.on('end', () => {
        const { 'content-encoding': coding, 'content-length': length } = response.headers;
        resolve({ coding, length, body: Buffer.concat(blocks) });
      });
    }).on('error', reject);
  });
  return [
    {
      coding: header('content-encoding'),
      length: header('content-length'),
      body: Buffer.from(reply.body),
    },
    direct,
  ];
}

const bridges = {
  'the native classes': fromFetchHandler,
  'the light classes': (handler: () => Promise<Response>): Application =>
    bridgeTo(handler, {}, sendLightResponse),
};

describe.each(Object.entries(bridges))('handed on through the bridge of %s', (_, bridge) => {
  it.each(Object.keys(codings))(
    'a body of the coding %s is what its headers say',
    async (coding) => {
      const url = upstream + encodeURIComponent(coding);
      const decoded = (await (await fetch(url)).text()) === TEXT && coding !== 'identity';
      const body = codings[coding]?.();
      const wanted = decoded ? { coding: undefined, body: plain } : { coding, body };
      for (const seen of await answers(bridge(() => fetch(url)))) {
        expect(seen).toMatchObject(wanted);
        expect([undefined, String(seen.body.length)]).toContain(seen.length);
      }
    },
  );

  it('a body that was not encoded keeps its length', async () => {
    for (const seen of await answers(bridge(() => fetch(upstream)))) {
      expect(seen).toEqual({ coding: undefined, length: String(plain.length), body: plain });
    }
  });

  it('a clone is as decoded as the response', async () => {
    const handler = async (): Promise<Response> => (await fetch(`${upstream}gzip`)).clone();
    for (const seen of await answers(bridge(handler))) {
      expect(seen).toMatchObject({ coding: undefined, body: plain });
    }
  });

  it('the answer to HEAD keeps what it says of the resource', async () => {
    const length = String(zlib.gzipSync(plain).length);
    const head = (): Promise<Response> => fetch(`${upstream}gzip`, { method: 'HEAD' });
    const [reply, direct] = await answers(bridge(head), 'HEAD');
    expect(reply?.coding).toBe('gzip');
    // Not in the reply: API Gateway writes a length of its own there.
    expect(direct).toEqual({ coding: 'gzip', length, body: Buffer.alloc(0) });
  });

  it.each([
    ['native', Response],
    ['light', LightResponse as unknown as typeof Response],
  ])('a %s response that the application encodes keeps its coding', async (_kind, Class) => {
    const body = zlib.gzipSync(plain);
    const handler = (): Promise<Response> =>
      Promise.resolve(
        new Class(body, {
          headers: { 'Content-Encoding': 'gzip', 'Content-Length': String(body.length) },
        }),
      );
    for (const seen of await answers(bridge(handler))) {
      expect(seen).toEqual({ coding: 'gzip', length: String(body.length), body });
    }
  });
});
