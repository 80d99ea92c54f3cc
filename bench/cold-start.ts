/**
 * The process that starts cold. Bundled as CommonJS, as Lambda's own runtime is, and as small as
 * can be.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What it tells of itself: ms, and whether undici was loaded. */
export interface ColdStart {
  load: number;
  first: number;
  undici: boolean;
}
interface Row {
  handler: (event: unknown, context: unknown) => Promise<{ statusCode: number }>;
}

async function main([bundle = '', eventFile = '', preload]: string[]): Promise<void> {
  const require = createRequire(bundle);
  if (preload) for (const name of ['node:http', 'node:net', 'node:stream']) require(name);
  // The first import() starts Node's loader of ES modules: 3 to 5 ms that Lambda's runtime has paid
  // already.
  const nothing = 'data:text/javascript,';
  await import(nothing);
  const event: unknown = JSON.parse(readFileSync(eventFile, 'utf8'));
  const context = { awsRequestId: 'cold', getRemainingTimeInMillis: () => 3000 };

  const start = performance.now();
  const row: unknown = bundle.endsWith('.cjs')
    ? require(bundle)
    : await import(pathToFileURL(bundle).href);
  const loaded = performance.now();
  const reply = await (row as Row).handler(event, context);
  const answered = performance.now();

  if (reply.statusCode !== 200) throw new Error(`${bundle} answers ${JSON.stringify(reply)}`);
  // Node's own list, which its types keep quiet about.
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  const undici = moduleLoadList.some((name) => /undici/i.test(name));
  const told: ColdStart = { load: loaded - start, first: answered - loaded, undici };
  console.log(JSON.stringify(told));
}

void main(process.argv.slice(2));
