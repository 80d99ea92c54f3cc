/**
 * Applications in the real frameworks of the fetch kind, all with the same routes, and requests for
 * them.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { optional } from './optional.ts';

const folder = new URL('fetch-apps/', import.meta.url);

/** Whether the frameworks are installed. */
export const fetchApps: boolean = optional(
  'fetch-apps',
  existsSync(new URL('node_modules/hono/package.json', folder)),
  'npm ci --prefix test/fetch-apps',
);

export interface FetchApp {
  fetch(request: Request, ...given: unknown[]): Response | Promise<Response>;
}

const resolveFrom = createRequire(new URL('package.json', folder));

async function load(name: string): Promise<Record<string, never>> {
  return (await import(pathToFileURL(resolveFrom.resolve(name)).href)) as Record<string, never>;
}

type Handler = (request: Request, env: unknown) => unknown;

/** The routes, in plain functions of the standard: what a framework does with them is its own. */
const routes: readonly [method: string, path: string, handler: Handler][] = [
  [
    'GET',
    '/facts',
    (request) =>
      Response.json({
        method: request.method,
        url: request.url.replace(/^https?:\/\/[^/]+/, ''),
        agent: request.headers.get('user-agent'),
        tag: request.headers.get('X-Tag'),
        cookie: request.headers.get('cookie'),
        has: request.headers.has('x-absent'),
        isRequest: request instanceof Request,
        isHeaders: request.headers instanceof Headers,
        body: request.body,
        aborted: request.signal.aborted,
      }),
  ],
  [
    'POST',
    '/echo',
    async (request) =>
      new Response(await request.arrayBuffer(), {
        headers: {
          'content-type': request.headers.get('content-type') ?? 'application/octet-stream',
        },
      }),
  ],
  ['POST', '/stream-echo', (request) => new Response(request.body)],
  [
    'POST',
    '/json',
    async (request) => Response.json({ got: await request.json() }, { status: 201 }),
  ],
  [
    'POST',
    '/form',
    async (request) => {
      const form = await request.formData();
      return Response.json(
        [...form].map(([name, value]) => [
          name,
          typeof value === 'string' ? value : `${value.name} ${value.size}`,
        ]),
      );
    },
  ],
  [
    'POST',
    '/copies',
    async (request) => {
      const copy = new Request(request, { headers: { 'x-copy': 'yes' } });
      const again = copy.clone();
      return Response.json([
        copy.method,
        copy.headers.get('x-copy'),
        copy.headers.get('x-tag'),
        await copy.text(),
        await again.text(),
        request.bodyUsed,
      ]);
    },
  ],
  [
    'POST',
    '/moved',
    async (request) => {
      const moved = new Request(new URL('/elsewhere', request.url), request);
      return new Response(
        `${moved.method} ${new URL(moved.url).pathname} ${moved.headers.get('x-tag')} ${await moved.text()}`,
      );
    },
  ],
  [
    'GET',
    '/cookies',
    () => {
      const response = new Response('two', { headers: { 'x-one': '1' } });
      response.headers.append('set-cookie', 'a=1; Path=/');
      response.headers.append('set-cookie', 'b=2; Path=/');
      return response;
    },
  ],
  ['GET', '/empty', () => new Response(null, { status: 204 })],
  ['GET', '/unchanged', () => new Response(null, { status: 304, headers: { etag: '"x"' } })],
  ['GET', '/away', () => Response.redirect('https://other.example/x', 303)],
  ['GET', '/teapot', () => new Response('short and stout', { status: 418, statusText: 'Short' })],
  [
    'GET',
    '/binary',
    () =>
      new Response(new Uint8Array([0, 255, 128, 13, 10]), {
        headers: { 'content-type': 'image/png' },
      }),
  ],
  ['GET', '/latin', () => new Response('x', { headers: { 'x-latin': 'caf\u00e9' } })],
  [
    'GET',
    '/stream',
    () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            for (const part of ['one ', 'two ', 'three']) {
              controller.enqueue(new TextEncoder().encode(part));
              await new Promise((resolve) => setTimeout(resolve, 1));
            }
            controller.close();
          },
        }),
        { headers: { 'content-type': 'text/plain' } },
      ),
  ],
];

/** `hono`, `h3`, `itty-router`, and no framework at all. */
export async function makeApps(): Promise<Record<string, FetchApp>> {
  const { Hono } = (await load('hono')) as unknown as {
    Hono: new () => FetchApp & {
      on(
        method: string,
        path: string,
        handler: (c: { req: { raw: Request }; env: unknown }) => unknown,
      ): void;
    };
  };
  const { H3 } = (await load('h3')) as unknown as {
    H3: new () => FetchApp & {
      on(method: string, path: string, handler: (event: { req: Request }) => unknown): void;
    };
  };
  const { Router } = (await load('itty-router')) as unknown as {
    Router: () => FetchApp & Record<string, (path: string, handler: Handler) => void>;
  };
  const hono = new Hono();
  const h3 = new H3();
  const itty = Router();
  for (const [method, path, handler] of routes) {
    hono.on(method, path, (c) => handler(c.req.raw, c.env));
    h3.on(method, path, (event) => handler(event.req, undefined));
    itty[method.toLowerCase()]?.(path, handler);
  }
  itty['all']?.('*', () => new Response('nothing here', { status: 404 }));
  const plain: FetchApp = {
    fetch: (request, env) => {
      const path = new URL(request.url).pathname;
      const route = routes.find(([method, known]) => method === request.method && known === path);
      return (
        route ? route[2](request, env) : new Response('nothing here', { status: 404 })
      ) as Response;
    },
  };
  return { hono, h3, 'itty-router': itty, plain };
}

export interface AppRequest {
  title: string;
  method: string;
  target: string;
  headers: [string, string][];
  body?: Uint8Array;
}

const ask = (
  method: string,
  target: string,
  headers: [string, string][] = [],
  body?: string | Uint8Array,
): AppRequest => ({
  title: `${method} ${target} ${headers.map(([, value]) => value.slice(0, 20)).join(' ')}`.trim(),
  method,
  target,
  headers,
  ...(body !== undefined && {
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  }),
});

const multipart =
  '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\u0000\u0001\r\n--x--\r\n';

export const requests: readonly AppRequest[] = [
  ask('GET', '/facts?a=1&b=%20&c=', [
    ['User-Agent', 'test/1.0'],
    ['X-Tag', 'one'],
    ['Cookie', 'a=1; b=2'],
  ]),
  ask('POST', '/echo', [['Content-Type', 'image/png']], new Uint8Array([0, 255, 128, 10])),
  ask('POST', '/echo', [], ''),
  ask('POST', '/echo', [['Content-Type', 'text/plain']], 'x'.repeat(200_000)),
  ask('POST', '/stream-echo', [], 'streamed \u00e9'),
  ask('POST', '/json', [['Content-Type', 'application/json']], '{"a":"\u00e9"}'),
  ask('POST', '/form', [['Content-Type', 'application/x-www-form-urlencoded']], 'a=1&a=2&b=%C3%A9'),
  ask('POST', '/form', [['Content-Type', 'multipart/form-data; boundary=x']], multipart),
  ask('POST', '/copies', [['X-Tag', 'one']], 'copied'),
  ask('POST', '/moved', [['X-Tag', 'one']], 'moved'),
  ask('GET', '/cookies'),
  ask('HEAD', '/cookies'),
  ask('GET', '/empty'),
  ask('GET', '/unchanged'),
  ask('GET', '/away'),
  ask('GET', '/teapot'),
  ask('GET', '/binary'),
  ask('GET', '/latin'),
  ask('GET', '/stream'),
];

/** What some event sources have decoded, or parsed, before anybody can see it. */
export const rawRequests: readonly AppRequest[] = [
  ask('GET', '/facts?q=%7Eraw%2F%C3%A9&flag&&x=%zz'),
  ask('GET', '/nowhere/%2F//x%20%C3%A9%zz'),
  ask('GET', '/a/../facts?"<>^`{|}'),
];
