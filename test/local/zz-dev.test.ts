import { it } from 'vitest';
import { startChromium, violations } from '../browser.ts';
import { startInspector } from '../../src/local/inspector.ts';
import { TraceLog } from '../../src/local/trace.ts';
import { invoke } from './traces.ts';
import { showcase } from './showcase.ts';

it('shoots', async () => {
  const traces = new TraceLog();
  const inspector = await startInspector({
    traces,
    fronts: [{ id: 'ShopApi', url: 'http://127.0.0.1:3000' }],
    replay: async ({ id, ...r }) =>
      (await invoke(traces, 'source' in r ? r.source : 'rest-api', { request: r.request })).id,
  });
  const browser = await startChromium();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on('pageerror', (e) => console.log('pageerror', e.message));
  page.on('console', (m) => console.log('console', m.type(), m.text()));
  await page.goto(inspector.url);
  await page.screenshot({ path: '/tmp/shots/empty.png' });
  const chosen = await showcase(traces);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(`${inspector.url}#/${chosen}`);
    await page.locator('.panels').waitFor();
    await new Promise((r) => setTimeout(r, 900));
    await page.screenshot({ path: `/tmp/shots/${scheme}-1280.png` });
    await page.setViewportSize({ width: 1280, height: 1900 });
    await page.screenshot({ path: `/tmp/shots/${scheme}-1280-tall.png` });
    console.log(scheme, await violations(page));
    await page.setViewportSize({ width: 400, height: 860 });
    await page.screenshot({ path: `/tmp/shots/${scheme}-400-detail.png` });
    await page.evaluate('location.hash="#/"');
    await page.screenshot({ path: `/tmp/shots/${scheme}-400-list.png` });
    console.log(scheme, await violations(page));
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${inspector.url}#/${chosen}`);
  await page.locator('.panels').waitFor();
  await page.keyboard.press('?');
  await page.screenshot({ path: `/tmp/shots/help.png` });
  console.log('help', await violations(page));
  await page.keyboard.press('Escape');
  await page.keyboard.press('e');
  await page.screenshot({ path: `/tmp/shots/editor.png` });
  console.log('editor', await violations(page));
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await page.setViewportSize({ width: 1600, height: 1000 });
  await page.screenshot({ path: `/tmp/shots/wide.png` });
  await browser.close();
  await inspector.close();
}, 120000);
