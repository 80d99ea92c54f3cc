/** The examples that are servers, started by the commands of their READMEs. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { framework } from './gcp.ts';
import { requireDist, root } from './nodes.ts';
import { served } from './served.ts';

beforeAll(requireDist);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('examples/node', () => {
  it('serves the demo by the command', async () => {
    await using server = await served(['examples/application.ts', '-p', '0'], { cwd: root });
    expect(await server.get('/json')).toContain('{');
    expect(await server.get('/')).toMatch(/source +node/);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('serves the demo by the script', async () => {
    const script = `${root}dist/example-node/server.mjs`;
    mkdirSync(`${root}dist/example-node`, { recursive: true });
    await build({
      entryPoints: [`${root}examples/node/server.ts`],
      bundle: true,
      platform: 'node',
      packages: 'external',
      format: 'esm',
      tsconfigRaw: {},
      outfile: script,
    });
    await using server = await served([], { script, env: { PORT: '0' } });
    expect(await server.get('/')).toMatch(/client +127.0.0.1/);
    await expect.poll(server.stdout).toContain('"GET / HTTP/1.1" 200');
  });
});

/**
 * The functions framework takes no port 0, and between asking for a port and using it somebody else
 * may take it.
 */
describe.runIf(framework)('examples/gcp', { retry: 2 }, () => {
  it('serves the demo in the functions framework', async () => {
    const port = await freePort();
    const child = spawn('npm', ['start', '--prefix', 'test/gcp'], {
      cwd: root,
      env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // npm's own children are to end with it
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    try {
      const ask = async (): Promise<string> =>
        child.exitCode === null
          ? (await fetch(`http://127.0.0.1:${port}/cookies`)).headers
              .getSetCookie()
              .length.toString()
          : `it has ended:\n${said}`;
      await expect
        .poll(() => ask().catch(() => ''), { timeout: 25_000, interval: 200 })
        .not.toBe('');
      expect(await ask()).toBe('2');
      const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      expect(page).toMatch(/source +gcp/);
      expect(existsSync(`${root}dist/gcp/function.cjs`)).toBe(true);
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    }
  });
});
