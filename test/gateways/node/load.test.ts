/**
 * Many connections, bodies of all sizes, and workers that are killed meanwhile: a client may lose a
 * connection, never get a wrong answer. Bounded, and not timed. GATECALL_LOAD=full sends a hundred
 * thousand requests.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { beforeAll, expect, it } from 'vitest';
import { requireDist } from '../../nodes.ts';
import { fixture, type Served, served } from '../../served.ts';

beforeAll(requireDist);

const REQUESTS = process.env['GATECALL_LOAD'] === 'full' ? 100_000 : 6000;
const CONNECTIONS = 100;
const SIZES = [0, 1, 100, 1000, 10_000, 65_536, 300_000];
const material = randomBytes(1 << 20);

const digest = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** Sends a body and compares what comes back. False when the connection was lost on the way. */
async function echo(agent: Agent, port: number): Promise<boolean> {
  // Nine of ten are small, as in life.
  const size = SIZES[randomInt(10) === 0 ? randomInt(SIZES.length) : randomInt(4)] ?? 0;
  const start = randomInt(material.length - size);
  const body = material.subarray(start, start + size);
  const headers =
    randomInt(2) === 0 ? { 'Content-Length': size } : { 'Transfer-Encoding': 'chunked' };
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const sent = request({
        agent,
        port,
        host: '127.0.0.1',
        path: '/echo',
        method: 'POST',
        headers,
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        else buffer(response).then(resolve, reject);
      });
      sent.end(body);
    });
    expect([answer.length, digest(answer)]).toEqual([size, digest(body)]);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNRESET' || code === 'EPIPE' || message === 'aborted') return false;
    throw error;
  }
}

async function workers({ get }: Served): Promise<number[]> {
  const pids = new Set<number>();
  for (let nth = 0; nth < 4; nth++) pids.add(Number(await get('/pid')));
  return [...pids];
}

it(`answers ${REQUESTS} requests right while workers die`, { timeout: 600_000 }, async () => {
  await using server = await served([fixture('application.mjs'), '--port', '0', '--workers', '2']);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let [begun, lost, killed] = [0, 0, 0];
  const client = async (): Promise<void> => {
    while (begun++ < REQUESTS) {
      if (!(await echo(agent, server.port))) lost++;
    }
  };
  const killer = async (): Promise<void> => {
    while (begun < REQUESTS && killed < 10) {
      const [victim] = await workers(server);
      if (victim === undefined) continue;
      process.kill(victim, 'SIGKILL');
      killed++;
      const next = begun + REQUESTS / 12;
      while (begun < Math.min(next, REQUESTS))
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  try {
    await Promise.all([killer(), ...Array.from({ length: CONNECTIONS }, client)]);
  } finally {
    agent.destroy();
  }
  expect(killed).toBeGreaterThan(2);
  // What was under way in a worker when it was killed, and nothing else: at most all connections,
  // each time.
  expect(lost).toBeLessThanOrEqual(killed * CONNECTIONS);
  expect(lost).toBeGreaterThan(0);
  console.info(
    `${REQUESTS} requests, ${killed} workers killed, ${lost} connections lost on the way, no wrong answer`,
  );
});
