/**
 * The page in Chromium, by clicks and keys. GATECALL_SCREENSHOT=docs/inspector.png writes
 * README.md's picture; without it no test leaves a file behind.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Inspector, type Replay, startInspector } from '../../src/local/inspector.ts';
import { type InvocationTrace, TraceLog } from '../../src/local/trace.ts';
import type { LambdaSource } from '../../src/aws-model.ts';
import { type Browser, chromium, type Page, startChromium, violations } from '../browser.ts';
import { root } from '../nodes.ts';
import { picture } from '../png.ts';
import { recordShop } from './shop-traces.ts';
import { invoke, tracedBody } from './traces.ts';

const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 400, height: 860 };

describe.runIf(chromium)('the inspector in a browser', () => {
  let browser: Browser;
  let traces: TraceLog;
  let inspector: Inspector;
  let context: Awaited<ReturnType<Browser['newContext']>>;
  let page: Page;
  /** What a browser would write into its console; requests that leave this machine. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    traces = new TraceLog();
    inspector = await start();
    context = await browser.newContext({
      viewport: WIDE,
      colorScheme: 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('request', (request) => {
      if (!/^(?:http:\/\/127\.0\.0\.1:|data:image\/)/.test(request.url()))
        complaints.push(request.url());
    });
  });
  afterEach(async () => {
    await context.close();
    await inspector.close();
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });

  /**
   * As the gateway does it: a request goes through the front again, an event straight to the
   * function.
   */
  function start(port = 0): Promise<Inspector> {
    const replay = async (wish: Replay): Promise<string> => {
      const before = traces.get(wish.id);
      const source = wish.event === undefined ? (before?.source as LambdaSource) : wish.source;
      const trace = await invoke(traces, source, {
        request: wish.request,
        replayOf: wish.id,
        ...(wish.event !== undefined && { event: wish.event }),
      });
      return trace.id;
    };
    return startInspector({
      traces,
      replay,
      port,
      fronts: [{ id: 'ShopApi', url: 'http://127.0.0.1:3000' }],
    });
  }

  const rows = (): ReturnType<Page['locator']> => page.locator('#list a:visible');
  const title = (): ReturnType<Page['locator']> => page.locator('#detail-title');
  const panel = (name: string): ReturnType<Page['locator']> =>
    page.getByRole('region', { name, exact: true });
  const focused = (): Promise<string> =>
    page.evaluate(
      'document.activeElement.id || document.activeElement.dataset.id || document.activeElement.tagName',
    );

  async function open(trace: InvocationTrace): Promise<void> {
    await page.goto(`${inspector.url}#/${trace.id}`);
    await page.locator('.panels').waitFor();
  }

  it('shows each invocation as it happens, and the state it is in', async () => {
    await page.goto(inspector.url);
    await page.getByText('Waiting for the first request').waitFor();
    await page.getByText('curl http://127.0.0.1:3000/').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    const trace = await invoke(traces, 'rest-api', {
      request: { target: '/json?page=2' },
      cold: true,
    });
    await page.locator('#list a.ok').waitFor();
    // As a screen reader says it.
    await page
      .getByRole('link', {
        name: /^200 GET \/json\?page=2 \d.* ms \d\d:.* REST API ShopRestApi cold \d+ B$/,
      })
      .waitFor();
    const text = (await rows().first().textContent()) ?? '';
    for (const part of [
      '200',
      'GET /json?page=2',
      ' ms',
      'REST API',
      'ShopRestApi',
      'cold',
      ' B',
    ]) {
      expect(text).toContain(part);
    }
    await page
      .locator('#news')
      .getByText('GET /json?page=2: 200 in')
      .waitFor({ state: 'attached' });

    traces.put({
      ...trace,
      id: 'second',
      state: 'running',
      response: undefined,
    } as unknown as InvocationTrace);
    await page.locator('[data-id=second].busy').waitFor();
    traces.put({
      ...trace,
      id: 'second',
      state: 'failed',
      response: { ...trace.response!, status: 502 },
    });
    await page.locator('[data-id=second].bad').waitFor();
    // The newest is on top.
    expect(await rows().allTextContents()).toMatchObject(
      [/^502/, /^200/].map((it) => expect.stringMatching(it)),
    );
    expect(await page.locator('#count').textContent()).toBe('2');
  });

  it('shows the way of one invocation from request to answer', async () => {
    const trace = await invoke(traces, 'http-api-2', {
      request: {
        method: 'POST',
        target: '/echo/caf%C3%A9?x=1',
        headers: [
          ['Content-Type', 'application/json'],
          ['X-Tag', 'one'],
        ],
        body: '{"hello": ["world", 7]}',
      },
    });
    await page.goto(inspector.url);
    await rows().first().click();
    await title().waitFor();
    expect(await title().textContent()).toBe('POST /echo/caf%C3%A9?x=1');
    expect(await focused()).toBe('detail-title');
    expect(page.url()).toBe(`${inspector.url}#/${trace.id}`);

    expect(await panel('Request').textContent()).toContain('X-Tagone');
    expect(await panel('Event').textContent()).toContain('rawPath: "/echo/café"');
    expect(await panel('Environ').textContent()).toContain('REQUEST_METHODPOST');
    expect(await panel('Environ').textContent()).toContain('= /echo/café');
    expect(await panel('Environ').textContent()).toContain('wsgi.input[BufferedInput]');
    expect(await panel('startResponse').textContent()).toContain('X-Body-Length23');
    expect(await panel('Reply').textContent()).toContain('statusCode: 200');
    expect(await panel('HTTP answer').textContent()).toContain('hello: ["world", 7]');

    const phases = await page.locator('.waterfall th').allTextContents();
    expect(phases).toEqual(['Queue', 'App to startResponse', 'App to first byte', 'Answer to end']);
    const meters = page.getByRole('meter', { name: 'response' });
    expect(await meters.getAttribute('aria-valuetext')).toMatch(/^\d+ B of 6 MB, 0 %$/);
    expect(await page.locator('.logs').textContent()).toContain(`START RequestId: ${trace.id}`);
  });

  it('shows bodies as image, JSON, text and bytes', async () => {
    await open(await invoke(traces, 'function-url', { request: { target: '/image' } }));
    const answer = panel('HTTP answer');
    await answer.getByText('image/png, 32 × 32').waitFor();
    await answer.getByRole('button', { name: 'Hex' }).click();
    expect(await answer.locator('pre').textContent()).toMatch(
      /^0000 {2}89 50 4e 47 0d 0a 1a 0a {2}·PNG····\n/,
    );
    await open(await invoke(traces, 'function-url', { request: { target: '/json' } }));
    await answer.getByRole('button', { name: 'Text' }).click();
    expect(await answer.locator('pre').textContent()).toContain('{"method":"GET","path":"/json"');
  });

  it('says what would be otherwise on AWS', async () => {
    await open(await invoke(traces, 'alb', { request: { target: '/cookies' } }));
    const warnings = page.getByRole('list', { name: 'Warnings' });
    expect(await warnings.textContent()).toMatch(
      /^2 cookies travel as .*Switch the target group's/,
    );
    await open(
      await invoke(traces, 'rest-api', { handler: () => Promise.reject(new Error('boom')) }),
    );
    expect(await page.locator('.problem.bad').textContent()).toContain('Error: boom');
  });

  it('replays, as it was and as another source', async () => {
    const request = {
      method: 'POST',
      target: '/echo/a%2Fb',
      headers: [['X', '1']] as [string, string][],
      body: 'hello',
    };
    const trace = await invoke(traces, 'rest-api', { request });
    await open(trace);
    await page.getByLabel('as', { exact: true }).selectOption('function-url');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText(/, Function URL/).waitFor();
    const [, replayed] = traces.list();
    expect(replayed).toMatchObject({
      source: 'function-url',
      replayOf: trace.id,
      event: { version: '2.0', rawPath: '/echo/a%2Fb', headers: { x: '1' } },
      response: { status: 200, body: tracedBody(Buffer.from('hello')) },
    });
    expect(page.url()).toContain(replayed?.id);
    await page.getByRole('link', { name: trace.id.slice(0, 8) }).click();
    await page.getByText(/, REST API/).waitFor();

    await page.keyboard.press('r');
    await rows().nth(2).waitFor();
    expect(traces.list()[2]).toMatchObject({ source: 'rest-api', replayOf: trace.id });
    expect(await rows().first().textContent()).toContain('replay');
  });

  it('replays what was edited, and says what cannot be sent', async () => {
    const request = { method: 'POST', target: '/echo', body: 'hello' };
    await open(await invoke(traces, 'http-api-2', { request }));
    await page.getByRole('button', { name: 'Edit and replay…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit and replay' });
    await page.getByLabel('Path and query').fill('/echo/a b');
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await dialog.getByText('a path begins with /').waitFor();
    await page.getByLabel('Path and query').fill('/echo/again?y=2');
    await page.getByLabel('Headers, one a line').fill('X-New: caf\u00e9\nContent-Type: text/plain');
    expect(await page.getByLabel('Body', { exact: true }).inputValue()).toBe('hello');
    await page.getByLabel('Body', { exact: true }).fill('grüße\n');
    await page.getByLabel('Send as').selectOption('alb-multi');
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText(/, ALB multi-value/).waitFor();
    expect(await dialog.count()).toBe(0);
    expect(traces.list()[1]).toMatchObject({
      event: { path: '/echo/again', multiValueQueryStringParameters: { y: ['2'] } },
      response: { status: 200, body: tracedBody(Buffer.from('grüße\n')) },
    });

    await page.keyboard.press('e');
    await dialog.getByRole('button', { name: 'Event' }).click();
    const text = await dialog.locator('textarea.very-tall').inputValue();
    expect(JSON.parse(text)).toEqual(traces.list()[1]?.event);
    await dialog.locator('textarea.very-tall').fill(`${text},`);
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await dialog.getByText('The event is no JSON').waitFor();
    await dialog.locator('textarea.very-tall').fill(text.replace('/echo/again', '/json'));
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await panel('HTTP answer').getByText('application/json').waitFor();
    expect(await dialog.count()).toBe(0);
    expect(complaints.splice(0)).toMatchObject([expect.stringContaining('status of 400')]);
  });

  it('copies curl commands and events, and has the event as a file', async () => {
    const trace = await invoke(traces, 'rest-api', {
      request: { target: '/json', headers: [['X', "it's"]] },
      frontId: 'ShopApi',
    });
    await open(trace);
    const copied = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByText('curl command copied').waitFor();
    expect(await copied()).toBe(
      "curl \\\n  'http://127.0.0.1:3000/json' \\\n  --header 'X: it'\\''s'",
    );
    await page.getByRole('button', { name: 'Copy event' }).click();
    await page.getByText('Event copied').waitFor();
    expect(JSON.parse(await copied())).toEqual(trace.event);
    const href = await page.getByRole('link', { name: 'Event file' }).getAttribute('href');
    const file = await page.evaluate(`fetch(${JSON.stringify(href)}).then((it) => it.json())`);
    expect(file).toEqual(trace.event);
  });

  it('goes by keys', async () => {
    const ids: string[] = [];
    for (const target of ['/one', '/two', '/three'])
      ids.unshift((await invoke(traces, 'alb', { request: { target } })).id);
    await page.goto(inspector.url);
    await rows().nth(2).waitFor();
    const selected = async (): Promise<string> =>
      (await page.locator('#list [aria-current]').textContent()) ?? '';

    await page.keyboard.press('j');
    expect(await selected()).toContain('/three');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await selected()).toContain('/one');
    await page.keyboard.press('k');
    expect(await selected()).toContain('/two');
    expect(await focused()).toBe(ids[1]);
    await title().getByText('/two').waitFor();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('detail-title');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe(ids[1]);
    await page.keyboard.press('Escape');
    await page.getByText('Select an invocation').waitFor();

    await page.keyboard.press('/');
    expect(await focused()).toBe('filter');
    await page.keyboard.type('/three');
    expect(await page.locator('#count').textContent()).toBe('1 of 3');
    await page.keyboard.press('Enter');
    expect(await selected()).toContain('/three');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    expect(await rows().count()).toBe(3);

    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Help' });
    await help.waitFor();
    await page.getByLabel('Letters are commands').click();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    expect(await help.count()).toBe(0);
    // Arrows and Escape are no letters.
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowUp');
    expect(await rows().count()).toBe(3);
  });

  it('filters as one writes, and what comes later too', async () => {
    for (const target of ['/', '/nothing', '/error'])
      await invoke(traces, 'alb', { request: { target } });
    await page.goto(inspector.url);
    await rows().nth(2).waitFor();
    await page.getByLabel('Filter invocations').fill('5xx');
    expect(await rows().allTextContents()).toMatchObject([expect.stringContaining('/error')]);
    await invoke(traces, 'alb', { request: { target: '/json' } });
    await invoke(traces, 'alb', { request: { target: '/error?again' } });
    await rows().nth(1).waitFor();
    expect(await page.locator('#count').textContent()).toBe('2 of 5');
    await page.getByLabel('Filter invocations').fill('teapot');
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await rows().count()).toBe(5);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Waiting for the first request').waitFor();
    expect(traces.list()).toEqual([]);
  });

  it('is light or dark as the system is, until told', async () => {
    const background = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.goto(inspector.url);
    expect(await background()).toBe('rgb(246, 246, 244)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(19, 20, 22)');
    const button = page.getByRole('button', { name: /^Theme/ });
    await button.click();
    expect(await button.textContent()).toContain('Light');
    expect(await background()).toBe('rgb(246, 246, 244)');
    await page.keyboard.press('t');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    expect(await background()).toBe('rgb(19, 20, 22)');
  });

  it('fits into 400 pixels, one pane at a time', async () => {
    const overflow = (): Promise<number> =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    const wide = (): Promise<string[]> =>
      page.evaluate(
        `[...document.querySelectorAll('body *')].filter((it) => !it.closest('.panels') && !it.closest('.hidden') && it.getBoundingClientRect().right > innerWidth + 1).map((it) => it.outerHTML.slice(0, 80))`,
      );
    await page.setViewportSize(NARROW);
    const target = `/echo/${'long-'.repeat(60)}?${'q=1&'.repeat(60)}`;
    const trace = await invoke(traces, 'rest-api', {
      request: { target, headers: [['X', 'y'.repeat(300)]] },
    });
    await invoke(traces, 'alb', { request: { target: '/cookies' } });
    await page.goto(inspector.url);
    await rows().nth(1).waitFor();
    expect(await page.locator('#detail').isVisible()).toBe(false);
    expect(await overflow()).toBe(0);
    await rows().nth(1).click();
    await title().waitFor();
    expect(await page.locator('#list').isVisible()).toBe(false);
    expect(await overflow()).toBe(0);
    expect(await wide()).toEqual([]);
    await page.getByRole('button', { name: 'HTTP answer' }).click();
    expect(await focused()).toBe('SECTION');
    await page.getByRole('button', { name: '← List' }).click();
    await rows().first().waitFor();
    await expect.poll(focused).toBe(trace.id);
    // j and k walk the list; only Enter leaves it.
    await page.keyboard.press('k');
    expect(await page.locator('#list').isVisible()).toBe(true);
    await page.keyboard.press('Enter');
    await title().getByText('/cookies').waitFor();
    await page.keyboard.press('Escape');
    await rows().first().waitFor();
    // Back and forth, as in any page.
    await page.evaluate('history.back()');
    await title().getByText('/cookies').waitFor();
    await page.evaluate('history.forward()');
    await rows().first().waitFor();
  });

  it('gives the details the whole width, and the list back', async () => {
    await open(await invoke(traces, 'rest-api', { request: { target: '/json' } }));
    await page.getByRole('button', { name: 'Full width' }).click();
    expect(await page.locator('#list').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Show list' }).click();
    expect(await page.locator('#list').isVisible()).toBe(true);
    await page.keyboard.press('w');
    await page.keyboard.press('Escape');
    expect(await page.locator('#list').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Full width' }).waitFor();
  });

  it.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
    ['dark', NARROW],
  ] as const)('has no fault that axe-core finds, %s at %o', async (colorScheme, viewport) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.goto(inspector.url);
    await page.getByText('Waiting for the first request').waitFor();
    expect(await violations(page)).toEqual([]);
    const id = await recordShop(traces);
    await rows().nth(9).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${inspector.url}#/${id}`);
    await page.locator('.panels').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('e');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    expect(await violations(page)).toEqual([]);
  });

  it('would be told by axe-core of a fault', async () => {
    await page.goto(inspector.url);
    await page.evaluate(
      "document.querySelector('#help-button').removeAttribute('aria-label'); document.querySelector('#help-button').textContent = ''",
    );
    expect(await violations(page)).toMatchObject([
      expect.stringContaining('button-name: #help-button'),
    ]);
  });

  it('takes hostile requests and replies for text', async () => {
    const evil =
      '"><img src=x onerror=alert(1)><script>alert(2)</script><a href="javascript:alert(3)">x</a>';
    const link = 'javascript:alert(4)';
    const trace = await invoke(traces, 'function-url', {
      request: {
        method: 'POST',
        target: `/${evil.replaceAll(' ', '%20')}`,
        headers: [
          ['Content-Type', 'text/html'],
          ['X-Evil', evil],
        ],
        body: evil,
      },
      handler: () =>
        Promise.resolve({
          statusCode: 200,
          headers: { 'content-type': 'image/svg+xml', 'x-evil': evil },
          body: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(5)"><script>alert(6)</script><image href="http://192.0.2.1/x.png"/></svg>`,
        }),
    });
    const names = { functionId: evil, frontId: evil, source: evil, replayOf: evil };
    traces.put({
      ...trace,
      ...names,
      event: { [evil]: evil, ['__proto__']: link, list: [evil, { constructor: evil }] },
      environ: { [evil]: evil, HTTP_X: [evil], 'gatecall.event': { evil } },
      startResponse: [{ status: evil, headers: [[evil, evil]], error: evil }],
      error: { type: evil, message: `\u202e${evil}`, stack: [evil] },
      logs: [{ at: 1, stream: 'stdout', text: `\u001b[31m${evil}\u001b[0m\u001b]0;x\u0007` }],
      limits: [{ name: evil, used: 9, limit: 1, unit: 'bytes' }],
      warnings: [{ code: evil, message: evil, fix: evil, header: evil }],
    });
    let alerts = 0;
    page.on('dialog', () => alerts++);
    await page.goto(`${inspector.url}#/${trace.id}`);
    await page.locator('.panels').waitFor();
    const strange = await page.evaluate<number>(
      `document.querySelectorAll('main script, main a[href^="javascript:"], main [onerror], main img:not([src^="data:image/"])').length`,
    );
    expect(strange).toBe(0);
    expect(await title().textContent()).toContain('<script>alert(2)</script>');
    expect(await page.locator('.log-text').textContent()).toBe(`${evil}\\u001b]0;x\\u0007`);
    expect(await page.locator('.problem.bad').textContent()).toContain('\\u202e');
    expect(await panel('Event').textContent()).toContain(`__proto__: "${link}"`);
    await page.locator('.panel img').waitFor();
    expect(await page.evaluate('document.querySelector(".panel img").naturalWidth')).toBe(9);
    await page.keyboard.press('e');
    await page.keyboard.press('Escape');
    expect(alerts).toBe(0);
  });

  it('stays usable with an event of megabytes and with more invocations than are kept', async () => {
    const body = 'x'.repeat(5_000_000);
    const event = { body, list: Array.from({ length: 20_000 }, (_, index) => ({ index })) };
    const trace = await invoke(traces, 'rest-api', { handler: () => Promise.resolve({ body }) });
    for (let index = 0; index < 600; index++)
      traces.put({ ...trace, id: `old-${index}`, event: {}, reply: {} });
    traces.put({ ...trace, event });
    await page.goto(`${inspector.url}#/${trace.id}`);
    await page.locator('.panels').waitFor();
    await rows().first().waitFor();
    expect(await rows().count()).toBe(500);
    expect(await panel('Event').textContent()).toContain('4.8 MB in all');
    expect(await panel('Event').textContent()).toContain('19800 more');
    for (let index = 0; index < 100; index++)
      traces.put({ ...trace, id: `new-${index}`, event: {}, reply: {} });
    await page.locator('[data-id=new-99]').waitFor();
    expect(await rows().count()).toBe(500);
  });

  it('comes back when the gateway does, and says that its page is old', async () => {
    const trace = await invoke(traces, 'alb', { request: { target: '/one' } });
    await open(trace);
    await page.keyboard.press('Escape');
    await page.keyboard.press('k');
    const { port } = new URL(inspector.url);
    await inspector.close();
    await page.getByText('Reconnecting').waitFor();
    traces = new TraceLog();
    traces.put(trace);
    const next = await invoke(traces, 'alb', { request: { target: '/two' } });
    inspector = await start(Number(port));
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await rows().allTextContents()).toMatchObject(
      ['/two', '/one'].map((it) => expect.stringContaining(it)),
    );
    expect(await focused()).toBe(trace.id);
    await page.locator(`[data-id="${next.id}"]`).click();
    await title().getByText('/two').waitFor();
    await page.keyboard.press('r');
    await page.getByText('The page is from an earlier run: reload it.').waitFor();
    // Each is in the console: the broken connection, the refused ones while it was gone, and the
    // 404 and 403.
    expect(complaints.every((it) => it.startsWith('error: Failed to load resource'))).toBe(true);
    complaints = [];
  });

  it('keeps the focus and the scroll position while an invocation goes on', async () => {
    const trace = await invoke(traces, 'rest-api', { request: { target: '/json' } });
    traces.put({ ...trace, state: 'running' });
    await open(trace);
    await page.getByRole('button', { name: 'HTTP answer' }).click();
    await page.getByLabel('as', { exact: true }).selectOption('alb');
    await page.evaluate(
      'document.querySelector("[data-key=curl]").focus(); document.querySelector("#detail").scrollTop = 50',
    );
    traces.put({ ...trace, logs: [{ at: 1, stream: 'stdout', text: 'one more line' }] });
    await page.getByText('one more line').waitFor();
    expect(await page.evaluate('document.activeElement.dataset.key')).toBe('curl');
    expect(await page.evaluate('document.querySelector("#detail").scrollTop')).toBe(50);
    expect(await page.getByLabel('as', { exact: true }).inputValue()).toBe('alb');
  });

  it("looks as README.md's picture says", async () => {
    const id = await recordShop(traces);
    await page.goto(`${inspector.url}#/${id}`);
    await page.locator('.panels').waitFor();
    await rows().nth(9).waitFor();
    const columns = await page.locator('.panel').count();
    expect(columns).toBe(6);
    const path = process.env['GATECALL_SCREENSHOT'];
    if (path !== undefined) writeFileSync(join(root, path), await picture(page));
    const file = join(root, 'docs/inspector.png');
    expect(existsSync(file), 'GATECALL_SCREENSHOT=docs/inspector.png makes it').toBe(true);
    expect(statSync(file).size).toBeLessThan(150 * 1024);
  });
});
