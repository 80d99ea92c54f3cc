/**
 * Nothing between the start of a Lambda process and its first reply may load undici: touching
 * `Headers`, `Request` or `Response`, or importing node:http on Node 22 and later, costs 14 to 25 ms
 * of every cold start. Node lists what it loaded, so this is a fact and not a timing.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodes, requireDist, runScript, type ModuleKind } from './nodes.ts';

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
});
