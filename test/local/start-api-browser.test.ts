/**
 * The inspector that `gatecall start-api` brings, in Chromium: what a browser sees of real requests
 * to real functions.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, chromium, type Page, startChromium } from '../browser.ts';
import { startApiIn, type Started, stopCommands } from '../cli/command.ts';
import { requireDist } from '../nodes.ts';
import { makeProject, type TestProject } from './support.ts';

const FILES = {
  'template.yaml': `
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: nodejs24.x } }
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [shop.ts] } }
    Properties:
      Handler: shop.handler
      FunctionUrlConfig: { AuthType: NONE }
      Events:
        Any: { Type: HttpApi, Properties: { Path: '/orders/{id}', Method: ANY } }
  Ticker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: ticker.handler
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
`,
  'shop.ts': `
import { json } from 'gatecall';
import { toLambdaHandler } from 'gatecall/aws';
export const handler = toLambdaHandler(async (environ, startResponse) => {
  console.log('asked through', environ['gatecall.source']);
  const answer = json({ path: environ.PATH_INFO, source: environ['gatecall.source'] }, { status: '202 Accepted' });
  return await answer(environ, startResponse);
});`,
  'ticker.mjs': `
import { toStreamingLambdaHandler } from 'gatecall/aws';
export const handler = toStreamingLambdaHandler(async function* (environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  yield Buffer.from('tick\\n');
  yield Buffer.from('tock\\n');
});`,
};

describe.runIf(chromium)('the inspector of start-api in a browser', () => {
  let files: TestProject;
  let api: Started;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    requireDist();
    files = makeProject(FILES);
    [api, browser] = await Promise.all([startApiIn(files.folder), startChromium()]);
    page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  });
  afterAll(async () => {
    await browser.close();
    stopCommands();
    files[Symbol.dispose]();
  });

  const panel = (name: string): ReturnType<Page['locator']> =>
    page.getByRole('region', { name, exact: true });
  const list = (): ReturnType<Page['locator']> => page.locator('#list');

  it('shows requests as they come, with every step, and replays one as another source', async () => {
    await page.goto(api.inspector());
    await page.getByText('Waiting for the first request').waitFor();

    const answer = await fetch(`${api.url('ServerlessHttpApi')}/orders/caf%C3%A9?x=1`, {
      method: 'PUT',
      headers: { 'X-Tag': 'one' },
      body: 'hello',
    });
    expect([answer.status, await answer.json()]).toEqual([
      202,
      { path: '/orders/cafÃ©', source: 'http-api-2' },
    ]);
    await list().getByText('PUT /orders/caf%C3%A9?x=1').waitFor();
    expect(await (await fetch(api.url('Ticker'))).text()).toBe('tick\ntock\n');
    await list().getByText('GET /', { exact: true }).waitFor();

    await list().getByText('PUT /orders/caf%C3%A9?x=1').click();
    await panel('HTTP answer').getByText('http-api-2').waitFor();
    expect(await panel('Request').textContent()).toMatch(/x-tagone/i);
    expect(await panel('Event').textContent()).toContain('routeKey: "ANY /orders/{id}"');
    expect(await panel('Environ').textContent()).toContain('REQUEST_METHODPUT');
    expect(await panel('Environ').textContent()).toContain('= /orders/café');
    expect(await panel('startResponse').textContent()).toContain('202 Accepted');
    expect(await panel('Reply').textContent()).toContain('statusCode: 202');
    const logs = page.locator('.logs');
    await logs.getByText('asked through http-api-2').waitFor();
    expect(await page.locator('.waterfall th').allTextContents()).toContain('Init');

    await page.getByLabel('as', { exact: true }).selectOption('alb');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await panel('HTTP answer').getByText('"alb"').waitFor();
    expect(await panel('Event').textContent()).toContain('elb');
    expect(await panel('startResponse').textContent()).toContain('202 Accepted');
    await logs.getByText('asked through alb').waitFor();
    expect(await list().locator('a').count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  it('goes on when the code changes', async () => {
    await page.goto(api.inspector());
    files.write('shop.ts', FILES['shop.ts'].replace('202 Accepted', '418 Teapot'));
    await expect
      .poll(async () => (await fetch(`${api.url('ServerlessHttpApi')}/orders/1`)).status, {
        timeout: 10_000,
      })
      .toBe(418);
    await list().getByText('GET /orders/1').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
