/**
 * Each middleware above real applications behind the bridges: an Express and a Hono, asked through
 * Lambda events.
 */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/core/response/answers.ts';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { fromNodeListener, type NodeListener } from '../../src/bridges/node.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import * as exported from '../../src/middleware.ts';
import { lambdaEvent, lambdaResponse, type LambdaSource } from '../../src/aws-model.ts';
import {
  header,
  type TestRequestOptions,
  type TestResponse,
  textOf,
} from '../../src/aws-model/message.ts';
import type { Application, Environ, Middleware } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { fetchApps } from '../fetch-apps.ts';
import { root } from '../nodes.ts';
import { optional } from '../optional.ts';

// ── The applications ────────────────────────────────────────────────────────────────────────────

const plain: [string, string] = ['Content-Type', 'text/plain'];
const page = 'A page that is long enough to be worth compressing. '.repeat(60);

/** What an application was asked, as its framework tells it. */
interface Facts {
  method: string;
  /** Below the mount. */
  target: string;
  host: string | undefined;
  address: string | undefined;
  scheme: string;
}

interface ExpressRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  secure: boolean;
  socket: { remoteAddress?: string };
  body: string;
}
interface ExpressResponse {
  json(value: unknown): void;
  type(type: string): ExpressResponse;
  set(name: string, value: string): ExpressResponse;
  send(body: string): void;
  end(body: string): void;
  destroy(error: Error): void;
}
type ExpressRoute = (request: ExpressRequest, response: ExpressResponse) => unknown;
interface Express {
  (): NodeListener &
    Record<'get' | 'all' | 'post', (path: string, route: ExpressRoute) => void> & {
      disable(setting: string): void;
      use(middleware: unknown): void;
    };
  text(): unknown;
}

async function expressApplication(): Promise<Application> {
  const require = createRequire(`${root}test/frameworks/package.json`);
  const express = require('express') as Express;
  const app = express();
  app.disable('etag');
  app.use(express.text());
  app.all('/facts', (request, response) => {
    const { method, url, headers, secure, socket } = request;
    const scheme = secure ? 'https' : 'http';
    const facts = { method, target: url, host: headers['host'], address: socket.remoteAddress };
    response.json({ ...facts, scheme } satisfies Facts);
  });
  app.get('/page', (_request, response) => response.type('text/plain').send(page));
  app.get('/tagged', (_request, response) =>
    response.type('text/plain').set('ETag', '"v1"').end(page),
  );
  app.post('/echo', (request, response) => response.type('text/plain').send(request.body));
  app.get('/slow', async (_request, response) => {
    await setTimeout(200);
    response.send('late');
  });
  // What Express learns of itself it answers itself.
  app.get('/error', (_request, response) => response.destroy(new Error('on purpose')));
  return fromNodeListener(app);
}

interface HonoContext {
  req: { raw: Request };
  env: { environ: Environ };
}
type HonoRoute = (context: HonoContext) => Response | Promise<Response>;
type Hono = new () => {
  all(path: string, route: HonoRoute): void;
  fetch(request: Request, ...given: unknown[]): Response | Promise<Response>;
  onError(handler: (error: Error) => Response): void;
};

/** A body whose length only its end tells. */
function streamed(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream().pipeThrough(new TransformStream<Uint8Array, Uint8Array>());
}

async function honoApplication(
  bodyOf: (text: string) => string | ReadableStream<Uint8Array> = String,
): Promise<Application> {
  const require = createRequire(`${root}test/fetch-apps/package.json`);
  const { Hono } = (await import(pathToFileURL(require.resolve('hono')).href)) as { Hono: Hono };
  const app = new Hono();
  app.all('/facts', ({ req: { raw }, env: { environ } }) => {
    const { protocol, pathname, search } = new URL(raw.url);
    return Response.json({
      method: raw.method,
      target: pathname + search,
      host: raw.headers.get('host') ?? undefined,
      address: environ.REMOTE_ADDR,
      scheme: protocol.slice(0, -1),
    } satisfies Facts);
  });
  app.all('/page', () => new Response(bodyOf(page), { headers: [plain] }));
  app.all('/tagged', () => new Response(bodyOf(page), { headers: [plain, ['etag', '"v1"']] }));
  app.all('/echo', ({ req: { raw } }) => new Response(raw.body, { headers: [plain] }));
  app.all('/slow', async () => {
    await setTimeout(200);
    return new Response('late');
  });
  app.all('/error', () => {
    throw new Error('on purpose');
  });
  app.onError((error) => {
    throw error;
  });
  return fromFetchHandler(app);
}

// ── What each is there for ──────────────────────────────────────────────────────────────────────

interface Answer extends TestResponse {
  text: string;
  /** The reply itself says so, not the front for it. */
  own(name: string): string | undefined;
  log: string[];
}

type Ask = (target: string, more?: Omit<TestRequestOptions, 'target'>) => Promise<Answer>;

/** What is for lists alone lets a stream pass. */
type BodyKind = 'list' | 'stream';

interface Given {
  ask: Ask;
  lines: string[];
  kind: BodyKind;
  source: LambdaSource;
}

interface Row {
  wrap(application: Application, lines: string[]): Application;
  works(given: Given): Promise<void>;
}

const facts = ({ text }: Answer): Facts => JSON.parse(text) as Facts;
const host = (name: string): [string, string] => ['Host', name];

/** Notes a header as the server gets it, which need not be as a front passes it on. */
function noting(name: string, inner: Application, lines: string[]): Application {
  return (environ, startResponse) =>
    inner(environ, (status, headers, error) => {
      const found = headers.filter(([one]) => one.toLowerCase() === name);
      lines.push(...found.map(([, value]) => value));
      return startResponse(status, headers, error);
    });
}

const rows: Readonly<Record<string, Row>> = {
  accessLog: {
    wrap: (inner, lines) => exported.accessLog(inner, { log: (line) => lines.push(line) }),
    async works({ ask, lines }) {
      await ask('/page?x=1');
      expect(lines).toEqual([
        expect.stringMatching(
          new RegExp(`"GET (/live)?/page\\?x=1 HTTP/[\\d.]+" 200 ${page.length} `),
        ),
      ]);
    },
  },
  basicAuth: {
    wrap: (inner) =>
      exported.basicAuth(inner, { verify: (user, password) => user + password === 'ab' }),
    async works({ ask }) {
      const refused = await ask('/page');
      expect([refused.status, refused.text === page]).toEqual([401, false]);
      const authorization: [string, string] = ['Authorization', `Basic ${btoa('a:b')}`];
      expect((await ask('/page', { headers: [host('a'), authorization] })).text).toBe(page);
    },
  },
  bodyLimit: {
    wrap: (inner) => exported.bodyLimit(inner, { bytes: 10 }),
    async works({ ask }) {
      const post = (body: string): Promise<Answer> =>
        ask('/echo', { method: 'POST', headers: [host('a'), plain], body });
      expect((await post('ten bytes.')).text).toBe('ten bytes.');
      expect((await post('eleven bytes')).status).toBe(413);
    },
  },
  compress: {
    wrap: (inner) => exported.compress(inner),
    async works({ ask }) {
      const encoded = (coding: string): Promise<Answer> =>
        ask('/page', { headers: [host('a'), ['Accept-Encoding', coding]] });
      const [gzip, br, none] = [
        await encoded('gzip'),
        await encoded('br'),
        await encoded('identity'),
      ];
      expect([gzip, br, none].map((answer) => header(answer, 'content-encoding'))).toEqual([
        'gzip',
        'br',
        undefined,
      ]);
      expect(gunzipSync(gzip.body).toString()).toBe(page);
      expect(brotliDecompressSync(br.body).toString()).toBe(page);
      expect(none.text).toBe(page);
    },
  },
  conditionalGet: {
    wrap: (inner) => exported.conditionalGet(inner),
    async works({ ask }) {
      const fresh = await ask('/tagged', { headers: [host('a'), ['If-None-Match', '"v1"']] });
      expect([fresh.status, fresh.text, header(fresh, 'etag')]).toEqual([304, '', '"v1"']);
      const stale = await ask('/tagged', { headers: [host('a'), ['If-None-Match', '"v0"']] });
      expect([stale.status, stale.text]).toEqual([200, page]);
    },
  },
  contentLength: {
    wrap: (inner, lines) => noting('content-length', exported.contentLength(inner), lines),
    async works({ ask, lines, kind }) {
      expect((await ask('/tagged')).text).toBe(page);
      expect(lines).toEqual(kind === 'list' ? [String(page.length)] : []);
    },
  },
  cors: {
    wrap: (inner) => exported.cors(inner, { origins: ['https://ours.example'] }),
    async works({ ask }) {
      const origin: [string, string] = ['Origin', 'https://ours.example'];
      const read = await ask('/page', { headers: [host('a'), origin] });
      expect(header(read, 'access-control-allow-origin')).toBe('https://ours.example');
      expect(read.text).toBe(page);
      const preflight = await ask('/facts', {
        method: 'OPTIONS',
        headers: [host('a'), origin, ['Access-Control-Request-Method', 'PUT']],
      });
      expect([preflight.status, preflight.text]).toEqual([204, '']);
      expect(header(preflight, 'access-control-allow-methods')).toContain('PUT');
    },
  },
  errorPage: {
    wrap: (inner) =>
      exported.errorPage(inner, {
        page: () => html('<p>Sorry', { status: '500 Internal Server Error' }),
      }),
    async works({ ask }) {
      const { status, text, log } = await ask('/error');
      expect([status, text]).toEqual([500, '<p>Sorry']);
      expect(log.join('')).toMatch(/^GET (?:\/live)?\/error: Error: on purpose\n/);
    },
  },
  etag: {
    wrap: (inner) => exported.conditionalGet(exported.etag(inner)),
    async works({ ask, kind }) {
      const tagged = await ask('/page');
      expect(tagged.text).toBe(page);
      const tag = header(tagged, 'etag') ?? '';
      if (kind === 'stream') return expect(tag).toBe('');
      expect(tag).toMatch(/^"[^"]+"$/);
      const again = await ask('/page', { headers: [host('a'), ['If-None-Match', tag]] });
      expect([again.status, again.text]).toEqual([304, '']);
    },
  },
  head: {
    wrap: (inner) => exported.head(inner),
    async works({ ask }) {
      const { status, text, own } = await ask('/page', { method: 'HEAD' });
      expect([status, text]).toEqual([200, '']);
      expect(own('content-type')).toMatch(/^text\/plain/);
    },
  },
  httpsOnly: {
    wrap: (inner) => exported.httpsOnly(inner),
    async works({ ask, source }) {
      expect((await ask('/page')).text).toBe(page);
      const bare = await ask('/page?x=1', { scheme: 'http' });
      const base = source === 'rest-api' ? '/live' : '';
      expect([bare.status, header(bare, 'location')]).toEqual([
        301,
        `https://a.example${base}/page?x=1`,
      ]);
    },
  },
  methodOverride: {
    wrap: (inner) => exported.methodOverride(inner),
    async works({ ask }) {
      const answer = await ask('/facts', {
        method: 'POST',
        headers: [host('a'), ['X-HTTP-Method-Override', 'DELETE']],
      });
      expect(facts(answer).method).toBe('DELETE');
    },
  },
  mount: {
    wrap: (inner) => exported.mount({ '/shop': inner }),
    async works({ ask }) {
      expect(facts(await ask('/shop/facts?x=%20')).target).toBe('/facts?x=%20');
      expect((await ask('/shopping/facts')).status).toBe(404);
    },
  },
  proxyFix: {
    wrap: (inner) => exported.proxyFix(inner, { for: 2, host: 1 }),
    async works({ ask }) {
      const answer = await ask('/facts', {
        clientAddress: '198.51.100.7',
        headers: [
          host('inner.example'),
          ['X-Forwarded-For', '203.0.113.9'],
          ['X-Forwarded-Host', 'shop.example'],
        ],
      });
      expect(facts(answer)).toMatchObject({ host: 'shop.example', address: '203.0.113.9' });
    },
  },
  requestId: {
    wrap: (inner) => exported.requestId(inner),
    async works({ ask }) {
      const made = await ask('/page');
      expect([header(made, 'x-request-id'), made.text]).toEqual(['request-1', page]);
      const given = await ask('/page', { headers: [host('a'), ['X-Request-Id', 'mine']] });
      expect(header(given, 'x-request-id')).toBe('mine');
    },
  },
  securityHeaders: {
    wrap: (inner) => exported.securityHeaders(inner),
    async works({ ask }) {
      const answer = await ask('/page');
      expect(header(answer, 'x-content-type-options')).toBe('nosniff');
      expect(header(answer, 'strict-transport-security')).toMatch(/^max-age=/);
    },
  },
  serverTiming: {
    wrap: (inner) => exported.serverTiming(inner),
    async works({ ask }) {
      expect(header(await ask('/page'), 'server-timing')).toMatch(/^app;dur=[\d.]+$/);
    },
  },
  staticFiles: {
    wrap: (inner) => exported.staticFiles(inner, { root: import.meta.dirname }),
    async works({ ask }) {
      const file = await ask('/apps.ts', { headers: [host('a'), ['Range', 'bytes=0-2']] });
      expect([file.status, file.text]).toEqual([206, '/**']);
      expect((await ask('/page')).text).toBe(page);
    },
  },
  timeout: {
    wrap: (inner) => exported.timeout(inner, { ms: 50 }),
    async works({ ask }) {
      expect((await ask('/slow')).status).toBe(503);
      // What the framework says too late goes nowhere, and harms no later request.
      await setTimeout(250);
      expect((await ask('/page')).text).toBe(page);
    },
  },
  trustedHosts: {
    wrap: (inner) => exported.trustedHosts(inner, { hosts: ['ours.example'] }),
    async works({ ask }) {
      expect((await ask('/page', { headers: [host('ours.example')] })).text).toBe(page);
      expect((await ask('/page', { headers: [host('other.example')] })).status).toBe(400);
    },
  },
};

it('has a row for every middleware', () => {
  const tools = ['compose', 'safeEqual'];
  const named = Object.entries(exported).filter(
    ([name, value]) => typeof value === 'function' && !tools.includes(name),
  );
  expect(Object.keys(rows).sort()).toEqual(named.map(([name]) => name).sort());
});

// ── The tests ───────────────────────────────────────────────────────────────────────────────────

function asker(source: LambdaSource, application: Application): Ask {
  const log: string[] = [];
  const handler = toLambdaHandler(application, { log: (line) => log.push(line) });
  return async (target, more = {}) => {
    log.length = 0;
    const request: TestRequestOptions = { headers: [host('a.example')], ...more, target };
    const reply = await handler(lambdaEvent(source, request), { awsRequestId: 'request-1' });
    const response = lambdaResponse(source, reply, request);
    const { headers, multiValueHeaders } = reply as unknown as Record<
      string,
      Record<string, unknown>
    >;
    const own = Object.entries({ ...headers, ...multiValueHeaders });
    return {
      ...response,
      text: textOf(response),
      log: [...log],
      own: (name) => {
        const value = own.find(([one]) => one.toLowerCase() === name)?.[1];
        return value === undefined ? undefined : String(value);
      },
    };
  };
}

const strict: Middleware = (application) => validator(application, { strict: true });

const applications = [
  ['Express', 'list', isInstalled('frameworks', 'express'), expressApplication],
  ['Hono', 'list', fetchApps, honoApplication],
  ['Hono with streams', 'stream', fetchApps, () => honoApplication(streamed)],
] as const;

function isInstalled(folder: string, name: string): boolean {
  const present = existsSync(`${root}test/${folder}/node_modules/${name}`);
  return optional(folder, present, `npm ci --ignore-scripts --prefix test/${folder}`);
}

for (const [name, kind, installed, create] of applications) {
  for (const source of ['function-url', 'rest-api', 'alb-multi'] as const) {
    describe.runIf(installed)(`above ${name}, on ${source}`, () => {
      it.each(Object.entries(rows))('%s does its work', async (_name, { wrap, works }) => {
        expect.hasAssertions();
        const lines: string[] = [];
        const application = strict(wrap(await create(), lines));
        await works({ ask: asker(source, application), lines, kind, source });
      });
    });
  }
}
