/**
 * A SAM project on this machine: from the command to the first answer, and from an edit to the new
 * one; beside `sam local start-api`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from './settings.ts';
import { median } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';

const ROUTES = { JavaScript: '/plain', TypeScript: '/typed' } as const;
type Language = keyof typeof ROUTES;

/** `sam` pulls an image before its first answer. */
const PATIENCE = 300_000;

/** Requests until V8 has compiled gateway and client. */
const WARM_UP = 100;

const TEMPLATE = `
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: nodejs24.x, MemorySize: 512, Timeout: 20 } }
Resources:
  Plain:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: plain
      Handler: app.handler
      Events: { Any: { Type: HttpApi, Properties: { Path: /plain, Method: GET } } }
  Typed:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [app.ts] } }
    Properties:
      CodeUri: typed
      Handler: app.handler
      Events: { Any: { Type: HttpApi, Properties: { Path: /typed, Method: GET } } }
`;

const SOURCES: Record<Language, { file: string; code: (answer: string) => string }> = {
  JavaScript: {
    file: 'plain/app.mjs',
    code: (answer) =>
      `export const handler = async () => ({ statusCode: 200, body: '${answer}' });\n`,
  },
  TypeScript: {
    file: 'typed/app.ts',
    code: (answer) =>
      `export const handler = async (): Promise<object> => ({ statusCode: 200, body: '${answer}' });\n`,
  },
};

interface Times {
  first: number;
  edit: number;
  warm: number;
}

export async function startApi({ here, gatecall, nodes, quick }: Settings): Promise<Goal[]> {
  const folder = join(here, 'dist/start-api');
  const cells: string[][] = [];
  const goals: Goal[] = [];
  const row = (name: string, { first, edit, warm }: Times): void => {
    cells.push([name, digits(first), digits(edit), digits(warm)]);
  };
  for (const { path, version } of nodes) {
    const cli = [join(gatecall, 'command/cli.js'), 'start-api', '--inspector-port', '0', '--port'];
    for (const language of ['JavaScript', 'TypeScript'] as const) {
      const times = await measure(folder, language, path, cli, quick);
      row(`gatecall start-api, ${language}, Node ${version}`, times);
      if (language === 'JavaScript') continue;
      goals.push(
        {
          what: 'start-api: s from the command to the first answer',
          goal: '< 3',
          node: version,
          seen: times.first / 1000,
        },
        {
          what: 'start-api: s from an edit to the new answer',
          goal: '< 1',
          node: version,
          seen: times.edit / 1000,
        },
      );
    }
  }
  if (runs('sam', '--version') && runs('docker', 'info')) {
    row(
      'sam local start-api, JavaScript',
      await measure(folder, 'JavaScript', 'sam', ['local', 'start-api', '--port'], true),
    );
  } else
    cells.push([
      'sam local start-api (wants sam and a running Docker)',
      ...Array.from({ length: 3 }, () => 'not measured'),
    ]);
  say('### A SAM project on this machine, ms\n');
  table(['', 'command to first answer', 'edit to new answer', 'warm request'], cells);
  return goals;
}

/** Medians. Each start is of a project that was never built. */
async function measure(
  folder: string,
  language: Language,
  command: string,
  args: readonly string[],
  quick: boolean,
): Promise<Times> {
  const samples: Record<keyof Times, number[]> = { first: [], edit: [], warm: [] };
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    writeProject(folder);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}${ROUTES[language]}`;
    const begun = performance.now();
    const child = spawn(command, [...args, String(port)], { cwd: folder, stdio: 'ignore' });
    try {
      await answered(child, url, 'first');
      samples.first.push(performance.now() - begun);
      for (let nth = 0; nth < WARM_UP; nth++) await timeOf(url);
      for (let nth = 0; nth < 200; nth++) samples.warm.push(await timeOf(url));
      for (let nth = 0; nth < 3; nth++) {
        const { file, code } = SOURCES[language];
        const edited = performance.now();
        writeFileSync(join(folder, file), code(`edit ${nth}`));
        await answered(child, url, `edit ${nth}`);
        samples.edit.push(performance.now() - edited);
      }
    } finally {
      const ended = once(child, 'exit');
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      if (child.exitCode === null && child.kill('SIGINT')) await ended;
      clearTimeout(late);
    }
  }
  return { first: median(samples.first), edit: median(samples.edit), warm: median(samples.warm) };
}

function writeProject(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  writeFile(folder, 'template.yaml', TEMPLATE);
  for (const { file, code } of Object.values(SOURCES)) writeFile(folder, file, code('first'));
}

function writeFile(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Asks until the answer is the one that is waited for. */
async function answered(child: ChildProcess, url: string, body: string): Promise<void> {
  const until = performance.now() + PATIENCE;
  while (performance.now() < until && child.exitCode === null) {
    const seen = await fetch(url).then(
      (response) => response.text(),
      () => undefined,
    );
    if (seen === body) return;
    await sleep(5);
  }
  throw new Error(`${child.spawnargs.join(' ')} did not answer ${url} with ${body}`);
}

async function timeOf(url: string): Promise<number> {
  const begun = performance.now();
  await (await fetch(url)).text();
  return performance.now() - begun;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function runs(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
