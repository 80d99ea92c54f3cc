/** examples/sam by the commands of its README. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIn, startApiIn, type Started, stopCommands } from '../cli/command.ts';
import { requireDist, root } from '../nodes.ts';
import { optional } from '../optional.ts';
import { samExample } from './sam-example.ts';
import { type TestProject, until } from './support.ts';

const installed = optional(
  'frameworks',
  existsSync(join(root, 'test/frameworks/node_modules/express')),
  'npm ci --ignore-scripts --prefix test/frameworks',
);

describe.runIf(installed)('examples/sam', () => {
  let files: TestProject;
  let api: Started;

  beforeAll(async () => {
    requireDist();
    files = samExample();
    api = await startApiIn(files.folder);
  });
  afterAll(() => {
    stopCommands();
    files[Symbol.dispose]();
  });

  it('has nothing that check would find', async () => {
    const { code, out } = await runIn(files.folder, ['check']);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'template.yaml: 2 functions, 3 fronts: 0 errors, 0 warnings\n',
    });
  });

  it('answers through an HTTP API', async () => {
    const url = api.url('ServerlessHttpApi');
    const order = await fetch(`${url}/orders/7`);
    expect(await order.json()).toEqual({ id: '7', total: 25, currency: 'EUR' });
    const placed = await fetch(`${url}/orders`, { method: 'POST', body: 'tea' });
    expect([placed.status, await placed.json()]).toEqual([201, { placed: 'tea' }]);
  });

  it('sends a picture through a REST API', async () => {
    const badge = await fetch(`${api.url('Pictures')}/badge.png`);
    expect(badge.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await badge.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  it('streams from Express through a function URL', async () => {
    const page = await fetch(api.url('Site'));
    const pieces: string[] = [];
    for await (const piece of page.body ?? []) pieces.push(Buffer.from(piece).toString());
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toContain('<p>cheese</p>');
  });

  it('takes an edit of the TypeScript', async () => {
    const source = readFileSync(join(files.folder, 'shop.ts'), 'utf8');
    files.write('shop.ts', source.replace('total: 25', 'total: 30'));
    const total = async (): Promise<unknown> => {
      const order = await fetch(`${api.url('ServerlessHttpApi')}/orders/7`);
      return ((await order.json()) as { total: number }).total;
    };
    await until(() => api.log().includes('its code has changed'));
    expect(await total()).toBe(30);
  });

  it('runs one function on one event', async () => {
    const made = await runIn(files.folder, ['generate-event', 'http-api-2', '--path', '/orders/7']);
    const { code, out } = await runIn(files.folder, ['invoke', 'Shop', '--event', '-'], made.out);
    expect([code, JSON.parse(out)]).toMatchObject([0, { statusCode: 200 }]);
  });
});
