/**
 * Streams through AWS's own runtime client, each row in a process of its own, against gatecall's
 * Runtime API.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaEvent } from 'gatecall/aws-model';
import { type RuntimeApi, startRuntimeApi } from 'gatecall/local/runtime-api';
import type { Settings } from './settings.ts';
import { median } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';

const ROWS = ['floor', 'gatecall', 'hono', 'srvx', 'serverless-adapter'] as const;
const BLOCK = 65_536;
const MB = 1024 * 1024;
/** How long a generator computes between its two blocks, in ms. */
const BUSY = 200;

interface Row {
  api: RuntimeApi;
  child: ChildProcess;
}

interface Figures {
  /** ms to the first byte of a body whose second block takes `BUSY` ms of computing. */
  firstByte: number[];
  /** ms of CPU time for 20 MB. */
  cpu: number[];
  /** MB above what the process had before, at the peak of 200 MB to a slow reader. */
  peak: number[];
}

export async function streaming({ here, quick, nodes }: Settings): Promise<Goal[]> {
  const client = join(here, '../test/ric/node_modules/aws-lambda-ric/index.mjs');
  if (!existsSync(client)) {
    console.error('streaming is left out: npm ci --ignore-scripts --prefix test/ric');
    return [];
  }
  const goals: Goal[] = [];
  for (const { path, version } of nodes) {
    const figures = new Map<string, Figures>();
    const rows = quick ? ROWS.slice(0, 2) : ROWS;
    for (const row of rows) figures.set(row, { firstByte: [], cpu: [], peak: [] });
    for (let pass = 0; pass < (quick ? 1 : 2); pass++) {
      for (const row of rows) await measure(await start(here, path, row), figures.get(row)!, quick);
    }
    say(`### Streaming, Node ${version}\n`);
    table(
      ['', 'first byte, ms', 'CPU for 20 MB, ms', 'peak of 200 MB, MB'],
      [...figures].map(([row, { firstByte, cpu, peak }]) => [
        row,
        digits(median(firstByte)),
        digits(median(cpu)),
        digits(median(peak)),
      ]),
    );
    const ours = figures.get('gatecall')!;
    goals.push(
      {
        what: `stream: ms to a first byte that is followed by ${BUSY} ms of computing`,
        goal: '≤ 10',
        node: version,
        seen: median(ours.firstByte),
      },
      {
        what: 'stream: MB of memory for 200 MB to a slow reader',
        goal: '< 32',
        node: version,
        seen: Math.max(...ours.peak),
      },
    );
  }
  return goals;
}

async function start(here: string, node: string, row: string): Promise<Row> {
  const api = await startRuntimeApi({ functionName: row });
  const ric = join(here, '../test/ric');
  const args = [
    '--require',
    join(ric, 'preload.cjs'),
    join(ric, 'node_modules/aws-lambda-ric/index.mjs'),
  ];
  const child = spawn(node, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: join(here, 'dist/streams'),
      _HANDLER: `${row}.handler`,
      AWS_LAMBDA_FUNCTION_NAME: row,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
      AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
    },
  });
  child.once('exit', (status) => api.reportExit(`exit status ${status}`));
  return { api, child };
}

async function measure(row: Row, figures: Figures, quick: boolean): Promise<void> {
  try {
    // What is loaded and compiled for a stream is no part of it.
    await bytes(row, 1);
    const { now } = memory(row);
    forgetPeak(row);
    // Slower than any of them.
    let paused = 0;
    await bytes(row, 200, (total) => {
      if (total - paused < 2 * BLOCK) return;
      paused = total;
      return sleep(1);
    });
    figures.peak.push(memory(row).peak - now);
    const rounds = quick ? 3 : 7;
    for (let round = 0; round < rounds; round++) figures.firstByte.push(await firstByte(row));
    // Linux counts in steps of 10 ms, so several are taken together.
    for (let round = 0; round < rounds; round++) {
      const before = cpuMs(row);
      for (let i = 0; i < 5; i++) await bytes(row, 20);
      figures.cpu.push((cpuMs(row) - before) / 5);
    }
  } finally {
    row.child.kill('SIGKILL');
    await row.api.close();
  }
}

async function invoke(
  { api }: Row,
  target: string,
  onChunk: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const event = lambdaEvent('function-url', { target });
  const { kind, truncated, error } = await api.invoke(event, { timeoutMs: 60_000, onChunk });
  if (kind !== 'streamed' || truncated)
    throw new Error(`${target}: ${kind}, ${error?.errorMessage}`);
}

async function bytes(
  row: Row,
  mb: number,
  read: (total: number) => void | Promise<void> = () => undefined,
): Promise<void> {
  let total = 0;
  await invoke(row, `/bytes?blocks=${(mb * MB) / BLOCK}`, (chunk) => {
    total += chunk.length;
    return read(total);
  });
  // And the prelude.
  if (total < mb * MB || total > mb * MB + 1024)
    throw new Error(`${total} bytes came for ${mb} MB`);
}

async function firstByte(row: Row): Promise<number> {
  const begun = performance.now();
  let ms: number | undefined;
  let seen = '';
  await invoke(row, `/busy?ms=${BUSY}`, (chunk) => {
    seen += Buffer.from(chunk).toString('latin1');
    if (seen.includes('first')) ms ??= performance.now() - begun;
  });
  if (ms === undefined || !seen.endsWith('second')) throw new Error(`${seen} came`);
  return ms;
}

// ── What Linux tells of a process; NaN elsewhere ────────────────────────────────────────────────

function proc({ child }: Row, file: string): string {
  const path = `/proc/${child.pid}/${file}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Of the process with all its threads: user and system time, in ticks of 10 ms. */
function cpuMs(row: Row): number {
  const [, , ...fields] = proc(row, 'stat').split(/\) |\s/);
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function memory(row: Row): { now: number; peak: number } {
  const status = proc(row, 'status');
  const mb = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: mb('VmRSS'), peak: mb('VmHWM') };
}

function forgetPeak({ child }: Row): void {
  const file = `/proc/${child.pid}/clear_refs`;
  if (existsSync(file)) writeFileSync(file, '5');
}
