/** `gatecall serve` as a user starts it: real processes, real sockets. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../http-client.ts';
import { requireDist } from '../nodes.ts';
import { fixture, launch, type Served, served } from '../served.ts';

beforeAll(requireDist);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const application = fixture('application.mjs');
const patient = { timeout: 15_000, interval: 50 };

async function pids({ get }: Pick<Served, 'get'>, times = 6): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let nth = 0; nth < times; nth++) seen.add(await get('/pid'));
  return seen;
}

function isAlive(pid: string | number): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

describe('one process', () => {
  it('serves an application by itself, and ends with SIGTERM when its last request has', async () => {
    await using server = await served([application, '--port', '0', '--access-log']);
    expect(server.stderr()).toContain(
      `application.mjs is served at http://127.0.0.1:${server.port}\n`,
    );
    expect(await server.get('/pid')).toBe(String(server.child.pid));
    const slow = server.get('/slow?500');
    await pause(100);
    server.child.kill('SIGTERM');
    expect(await slow).toBe(String(server.child.pid));
    expect(await server.ended).toBe(0);
    expect(server.stdout()).toMatch(/"GET \/pid HTTP\/1.1" 200 \d+ "-" "-"\n.*"GET \/slow\?500/);
  });

  it('ends at the second SIGINT, whatever it is busy with', async () => {
    await using server = await served([application, '--port', '0']);
    void server.get('/stuck').catch(() => {});
    await pause(100);
    server.child.kill('SIGINT');
    await pause(100);
    expect(isAlive(server.child.pid ?? 0)).toBe(true);
    server.child.kill('SIGINT');
    expect(await server.ended).toBe(1);
  });

  it('listens where PORT says, runs TypeScript, and finds the usual names', async () => {
    const source = `
      import type { Application } from 'gatecall';
      const app: Application = (environ, startResponse) => {
        startResponse('200 OK', []);
        return [new TextEncoder().encode(environ.SCRIPT_NAME + '|' + environ.PATH_INFO)];
      };
      export default app;`;
    const cwd = folderWith({ 'app.ts': source });
    await using server = await served(['app', '--base-path', '/shop', '--host', '127.0.0.1'], {
      cwd,
      env: { PORT: '0' },
    });
    expect(await server.get('/shop/x')).toBe('/shop|/x');
  });
});

describe('workers', () => {
  it('share the connections; one that is killed is replaced, and the others serve on', async () => {
    await using server = await served([application, '-p', '0', '--workers', '2']);
    expect(server.stderr()).toContain(' by 2 workers\n');
    const [one, other] = await pids(server);
    expect(other).toBeDefined();
    expect([one, other]).not.toContain(String(server.child.pid));
    await server.get('/die').catch(() => {});
    await expect.poll(async () => (await pids(server, 4)).size, patient).toBe(2);
    expect(server.stderr()).toMatch(/worker \d+ was ended by SIGKILL; another starts in 0 ms/);
    const environ = JSON.parse(await server.get('/environ')) as Record<string, unknown>;
    expect([environ['wsgi.multiprocess'], environ['REMOTE_ADDR']]).toEqual([true, '127.0.0.1']);
  });

  it('that all die at once leave connections waiting, none refused', async () => {
    await using server = await served([application, '-p', '0', '--workers', '2']);
    const before = await pids(server);
    for (const pid of before) process.kill(Number(pid), 'SIGKILL');
    const after = await pids(server, 2);
    for (const pid of after) expect(before).not.toContain(pid);
  });

  it('end in peace with their supervisor', async () => {
    await using server = await served([application, '-p', '0', '--workers', '2']);
    const all = await pids(server);
    const slow = server.get('/slow?500');
    await pause(100);
    server.child.kill('SIGTERM');
    expect(all).toContain(await slow);
    expect(await server.ended).toBe(0);
    for (const pid of all) expect(isAlive(pid)).toBe(false);
  });

  it('that do not end in time are killed', async () => {
    const args = [application, '-p', '0', '--workers', '2', '--stop-timeout', '0.2'];
    await using server = await served(args);
    const connection = await openConnection({ port: server.port });
    await connection.write(Buffer.from('GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n'));
    await pause(100);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(await connection.read()).toHaveLength(0);
  });

  it('do not outlive a supervisor that is killed', async () => {
    await using server = await served([application, '-p', '0', '--workers', '2']);
    const all = await pids(server);
    server.child.kill('SIGKILL');
    await server.ended;
    for (const pid of all) await expect.poll(() => isAlive(pid), patient).toBe(false);
  });

  it('are replaced after --max-requests, and no request is lost', async () => {
    const often = ['--max-requests', '10', '--max-requests-jitter', '5'];
    await using server = await served([application, '-p', '0', '--workers', '2', ...often]);
    const seen = new Set<string>();
    const ask = async (): Promise<number> => {
      for (const pid of await pids(server, 10)) seen.add(pid);
      return seen.size;
    };
    await expect.poll(ask, patient).toBeGreaterThan(3);
    expect(server.stderr()).not.toContain('exited');
  });

  it('are replaced at SIGHUP, and no request is lost', async () => {
    await using server = await served([application, '-p', '0', '--workers', '2']);
    const before = await pids(server);
    server.child.kill('SIGHUP');
    await expect
      .poll(async () => [...(await pids(server, 4))].filter((pid) => before.has(pid)), patient)
      .toEqual([]);
    for (const pid of before) await expect.poll(() => isAlive(pid), patient).toBe(false);
  });

  it('of a script of the user’s own', async () => {
    await using server = await served([], { script: fixture('script.mjs') });
    await expect.poll(async () => (await pids(server)).size, patient).toBe(2);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});

describe('--reload', () => {
  const saying = (word: string): string => `
    export const application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return [new TextEncoder().encode('${word}')];
    };`;

  it('serves what a changed file says, and the old as long as the new is broken', async () => {
    const cwd = folderWith({ 'app.mjs': saying('one') });
    const write = (text: string): void => writeFileSync(join(cwd, 'app.mjs'), text);
    await using server = await served(['app.mjs', '-p', '0', '--reload'], { cwd });
    expect(await server.get('/')).toBe('one');
    write('throw new Error("half a sentence")');
    await expect.poll(() => server.stderr(), patient).toContain('half a sentence');
    await expect.poll(() => server.stderr(), patient).toMatch(/exited with 1 before it served/);
    expect(await server.get('/')).toBe('one');
    write(saying('two'));
    await expect.poll(() => server.get('/'), patient).toBe('two');
  });

  it('waits for a change when the first start fails, and sees new folders', async () => {
    const cwd = folderWith({ 'app.mjs': `export { application } from './lib/it.mjs';` });
    await using server = launch(['app.mjs', '-p', '0', '--reload'], { cwd });
    await expect.poll(() => server.stderr(), patient).toContain('before it served');
    mkdirSync(join(cwd, 'lib'));
    await pause(200);
    writeFileSync(join(cwd, 'lib/it.mjs'), saying('found'));
    const port = (): string | undefined => /at http:\/\/[^:]+:(\d+)/.exec(server.stderr())?.[1];
    await expect.poll(port, patient).toBeDefined();
    const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port()}/`)).text();
    await expect.poll(ask, patient).toBe('found');
  });
});

describe('what cannot be served', () => {
  it.each([
    [[fixture('broken.mjs'), '-p', '0'], 1, /Error: broken at the start\n\s+at /],
    [
      [fixture('broken.mjs'), '-p', '0', '-w', '2'],
      1,
      /broken at the start[^]*before it served; its own output says why/,
    ],
    [
      [`${application}:nothing`, '-p', '0'],
      1,
      /does not export nothing as a function; its exports: application, notAFunction/,
    ],
    [[`${application}:notAFunction`, '-p', '0'], 1, /notAFunction of .* is no application/],
    [['missing.mjs'], 2, /there is no file missing.mjs/],
    [[], 2, /no application given/],
    [[application, 'x'], 2, /one application at a time/],
    [[application, '--port', '65536'], 2, /--port takes a port, 0 to 65535; got "65536"/],
    [[application, '--workers', '0'], 2, /--workers takes a number of processes/],
    [[application, '--keep-alive', '5m'], 2, /--keep-alive takes seconds; got "5m"/],
    [[application, '--max-body', 'much'], 2, /--max-body takes bytes; got "much"/],
    [[application, '--socket', '/x', '--port', '1'], 2, /on a host and port, or on a socket/],
    [[application, '--port', '0', '--reloads'], 2, /Unknown option '--reloads'/],
  ])('%j', async (args, code, text) => {
    const failed = launch(args);
    expect(await failed.ended).toBe(code);
    expect(failed.stderr()).toMatch(text);
  });

  it('WEB_CONCURRENCY must be a number', async () => {
    const failed = launch([application], { env: { WEB_CONCURRENCY: 'many' } });
    expect(await failed.ended).toBe(2);
    expect(failed.stderr()).toContain('WEB_CONCURRENCY takes a number of processes');
  });
});
