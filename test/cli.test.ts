/** The built command, as a shell starts it: what it prints where, and the code it exits with. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorReport } from '../src/local/functions/outcome.ts';
import { lambdaResponse, lambdaSources } from '../src/aws-model.ts';
import { textOf } from '../src/aws-model/message.ts';
import { nodes, root } from './nodes.ts';

const cli = join(root, 'dist/command/cli.js');
let folder: string;

/** A project with gatecall installed, and handlers of every kind. */
const FILES = {
  'event.json': '{"n":20}',
  'bad.json': '{\n  "n": 20,\n}',
  'app.mjs': `
    import { toLambdaHandler } from 'gatecall/aws';
    export const handler = toLambdaHandler((environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [new TextEncoder().encode([environ['gatecall.source'], environ.REQUEST_METHOD, environ.PATH_INFO].join(' '))];
    });`,
  'functions.mjs': `
    import { writeSync } from 'node:fs';
    console.log('while loading');
    let count = 0;
    export const double = async ({ n }) => ({ twice: n * 2 });
    export const nothing = async () => {};
    export const counted = async () => ++count;
    export const sometimes = async () => { if (++count === 2) throw new Error('the second'); return count; };
    export const chatty = async () => {
      console.log('by log');
      console.info('by info');
      console.dir({ by: 'dir' });
      process.stdout.write('by write\\n');
      writeSync(1, 'by descriptor\\n');
      return 'result';
    };
    export const context = async (event, context) => ({
      ...context,
      remaining: context.getRemainingTimeInMillis(),
      trace: process.env._X_AMZN_TRACE_ID,
      variables: Object.fromEntries(Object.entries(process.env).filter(([name]) => /AWS|LAMBDA|_HANDLER/.test(name))),
    });
    export const steering = async () => {
      console.log('\\x1b[31mred\\x1b[39m\\x1b]0;title\\x07\\x1b[2J');
      process.stderr.write('\\x1b[6nhalf a line');
      return '\\x9b2J';
    };
    export const failing = async () => { throw new RangeError('out of range'); };
    export const failingText = async () => { throw 'just text'; };
    export const endless = () => { for (;;); };
    export const waiting = () => new Promise(() => { setInterval(() => {}, 1000); });
    export const stuck = () => new Promise(() => {});
    export const leaving = async () => process.exit(3);
    export const crashing = () => new Promise(() => { setTimeout(() => { throw new Error('later'); }); });
    export const calling = (event, context, callback) => callback(null, 1);
    export const large = async ({ size }) => 'x'.repeat(size);
    export const busyAfterwards = async () => { setInterval(() => {}, 1000); return 'done'; };`,
  'broken.mjs': 'export const handler = {',
  'lonely.mjs': "import 'not-installed';",
  'forsaken.cjs': "require('not-installed');",
  'old.cjs': `
    const { toLambdaHandler } = require('gatecall/aws');
    module.exports = {
      handler: toLambdaHandler((environ, startResponse) => { startResponse('204 No Content', []); return []; }),
      nested: { handler: async () => __dirname },
    };`,
  'typed.ts': `
    import { double } from './double';
    interface Event { n: number }
    export const handler = async ({ n }: Event): Promise<number> => double(n);



    export const steering = async () => {
      console.log('\\x1b[31mred\\x1b[39m\\x1b]0;title\\x07\\x1b[2J');
      process.stderr.write('\\x1b[6nhalf a line');
      return '\\x9b2J';
    };
    export const failing = async (_event: Event): Promise<never> => { throw new Error('typed'); };`,
  'double.ts': 'export const double = (n: number): number => n * 2;',
  'untypable.ts': 'const n: = 1;',
};

beforeAll(() => {
  if (!existsSync(cli)) {
    throw new Error('dist/ is missing: run `npm run build` first, or `npm test`, which does both');
  }
  folder = mkdtempSync(join(tmpdir(), 'gatecall-cli-'));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/gatecall'), 'dir');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  code: number | null;
  out: string;
  log: string;
}

async function run(
  args: readonly string[],
  { input = '', node = process.execPath, file = cli, env = {} } = {},
): Promise<Run> {
  const child = spawn(node, [file, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', ...env }, // the caller's flags would change what is tested
  });
  child.stdin.on('error', () => {}); // closed by a command that does not read it
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const [out, log, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, out, log };
}

const invoke = (handler: string, ...options: string[]): Promise<Run> =>
  run(['invoke', handler, '--event', 'event.json', ...options]);

/** The error of a failed invocation, which is all that stands on standard output. */
async function failed(running: Promise<Run>): Promise<ErrorReport> {
  const { code, out } = await running;
  expect(code).toBe(1);
  expect(out.trimEnd()).not.toContain('\n');
  return JSON.parse(out) as ErrorReport;
}

const SOURCES = `the sources are ${lambdaSources.join(', ')}; the triggers schedule, sqs, sns, s3, eventbridge, dynamodb, kinesis`;

describe('gatecall', () => {
  it.each([
    ['--help', /^Usage: gatecall <command>.*invoke.*generate-event/s],
    ['invoke --help', /^Usage: gatecall invoke .*--timeout/s],
    ['generate-event -h', /^Usage: gatecall generate-event .*lattice-2.*--source-ip/s],
    ['--version', /^\d+\.\d+\.\d+\n$/],
  ])('answers %s', async (args, expected) => {
    expect(await run(args.split(' '))).toEqual({
      code: 0,
      out: expect.stringMatching(expected),
      log: '',
    });
  });

  it.each([
    ['', 'no command given'],
    [
      'deploy',
      'there is no command "deploy"; there are start-api, invoke, generate-event, check, replay, serve',
    ],
    ['invoke', 'no handler given: gatecall invoke <module[:export]>'],
    ['invoke app', 'no event given: --event <file>, or --event - for standard input'],
    ['invoke app other -e event.json', 'one handler at a time; got app other'],
    ['invoke app -e event.json --loud', "Unknown option '--loud'"],
    ['invoke app -e event.json --timeout soon', '--timeout takes seconds, at most 900; got soon'],
    ['invoke app -e event.json --timeout 901', '--timeout takes seconds, at most 900; got 901'],
    [
      'invoke app -e event.json --repeat 0',
      '--repeat takes a number of invocations, 1 or more; got 0',
    ],
    ['invoke app -e gone.json', 'cannot read gone.json: there is no such file'],
    ['invoke app -e .', 'cannot read .: it is a folder'],
    ['invoke app -e bad.json', 'bad.json:3:1: not JSON: unexpected "}"'],
    ['invoke app -e -', 'standard input:1:1: not JSON: it is empty'],
    [
      'invoke gone -e event.json',
      'there is no file gone, nor with .js, .mjs, .cjs, .ts, .mts, .cts behind it',
    ],
    [
      'invoke app.handler -e event.json',
      'there is no file app.handler, nor with .js, .mjs, .cjs, .ts, .mts, .cts behind it; the export stands behind a colon, app:handler',
    ],
    ['generate-event', `no source given; ${SOURCES}`],
    ['generate-event elb', `there is no source "elb"; ${SOURCES}`],
    ['generate-event alb x', 'one source at a time; what is "x"?'],
    ['generate-event alb --body @gone', 'cannot read gone: there is no such file'],
  ])('refuses "%s" in one line', async (args, message) => {
    expect(await run(args.split(' ').filter(Boolean))).toEqual({
      code: 2,
      out: '',
      log: `${message}\nRun \`gatecall --help\` for usage.\n`,
    });
  });

  it('takes no offence at a reader that stops reading', async () => {
    const child = spawn(process.execPath, [cli, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
  });
});

describe('gatecall invoke', () => {
  it('prints the result, and nothing else, on standard output', async () => {
    const { code, out, log } = await invoke('functions.mjs:double');
    expect({ code, out }).toEqual({ code: 0, out: '{"twice":40}\n' });
    expect(log).toMatch(
      /^while loading\nREPORT RequestId: [\da-f-]{36}\tDuration: [\d.]+ ms\tInit Duration: [\d.]+ ms\n$/,
    );
  });

  it('prints null where there is no result', async () => {
    expect(await invoke('functions:nothing')).toMatchObject({ code: 0, out: 'null\n' });
  });

  it('sends whatever the handler prints to standard error', async () => {
    const { out, log } = await invoke('functions:chatty');
    expect(out).toBe('"result"\n');
    expect(log).toMatch(
      /^while loading\nby log\nby info\n\{ by: 'dir' \}\nby write\nby descriptor\nREPORT/,
    );
  });

  it('keeps the terminal from obeying the handler', async () => {
    const { out, log } = await invoke('functions:steering');
    expect(log).toMatch(/^while loading\n\x1b\[31mred\x1b\[39m\n[^\x1b]*$/);
    expect(log).toContain('half a line');
    expect(out).toBe('"\\u009b2J"\n');
  });

  it('reads the event from standard input', async () => {
    const ran = await run(['invoke', 'functions:double', '-e', '-'], { input: '\uFEFF{"n": 4}\n' });
    expect(ran).toMatchObject({ code: 0, out: '{"twice":8}\n' });
  });

  it('invokes as often as it is told, in one process', async () => {
    const { out, log } = await invoke('functions:counted', '--repeat', '3');
    expect(out).toBe('1\n2\n3\n');
    expect(log.match(/while loading/g)).toHaveLength(1);
    expect(log.match(/Init Duration/g)).toHaveLength(1);
    expect(new Set(log.match(/RequestId: \S+/g)).size).toBe(3);
  });

  it('goes on after a failed invocation, and remembers it', async () => {
    const { code, out } = await invoke('functions:sometimes', '--repeat', '3');
    expect(out).toMatch(/^1\n\{"errorType":"Error","errorMessage":"the second",.*\n3\n$/);
    expect(code).toBe(1);
  });

  it('stops repeating once the process is gone', async () => {
    expect(await failed(invoke('functions:leaving', '--repeat', '3'))).toMatchObject({
      errorType: 'Runtime.ExitError',
    });
  });

  it('ends although the handler has left a timer running', async () => {
    expect(await invoke('functions:busyAfterwards')).toMatchObject({ code: 0, out: '"done"\n' });
  });

  it('hands over the context and the variables of Lambda', async () => {
    const args = ['invoke', 'functions:context', '-e', 'event.json', '--timeout', '12'];
    const given = { AWS_REGION: 'eu-central-1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' };
    const { out } = await run(args, { env: given });
    const context = JSON.parse(out) as Record<string, unknown>;
    const trace = expect.stringMatching(/^Root=1-[\da-f]{8}-[\da-f]{24};Parent=[\da-f]{16};/);
    const stream = expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][\da-f]{32}$/);
    expect(context).toEqual({
      functionName: 'functions',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:functions',
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      logGroupName: '/aws/lambda/functions',
      logStreamName: stream,
      xRayTraceId: trace,
      trace: context.xRayTraceId,
      remaining: expect.any(Number),
      variables: expect.objectContaining({
        AWS_LAMBDA_FUNCTION_NAME: 'functions',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_LOG_STREAM_NAME: context.logStreamName,
        _HANDLER: 'functions.context',
        LAMBDA_TASK_ROOT: expect.stringContaining('gatecall-cli-'),
      }),
    });
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(12_000);
  });

  it('reports what the handler throws, as Lambda does', async () => {
    expect(await failed(invoke('functions:failing'))).toEqual({
      errorType: 'RangeError',
      errorMessage: 'out of range',
      trace: expect.arrayContaining([
        'RangeError: out of range',
        expect.stringMatching(/failing.*functions\.mjs:\d+:\d+/),
      ]),
    });
    expect(await failed(invoke('functions:failingText'))).toEqual({
      errorType: 'string',
      errorMessage: 'just text',
      trace: [],
    });
  });

  it('reports an event that is no HTTP request', async () => {
    expect(await failed(invoke('app'))).toMatchObject({
      errorType: 'TypeError',
      errorMessage: expect.stringMatching(/^not an HTTP request: ./),
    });
  });

  it.each(['endless', 'waiting'])('stops a handler that takes too long (%s)', async (name) => {
    expect(await failed(invoke(`functions:${name}`, '--timeout', '0.5'))).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.50 seconds',
      trace: [],
    });
  });

  it('takes the handler along when it is stopped itself', async () => {
    const args = [cli, 'invoke', 'functions:endless', '-e', 'event.json'];
    const child = spawn(process.execPath, args, { cwd: folder });
    child.stderr.once('data', () => child.kill('SIGTERM'));
    const signal = new Promise((resolve) => {
      child.once('exit', (_, by) => resolve(by));
    });
    // The handler's process holds the other end too: this comes to an end only if that has ended.
    expect(await text(child.stderr)).toBe('while loading\n');
    expect(await signal).toBe('SIGTERM');
  });

  it('does not wait for a promise that nothing can settle', async () => {
    expect(await failed(invoke('functions:stuck'))).toMatchObject({
      errorType: 'Runtime.NodeJsExit',
      errorMessage: expect.stringContaining('nothing is left to settle'),
    });
  });

  it.each([
    ['leaving', 3],
    ['crashing', 1],
  ])('reports that the process ended (%s)', async (name, status) => {
    expect(await failed(invoke(`functions:${name}`))).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: `Runtime exited with error: exit status ${status}`,
    });
  });

  it('refuses a handler with a callback', async () => {
    expect(await failed(invoke('functions:calling'))).toMatchObject({
      errorType: 'Runtime.CallbackHandlerDeprecated',
      errorMessage: expect.stringContaining('make it async (event, context)'),
    });
  });

  it('names the exports there are when one is missing', async () => {
    expect(await failed(invoke('app:main'))).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: 'app does not export main; its exports: handler',
    });
  });

  it('lets a result have 6 MiB and 100 bytes of JSON, no more', async () => {
    const large = (size: number): Promise<Run> =>
      run(['invoke', 'functions:large', '-e', '-'], { input: JSON.stringify({ size }) });
    const fits = await large(6_291_554);
    expect(fits.code).toBe(0);
    expect(fits.out).toHaveLength(6_291_557);
    expect(await failed(large(6_291_555))).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage:
        'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    });
  });

  it.each([
    ['broken', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
    ['lonely', 'Error', "Cannot find package 'not-installed'"],
    ['forsaken', 'Runtime.ImportModuleError', "Cannot find module 'not-installed'"],
    ['untypable.ts', 'Runtime.UserCodeSyntaxError', 'untypable.ts:1:9'],
  ])('reports a module that cannot be loaded (%s)', async (module, errorType, message) => {
    expect(await failed(invoke(module))).toMatchObject({
      errorType,
      errorMessage: expect.stringContaining(message),
    });
  });

  it('asks for esbuild by name where it is missing', async () => {
    // Away from our own node_modules, as the package of a user who has no esbuild.
    const dist = join(folder, 'node_modules/alone/dist');
    cpSync(join(root, 'dist/command'), dist, { recursive: true });
    writeFileSync(join(folder, 'node_modules/alone/package.json'), '{"type":"module"}');
    const file = join(dist, 'cli.js');
    expect(await run(['invoke', 'typed.ts', '-e', 'event.json'], { file })).toEqual({
      code: 2,
      out: '',
      log: expect.stringMatching(
        /^typed\.ts is TypeScript, and esbuild.*npm install --save-dev esbuild.*\nRun/,
      ),
    });
  });

  describe.each(nodes)('on Node $version', ({ path: node }) => {
    const on = (...args: string[]): Promise<Run> => run(['invoke', ...args], { node });

    it('runs ES modules, CommonJS and TypeScript', async () => {
      const event = join(root, 'events/http-api-2.json');
      const esm = await on('app', '-e', event);
      expect(esm.code).toBe(0);
      expect(JSON.parse(esm.out)).toMatchObject({
        statusCode: 200,
        body: 'http-api-2 POST /echo/cafÃ© bar/a/b',
      });

      expect(JSON.parse((await on('old.cjs', '-e', event)).out)).toMatchObject({ statusCode: 204 });
      const nested = await on('old:nested.handler', '-e', event);
      expect(JSON.parse(nested.out)).toContain('gatecall-cli-');

      expect(await on('typed', '-e', 'event.json')).toMatchObject({ code: 0, out: '40\n' });
      const demo = await on(join(root, 'examples/aws/handler.ts'), '-e', event);
      expect(JSON.parse(demo.out)).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    });

    it('names the TypeScript lines in a trace', async () => {
      const { trace } = await failed(on('typed:failing', '-e', 'event.json'));
      const line = FILES['typed.ts'].split('\n').findIndex((it) => it.includes('failing')) + 1;
      expect(trace[1]).toMatch(new RegExp(`typed\\.ts:${line}:\\d+\\)$`));
    });
  });
});

describe('gatecall generate-event', () => {
  it.each(lambdaSources)('makes an event of %s that invoke takes', async (source) => {
    const request = ['--method', 'PUT', '--path', '/a/b?x=1', '-H', 'X-Tag: one', '--body', 'hi'];
    const event = await run(['generate-event', source, ...request]);
    expect(event).toMatchObject({ code: 0, out: expect.stringMatching(/^\{\n {2}"/), log: '' });
    const { code, out } = await run(['invoke', 'app', '-e', '-'], { input: event.out });
    expect(code).toBe(0);
    const response = lambdaResponse(source, JSON.parse(out), { method: 'PUT' });
    expect(response.status).toBe(200);
    expect(textOf(response)).toBe(`${source} PUT /a/b`);
  });

  it('takes a body from a file or from standard input, byte for byte', async () => {
    const bytes = readFileSync(join(root, 'events/rest-api.json'));
    const base64 = bytes.toString('base64');
    const file = await run([
      'generate-event',
      'rest-api',
      '--body',
      `@${root}events/rest-api.json`,
    ]);
    expect(JSON.parse(file.out)).toMatchObject({ httpMethod: 'POST', body: base64 });
    const piped = await run(['generate-event', 'rest-api', '--body', '@-'], {
      input: bytes.toString(),
    });
    expect(JSON.parse(piped.out)).toMatchObject({ body: base64 });
  });
});
