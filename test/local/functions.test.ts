import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CodeError,
  type FunctionLog,
  type Functions,
  type FunctionsOptions,
  startFunctions,
} from '../../src/local/functions.ts';
import { replyOf } from '../../src/local/functions/reply.ts';
import type { FunctionDefinition } from '../../src/local/project.ts';
import { requireDist } from '../nodes.ts';
import { makeProject, type TestProject, until } from './support.ts';

let files: TestProject;
let functions: Functions;
let logs: FunctionLog[];

beforeAll(() => {
  requireDist();
  files = makeProject({
    'app.mjs': `
      let count = 0;
      const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      export const counted = async (ms) => { await sleep(ms ?? 0); return { count: ++count, pid: process.pid }; };
      export const logging = async () => { console.log('to the log'); console.error('also', { a: 1 }); process.stdout.write('plain\\n'); };
      export const endless = () => { for (;;); };
      export const waiting = () => sleep(60_000);
      export const leaving = async () => process.exit(3);
      export const crashing = () => new Promise(() => { setTimeout(() => { throw new Error('later'); }); });
      export const rejecting = () => new Promise(() => { void Promise.reject(new Error('nobody listens')); setTimeout(() => {}, 1000); });
      export const stuck = () => new Promise(() => {});
      export const greedy = async () => { const all = []; for (;;) all.push(new Array(10_000).fill({ a: all.length })); };
      export const environment = async () => ({ env: process.env, argv: process.execArgv, cwd: process.cwd(), send: typeof process.send });
      export const calling = (event, context, callback) => { setTimeout(() => callback(null, 'called')); };`,
    'starting.mjs': 'for (;;);',
    'throwing.mjs': "throw new RangeError('while loading');",
    'typed/handler.ts': `
      import { greeting } from './greeting';
      export const handler = async (): Promise<string> => greeting();


      export const failing = async (): Promise<never> => { throw new Error('typed'); };`,
    'typed/greeting.ts': "export const greeting = (): string => 'hello';",
    'edited/app.js': "exports.handler = async () => 'one';",
    'only-typescript/app.ts': 'export const handler = async () => 1;',
  });
});
afterAll(() => files[Symbol.dispose]());
afterEach(async () => functions.close());

function start(more: Partial<FunctionDefinition>, options: FunctionsOptions = {}): void {
  logs = [];
  functions = startFunctions(files.project([more]), { onLog: (log) => logs.push(log), ...options });
}

const invoke = async (event: unknown = {}): Promise<unknown> => {
  const { ok, value } = replyOf(await functions.invoke('Hello', event));
  return ok ? value : { failed: value };
};
const platform = (): string[] =>
  logs.filter(({ stream }) => stream === 'platform').map(({ text }) => text);

describe('an instance', () => {
  it('is started by the first event, and kept', async () => {
    start({ handler: 'app.counted' });
    const first = (await invoke()) as { pid: number };
    expect(first).toMatchObject({ count: 1 });
    for (let count = 2; count < 10; count++) {
      expect(await invoke()).toEqual({ count, pid: first.pid });
    }
  });

  it('has a line of the log at both ends', async () => {
    start({ handler: 'app.logging', memoryMb: 200 });
    await invoke();
    await until(() => platform().length === 3);
    const id = logs[0]?.requestId ?? '';
    expect(id).toMatch(/^[\da-f-]{36}$/);
    const memory = process.platform === 'linux' ? String.raw`\tMax Memory Used: \d+ MB` : '';
    expect(platform()).toEqual([
      `START RequestId: ${id} Version: $LATEST`,
      `END RequestId: ${id}`,
      expect.stringMatching(
        new RegExp(
          `^REPORT RequestId: ${id}\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 200 MB${memory}\\tInit Duration: [\\d.]+ ms$`,
        ),
      ),
    ]);
    const own = logs.filter(({ stream }) => stream === 'stdout');
    expect(own.map(({ text }) => text.replace(/^[\dTZ:.-]{24}/, 'time'))).toEqual([
      `time\t${id}\tINFO\tto the log`,
      `time\t${id}\tERROR\talso { a: 1 }`,
      'plain',
    ]);
    expect(own.every(({ requestId }) => requestId === id)).toBe(true);
  });

  it('takes one event at a time; more come with more events, up to a limit', async () => {
    start({ handler: 'app.counted' }, { concurrency: 2 });
    const begun = performance.now();
    const replies = (await Promise.all([invoke(300), invoke(300), invoke(300), invoke(300)])) as {
      pid: number;
      count: number;
    }[];
    expect(new Set(replies.map(({ pid }) => pid)).size).toBe(2);
    expect(replies.map(({ count }) => count).sort((one, other) => one - other)).toEqual([
      1, 1, 2, 2,
    ]);
    expect(performance.now() - begun).toBeGreaterThan(600);
  });

  it('ends with the rest', async () => {
    start({ handler: 'app.counted' });
    const { pid } = (await invoke()) as { pid: number };
    const late = functions.invoke('Hello', 60_000).catch((error: unknown) => error);
    await sleep(50);
    await functions.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect(await late).toMatchObject({ kind: 'exited' });
    await expect(functions.invoke('Hello', 1)).rejects.toThrow('has been stopped');
  });

  it('has the environment of Lambda and nothing of this process', async () => {
    process.env['GATECALL_TEST_SECRET'] = 'secret';
    const environment = { TABLE: 'orders', NODE_OPTIONS: '--no-warnings' };
    start({ id: 'Hello', name: 'shop', handler: 'app.environment', environment, memoryMb: 300 });
    const { env, argv, cwd, send } = (await invoke()) as {
      env: Record<string, string>;
      argv: string[];
      cwd: string;
      send: string;
    };
    delete process.env['GATECALL_TEST_SECRET'];
    expect(env).toMatchObject({
      TABLE: 'orders',
      NODE_OPTIONS: '--no-warnings',
      _HANDLER: 'app.environment',
      LAMBDA_TASK_ROOT: files.folder,
      AWS_LAMBDA_FUNCTION_NAME: 'shop',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '300',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/shop',
      TZ: ':UTC',
      PATH: process.env['PATH'],
    });
    expect(env).not.toHaveProperty('GATECALL_TEST_SECRET');
    expect(argv).toContain('--max-old-space-size=300');
    expect(cwd).toBe(files.folder);
    expect(send).toBe('undefined');
  });

  it('listens for a debugger, and has no timeout then', async () => {
    const debugPort = 20_000 + (process.pid % 20_000);
    start({ handler: 'app.counted', timeoutMs: 100 }, { debugPort });
    expect(await invoke(300)).toMatchObject({ count: 1 });
    const response = await fetch(`http://127.0.0.1:${debugPort}/json/version`);
    expect(await response.json()).toMatchObject({ Browser: expect.stringMatching(/^node/) });
  });
});

describe('an invocation', () => {
  it.each(['app.endless', 'app.waiting'])('of %s ends at the timeout', async (handler) => {
    start({ handler, timeoutMs: 300 });
    const failed = {
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.30 seconds',
    };
    expect(await invoke()).toMatchObject({ failed });
    expect(await invoke()).toMatchObject({ failed });
    await until(() => platform().filter((line) => line.startsWith('REPORT')).length === 2);
    // Each in a process of its own.
    expect(platform().filter((line) => /Init Duration.*Status: timeout$/.test(line))).toHaveLength(
      2,
    );
  });

  it.each([
    ['app.leaving', 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
    ['app.crashing', 'Error', 'later'],
    ['app.rejecting', 'Runtime.UnhandledPromiseRejection', 'nobody listens'],
    ['app.stuck', 'Runtime.NodeJsExit', /waits for a promise that nothing is left to settle/],
    ['app.absent', 'Runtime.HandlerNotFound', /does not export absent; its exports: calling/],
    ['throwing.handler', 'RangeError', 'while loading'],
  ])('of %s fails with %s', async (handler, errorType, errorMessage) => {
    start({ handler });
    const message = expect.stringMatching(errorMessage);
    const failed = { errorType, errorMessage: message };
    // The second time as the first: a process that has crashed takes no event.
    expect([await invoke(), await invoke()]).toMatchObject([{ failed }, { failed }]);
  });

  it('fails when the function does not start within ten seconds', async () => {
    start({ handler: 'starting.handler' });
    expect(await invoke()).toMatchObject({
      failed: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 10.00 seconds' },
    });
  });

  it('fails when the function takes more than its memory', async () => {
    start({ handler: 'app.greedy', memoryMb: 128, timeoutMs: 25_000 });
    expect(await invoke()).toMatchObject({
      failed: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/SIGABRT|134/),
      },
    });
  });

  it('has a callback up to Node 22', async () => {
    start({ handler: 'app.calling', runtime: 'nodejs22.x' });
    expect(await invoke()).toBe('called');
    await functions.close();
    start({ handler: 'app.calling', runtime: 'nodejs24.x' });
    expect(await invoke()).toMatchObject({
      failed: { errorType: 'Runtime.CallbackHandlerDeprecated' },
    });
  });

  it('is refused over 6 MB', async () => {
    start({ handler: 'app.counted' });
    await expect(invoke('x'.repeat(6 * 1024 * 1024))).rejects.toThrow(RangeError);
    expect(await invoke()).toMatchObject({ count: 1 });
  });
});

describe('code', () => {
  const typed = (handler = 'handler.handler'): Partial<FunctionDefinition> => ({
    handler,
    codeFolder: `${files.folder}/typed`,
    build: { entryPoints: ['handler.ts'], options: { minify: true, sourcemap: true } },
  });

  it('in TypeScript is bundled, and again after an edit', async () => {
    start(typed());
    expect(await invoke()).toBe('hello');
    files.write('typed/greeting.ts', "export const greeting = (): string => 'good day';");
    const begun = performance.now();
    await until(() => platform().includes('its code has changed'));
    expect(await invoke()).toBe('good day');
    // 0.3 s where nothing else runs.
    expect(performance.now() - begun).toBeLessThan(3000);
    files.write('typed/greeting.ts', "export const greeting = (): string => 'hello';");
  });

  it('is bundled by an esbuild that has no contexts yet', async () => {
    // What esbuild 0.14 exports, which the templates of `sam init` ask for.
    files.write(
      'typed/node_modules/esbuild/index.js',
      `const { build } = require(${JSON.stringify(createRequire(import.meta.url).resolve('esbuild'))}); module.exports = { build };`,
    );
    try {
      start(typed());
      expect(await invoke()).toBe('hello');
      files.write('typed/greeting.ts', "export const greeting = (): string => 'good day';");
      await until(() => platform().includes('its code has changed'));
      expect(await invoke()).toBe('good day');
    } finally {
      rmSync(join(files.folder, 'typed/node_modules'), { recursive: true });
      files.write('typed/greeting.ts', "export const greeting = (): string => 'hello';");
    }
  });

  it('names its own lines in a stack', async () => {
    start(typed('handler.failing'));
    const { failed } = (await invoke()) as { failed: { trace: string[] } };
    expect(failed.trace.join('\n')).toMatch(/typed\/handler\.ts:6:/);
  });

  it('that does not build says where, until it does', async () => {
    files.write('typed/greeting.ts', 'export const greeting = (');
    start(typed());
    await expect(invoke()).rejects.toThrow(CodeError);
    await expect(invoke()).rejects.toThrow(
      /^Hello does not build\ntyped\/greeting\.ts:1:\d+: Unexpected end of file/,
    );
    expect(platform()).toEqual([expect.stringContaining('does not build')]);
    files.write('typed/greeting.ts', "export const greeting = (): string => 'mended';");
    await until(() => platform().includes('its code has changed'));
    expect(await invoke()).toBe('mended');
  });

  it('in JavaScript is run as it lies there, and again after an edit', async () => {
    start({ codeFolder: `${files.folder}/edited` });
    expect(await invoke()).toBe('one');
    files.write('edited/app.js', "exports.handler = async () => 'two';");
    await until(() => platform().includes('its code has changed'));
    expect(await invoke()).toBe('two');
  });

  it.each<[string, Partial<FunctionDefinition>, RegExp]>([
    [
      'of another language',
      { runtime: 'python3.12' },
      /runtime python3\.12; gatecall runs Node\.js/,
    ],
    ['that the template rules out', { unsupported: 'it is an image' }, /^Hello: it is an image$/],
    ['in no folder', { codeFolder: '/nowhere/at/all' }, /CodeUri, .*, is no folder/],
    ['in no file', { handler: 'gone.handler' }, /Handler gone\.handler: Cannot find module 'gone'/],
    ['without an export', { handler: 'app' }, /a handler is named file\.export; got "app"/],
  ])('%s is refused', async (_what, more, message) => {
    start(more);
    await expect(invoke()).rejects.toThrow(message);
  });

  it('in TypeScript without a build is told what is missing', async () => {
    start({ codeFolder: `${files.folder}/only-typescript` });
    await expect(invoke()).rejects.toThrow(
      /there is app\.ts: give the function Metadata with BuildMethod/,
    );
  });
});
