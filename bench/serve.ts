/**
 * Requests a second through `serve`, beside the same answers from a bare node:http server, in one
 * process each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median } from './paired.ts';
import { digits, type Goal, say, table } from './report.ts';
import type { Settings } from './settings.ts';

/** What is asked, over and over, and what answers it. */
interface Load {
  name: string;
  connections: number;
  /** Sent in turn. */
  requests: readonly Uint8Array[];
  /** Scripts of servers, by their name in the table. */
  servers: Readonly<Record<'node:http' | 'gatecall', string>>;
}

const SHORT_HEAD = 'Host: bench.example\r\nUser-Agent: bench\r\nAccept: application/json\r\n';
const HEAD =
  SHORT_HEAD +
  Array.from({ length: 16 }, (_, index) => `X-Header-${index}: value-${index}\r\n`).join('');

const LISTEN = `server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
const ANSWER = `const answer = (header, query) => new TextEncoder().encode(JSON.stringify({ header, keys: [...new URLSearchParams(query).keys()] }));`;

/** The small request of the other parts, as bytes. */
const GET: Load = {
  name: 'small GET',
  connections: 50,
  requests: [Buffer.from(`GET /items/7?page=2&sort=name&filter=a%20b HTTP/1.1\r\n${HEAD}\r\n`)],
  servers: {
    'node:http': `
      ${ANSWER}
      const server = createServer((request, response) => {
        const body = answer(request.headers['x-header-3'], request.url.slice(request.url.indexOf('?') + 1));
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
        response.end(body);
      });
      ${LISTEN}`,
    gatecall: `
      ${ANSWER}
      const application = (environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'application/json']]);
        return [answer(environ.HTTP_X_HEADER_3, environ.QUERY_STRING)];
      };
      console.log((await serve(application, { port: 0 })).port);`,
  },
};

/**
 * Bodies that come back as they went, as in test/gateways/node/load.test.ts: nine of ten small,
 * every other one in chunks.
 */
const ECHO: Load = {
  name: 'bodies of 0 to 300,000 bytes, echoed',
  connections: 100,
  requests: [
    0, 1, 100, 1000, 0, 1, 100, 1000, 100, 10_000, 0, 1, 100, 1000, 0, 1, 100, 1000, 1, 300_000,
  ].flatMap((size) => [whole(size), inChunks(size)]),
  servers: {
    'node:http': `
      const server = createServer((request, response) => {
        const blocks = [];
        request.on('data', (block) => blocks.push(block));
        request.on('end', () => {
          const body = Buffer.concat(blocks);
          response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length });
          response.end(body);
        });
      });
      ${LISTEN}`,
    gatecall: `
      const application = async (environ, startResponse) => {
        const body = await environ['wsgi.input'].read();
        startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
        return [body];
      };
      console.log((await serve(application, { port: 0 })).port);`,
  },
};

function whole(size: number): Uint8Array {
  const head = `POST /echo HTTP/1.1\r\n${SHORT_HEAD}Content-Length: ${size}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(size, 'x')]);
}

function inChunks(size: number): Uint8Array {
  const head = `POST /echo HTTP/1.1\r\n${SHORT_HEAD}Transfer-Encoding: chunked\r\n\r\n`;
  const chunk = size > 0 ? `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n` : '';
  return Buffer.from(`${head}${chunk}0\r\n\r\n`);
}

export async function serve(settings: Settings): Promise<Goal[]> {
  return [...(await measure(settings, GET)), ...(await measure(settings, ECHO))];
}

async function measure({ gatecall, nodes, quick }: Settings, load: Load): Promise<Goal[]> {
  const serveModule = pathToFileURL(join(gatecall, 'bundled/gateways/node.js')).href;
  const imports = `import { createServer } from 'node:http'; import { serve } from ${JSON.stringify(serveModule)};`;
  const goals: Goal[] = [];
  const cells: string[][] = [];
  for (const { path, version } of nodes) {
    const servers: [string, ChildProcess, number][] = [];
    for (const [name, script] of Object.entries(load.servers)) {
      const child = spawn(path, ['--input-type=module', '--eval', imports + script], {
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
      for (const [name, , port] of order)
        seen.set(name, await rate(port, load, quick ? 2000 : 6000));
      if (round < 0) continue;
      for (const [name, one] of seen) rates.get(name)?.push(one);
      ratios.push((seen.get('gatecall') ?? NaN) / (seen.get('node:http') ?? NaN));
    }
    for (const [, child] of servers) child.kill('SIGKILL');
    const of = (name: string): string => digits(median(rates.get(name) ?? []));
    cells.push([version, of('node:http'), of('gatecall'), digits(median(ratios))]);
    goals.push({
      what: `requests a second, ${load.name}: serve ÷ node:http`,
      goal: '≥ 0.8',
      node: version,
      seen: median(ratios),
    });
  }
  say(`### Requests a second, ${load.name}, ${load.connections} keep-alive connections\n`);
  table(['Node', 'node:http', 'gatecall', 'ratio'], cells);
  return goals;
}

/**
 * Each connection sends its next request when the answer to the one before is there, to its last
 * byte.
 */
async function rate(port: number, load: Load, count: number): Promise<number> {
  const { connections, requests } = load;
  let asked = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let waiting = false;
      let missing = 0;
      const ask = (): void => {
        waiting = asked < count;
        missing = 0;
        if (waiting) socket.write(requests[asked++ % requests.length]!);
        else socket.destroy();
      };
      ask();
      socket.on('data', (block: Buffer) => {
        missing = (missing || lengthOf(block)) - block.length;
        if (missing === 0) ask();
      });
      await once(socket, 'close');
      if (waiting) throw new Error(`the server on port ${port} closed a connection`);
    }),
  );
  return count / ((performance.now() - start) / 1000);
}

/** Bytes of a response, by its head, which came in one piece. */
function lengthOf(block: Buffer): number {
  const head = block.toString('latin1', 0, block.indexOf('\r\n\r\n') + 4);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  if (!head.startsWith('HTTP/1.1 200 ') || Number.isNaN(length)) {
    throw new Error(`no answer with a length: ${JSON.stringify(head)}`);
  }
  return head.length + length;
}
