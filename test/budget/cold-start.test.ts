/**
 * Nothing between the start of a Lambda process and its first reply may load undici: touching
 * `Headers`, `Request` or `Response`, or importing node:http on Node 22 and later, costs 14 to 25
 * ms of every cold start. Node lists what it loaded, so this is a fact and not a timing.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { fetchApps } from '../fetch-apps.ts';
import { nodes, requireDist, root, runScript, type ModuleKind } from '../nodes.ts';

const sources = [
  'http-api-2',
  'rest-api',
  'http-api-1',
  'function-url',
  'alb',
  'alb-multi',
  'lattice-1',
  'lattice-2',
  'edge-viewer',
  'edge-origin',
];

const load = {
  module: `
    import { toLambdaHandler } from 'gatecall/aws';
    import fs from 'node:fs';`,
  commonjs: `
    const { toLambdaHandler } = require('gatecall/aws');
    const fs = require('node:fs');`,
};

const invoke = `
  const undici = () => process.moduleLoadList.filter((name) => /undici/i.test(name));
  const handler = toLambdaHandler((environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [new TextEncoder().encode(environ.REQUEST_METHOD + ' ' + environ.PATH_INFO)];
  });
  async function main() {
    const seen = [];
    for (const source of ${JSON.stringify(sources)}) {
      const event = JSON.parse(fs.readFileSync('events/' + source + '.json', 'utf8'));
      const reply = await handler(event, { awsRequestId: 'cold' });
      seen.push({ source, status: Number(reply.statusCode ?? reply.status), undici: undici() });
    }
    globalThis.Headers;
    console.log(JSON.stringify({ seen, control: undici() }));
  }
  main();`;

const bridge = {
  module: `
    import { fromNodeListener } from 'gatecall/bridges/node';
    ${load.module}`,
  commonjs: `
    const { fromNodeListener } = require('gatecall/bridges/node');
    ${load.commonjs}`,
};

/** A listener instead of an application, and everything else the same. */
const invokeListener = invoke.replace(
  /toLambdaHandler\(.*?\n {2}\}\);/s,
  `toLambdaHandler(fromNodeListener((request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.end(request.method + ' ' + request.url + ' ' + request.headers.host);
  }));`,
);

interface Outcome {
  seen: { source: string; status: number; undici: string[] }[];
  control: string[];
}

beforeAll(requireDist);

describe.each(nodes)('Node $version', (node) => {
  it.each<ModuleKind>(['module', 'commonjs'])('answers without undici (%s)', async (kind) => {
    const outcome = (await runScript(node, kind, load[kind] + invoke)) as Outcome;
    expect(outcome.seen).toEqual(
      sources.map((source) => ({ source, status: 200, undici: [] as string[] })),
    );
    // Without this line the check could pass because Node renamed the module.
    expect(outcome.control).not.toEqual([]);
  });

  it.each<ModuleKind>(['module', 'commonjs'])(
    'carries a listener without undici (%s)',
    async (kind) => {
      expect(invokeListener).toContain('fromNodeListener(');
      const outcome = (await runScript(node, kind, bridge[kind] + invokeListener)) as Outcome;
      expect(outcome.seen).toEqual(
        sources.map((source) => ({ source, status: 200, undici: [] as string[] })),
      );
      expect(outcome.control).not.toEqual([]);
    },
  );
});

describe.each(nodes)('Hono with the light globals on Node $version', (node) => {
  // Packed with its framework, as it is deployed. The same without light globals is the control.
  const bundle = async (bridge: string, format: 'esm' | 'cjs'): Promise<string> => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { toLambdaHandler } from 'gatecall/aws';
          import { fromFetchHandler } from 'gatecall/${bridge}';
          import { Hono } from 'hono';
          import fs from 'node:fs';
          const app = new Hono();
          app.get('/hello', (c) => c.json({ agent: c.req.header('user-agent'), query: c.req.query('a') }));
          app.post('/hello', async (c) => c.text(await c.req.text()));
          const handler = toLambdaHandler(fromFetchHandler(app));
          const event = JSON.parse(fs.readFileSync('events/function-url.json', 'utf8'));
          const context = { awsRequestId: 'cold', getRemainingTimeInMillis: () => 3000 };
          event.rawPath = event.requestContext.http.path = '/hello';
          event.isBase64Encoded = false;
          async function main() {
            const seen = [];
            for (const [method, body] of [['GET', undefined], ['POST', 'text']]) {
              event.requestContext.http.method = method;
              event.body = body;
              const reply = await handler(structuredClone(event), context);
              const undici = process.moduleLoadList.filter((name) => /undici/i.test(name));
              seen.push({ status: reply.statusCode, undici: undici.length });
            }
            console.log(JSON.stringify(seen));
          }
          main();`,
        resolveDir: root,
      },
      bundle: true,
      minify: true, // it travels as an argument
      format,
      platform: 'node',
      write: false,
      nodePaths: [join(root, 'test/fetch-apps/node_modules')],
      tsconfigRaw: {}, // ours would lead it to the sources
    });
    return outputFiles[0]?.text ?? '';
  };

  it.runIf(fetchApps).each<['esm' | 'cjs', ModuleKind]>([
    ['esm', 'module'],
    ['cjs', 'commonjs'],
  ])('answers without undici (%s)', async (format, kind) => {
    const light = await runScript(node, kind, await bundle('bridges/fetch-light', format));
    expect(light).toEqual([
      { status: 200, undici: 0 },
      { status: 200, undici: 0 },
    ]);
    const control = await runScript(node, kind, await bundle('bridges/fetch', format));
    expect(control).toEqual([
      { status: 200, undici: 1 },
      { status: 200, undici: 1 },
    ]);
  });
});
