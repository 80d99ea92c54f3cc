/**
 * `npm start`: the demo behind every source of AWS, without AWS. `aws/handler.ts` is bundled as
 * `sam build` would bundle it, each file of `events/` is sent through it, and a line says what the
 * client would see. `npm start -- --verbose` shows the replies as well.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import {
  exampleRequest,
  header,
  headerLines,
  lambdaFailure,
  lambdaResponse,
  lambdaSources,
} from 'gatecall/testing';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const root = new URL('../', import.meta.url);
const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } });

const handler = await bundledHandler();
const names = readdirSync(new URL('events/', root)).map((file) => file.replace(/\.json$/, ''));
console.log(`POST ${exampleRequest.target}`);
console.log(row('source', 'status', 'type', 'bytes', 'cookies', 'ms'));
for (const name of names.sort()) await show(name);

async function bundledHandler(): Promise<Handler> {
  const outfile = fileURLToPath(new URL('dist/demo-handler.cjs', root));
  await build({
    entryPoints: [fileURLToPath(new URL('examples/aws/handler.ts', root))],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfigRaw: {}, // ours would lead it past the built package, to the sources
    logLevel: 'warning',
  });
  return (createRequire(import.meta.url)(outfile) as { handler: Handler }).handler;
}

/** Sends one event, prints its line, and lets the exit code say whether any went wrong. */
async function show(name: string): Promise<void> {
  const source = lambdaSources.find((id) => id === name);
  if (source === undefined) throw new Error(`events/${name}.json: no source is called ${name}`);
  const event = JSON.parse(readFileSync(new URL(`events/${name}.json`, root), 'utf8')) as unknown;

  const start = performance.now();
  const [outcome] = await Promise.allSettled([handler(event, {})]);
  const ms = performance.now() - start;
  // What the handler throws, the client sees as the source's own error.
  const response =
    outcome.status === 'fulfilled'
      ? lambdaResponse(source, outcome.value, exampleRequest)
      : lambdaFailure(source, outcome.reason, exampleRequest);

  const type = header(response, 'content-type') ?? '-';
  const cookies = headerLines(response, 'set-cookie').length;
  console.log(row(source, response.status, type, response.body.length, cookies, ms.toFixed(1)));
  if (response.status !== 200) {
    console.log(`  ${response.reason ?? 'expected 200'}`);
    process.exitCode = 1;
  }
  if (values.verbose && outcome.status === 'fulfilled') {
    console.log(`${JSON.stringify(outcome.value, null, 2)}\n`);
  }
}

/** Words stand left, numbers right. */
function row(
  source: string,
  status: number | string,
  type: string,
  bytes: number | string,
  cookies: number | string,
  ms: string,
): string {
  const left = `${source.padEnd(14)}${String(status).padEnd(8)}${type.padEnd(26)}`;
  return left + [bytes, cookies, ms].map((cell) => String(cell).padStart(9)).join('');
}
