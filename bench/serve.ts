/** Requests a second through `serve`, beside the same answer from a bare node:http server, in one process each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';
import type { Settings } from './main.ts';

const CONNECTIONS = 50;
/** The small request of the other parts, as bytes. */
const REQUEST = Buffer.from(
  [
    'GET /items/7?page=2&sort=name&filter=a%20b HTTP/1.1',
    'Host: bench.example',
    'User-Agent: bench',
    'Accept: application/json',
    ...Array.from({ length: 16 }, (_, index) => `X-Header-${index}: value-${index}`),
    '',
    '',
  ].join('\r\n'),
);

const ANSWER = `const answer = (header, query) => new TextEncoder().encode(JSON.stringify({ header, keys: [...new URLSearchParams(query).keys()] }));`;

function scripts(gatecall: string): Record<string, string> {
  const node = JSON.stringify(pathToFileURL(join(gatecall, 'esm/gateways/node.js')).href);
  return {
    'node:http': `
      import { createServer } from 'node:http';
      ${ANSWER}
      const server = createServer((request, response) => {
        const body = answer(request.headers['x-header-3'], request.url.slice(request.url.indexOf('?') + 1));
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
        response.end(body);
      });
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
    gatecall: `
      import { serve } from ${node};
      ${ANSWER}
      const application = (environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'application/json']]);
        return [answer(environ.HTTP_X_HEADER_3, environ.QUERY_STRING)];
      };
      console.log((await serve(application, { port: 0 })).port);`,
  };
}

export async function serve({ gatecall, nodes, quick }: Settings): Promise<Goal[]> {
  const goals: Goal[] = [];
  const cells: string[][] = [];
  for (const { path, version } of nodes) {
    const servers: [string, ChildProcess, number][] = [];
    for (const [name, script] of Object.entries(scripts(gatecall))) {
      const child = spawn(path, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [port] = (await once(child.stdout!, 'data')) as [Buffer];
      servers.push([name, child, Number(port)]);
    }
    const rates = new Map<string, number[]>(servers.map(([name]) => [name, []]));
    const ratios: number[] = [];
    const rounds = quick ? 5 : 15;
    for (let round = -3; round < rounds; round++) {
      const order = round % 2 === 0 ? servers : servers.toReversed();
      const seen = new Map<string, number>();
      for (const [name, , port] of order) seen.set(name, await rate(port, quick ? 2000 : 6000));
      if (round < 0) continue;
      for (const [name, one] of seen) rates.get(name)?.push(one);
      ratios.push((seen.get('gatecall') ?? NaN) / (seen.get('node:http') ?? NaN));
    }
    for (const [, child] of servers) child.kill('SIGKILL');
    const of = (name: string): string => digits(median(rates.get(name) ?? []));
    cells.push([version, of('node:http'), of('gatecall'), digits(median(ratios))]);
    goals.push({
      what: 'requests a second: serve ÷ node:http',
      goal: '≥ 0.8',
      node: version,
      seen: median(ratios),
    });
  }
  say(`### Requests a second, small GET, ${CONNECTIONS} keep-alive connections\n`);
  table(['Node', 'node:http', 'gatecall', 'ratio'], cells);
  return goals;
}

/** Each connection sends its next request when the answer to the one before is there. */
async function rate(port: number, requests: number): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let left = requests / CONNECTIONS;
      socket.write(REQUEST);
      socket.on('data', () => {
        if (--left > 0) socket.write(REQUEST);
        else socket.destroy();
      });
      await once(socket, 'close');
      if (left > 0) throw new Error(`the server on port ${port} closed a connection`);
    }),
  );
  return requests / ((performance.now() - start) / 1000);
}
