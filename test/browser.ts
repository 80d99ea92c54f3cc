/**
 * Debian's Chromium, driven by what test/browser/ brings; and axe-core, which judges a page's
 * accessibility.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { optional } from './optional.ts';

const BINARY = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const workspace = new URL('browser/package.json', import.meta.url);

export const chromium: boolean =
  optional('chromium', BINARY !== undefined, 'apt-get install chromium') &&
  optional(
    'test/browser',
    existsSync(new URL('node_modules/playwright-core', workspace)),
    'npm ci --prefix test/browser',
  );

/** What of Playwright is used here, so that types need no installation. */
export interface Locator {
  click(options?: object): Promise<void>;
  getByText(text: string | RegExp, options?: { exact?: boolean }): Locator;
  fill(text: string): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  waitFor(options?: { state?: 'visible' | 'hidden' | 'attached'; timeout?: number }): Promise<void>;
  textContent(): Promise<string | null>;
  inputValue(): Promise<string>;
  allTextContents(): Promise<string[]>;
  getAttribute(name: string): Promise<string | null>;
  isVisible(): Promise<boolean>;
  count(): Promise<number>;
  first(): Locator;
  nth(index: number): Locator;
  locator(selector: string): Locator;
  evaluate<T>(body: (element: HTMLElementLike) => T): Promise<T>;
  getByRole(role: string, options?: { name?: string | RegExp; exact?: boolean }): Locator;
}
interface HTMLElementLike {
  scrollWidth: number;
  clientWidth: number;
}
export interface Page extends Pick<Locator, 'locator' | 'getByRole'> {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  url(): string;
  getByLabel(text: string | RegExp, options?: { exact?: boolean }): Locator;
  getByText(text: string | RegExp, options?: { exact?: boolean }): Locator;
  keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  evaluate<T = unknown>(script: string): Promise<T>;
  screenshot(options: object): Promise<Buffer>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(options: { colorScheme?: 'light' | 'dark' }): Promise<void>;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'dialog', listener: () => void): void;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  close(): Promise<void>;
}
interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
export interface Browser {
  newContext(options?: object): Promise<Context>;
  close(): Promise<void>;
}

export async function startChromium(): Promise<Browser> {
  const { chromium } = createRequire(workspace)('playwright-core') as {
    chromium: { launch(options: object): Promise<Browser> };
  };
  // Containers run as root, where Chromium's own sandbox does not; the pages here are ours.
  return await chromium.launch({
    executablePath: BINARY,
    args: ['--no-sandbox'],
  });
}

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe-core finds wrong, one line a case. */
export async function violations(page: Page): Promise<string[]> {
  const file = createRequire(workspace).resolve('axe-core/axe.min.js');
  // Evaluated by the debugger, which no Content-Security-Policy stops.
  await page.evaluate(readFileSync(file, 'utf8'));
  const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
