/**
 * One row on one event source, alone in its process: so inline caches and hidden classes are as in production, where no
 * process ever serves two adapters. The parent asks for a sample, and only one process works at a time.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Asked, Sample, Told } from './paired.ts';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const [bundle = '', eventFile = '', warmUpFile = ''] = process.argv.slice(2);
const eventText = readFileSync(eventFile, 'utf8');
const warmUpText = readFileSync(warmUpFile, 'utf8');
const { handler } = createRequire(import.meta.url)(bundle) as { handler: Handler };

function invoke(event: unknown): Promise<unknown> {
  return handler(event, {
    awsRequestId: 'b1a2c3d4-0000-4000-8000-000000000000',
    functionName: 'bench',
    getRemainingTimeInMillis: () => 3000,
  });
}

/** Of the invokes of one sample together. A peer that needs 38 ms for 1 MB shows it in fewer of them. */
const ENOUGH_MS = 200;

/** µs an invoke. */
async function sample(invokes: number, text: string, enough: number): Promise<Sample> {
  const each: number[] = [];
  let spent = 0;
  while (each.length < invokes && spent < enough) {
    // As in Lambda: a young event for each invoke, parsed by somebody else. Several peers change it, too.
    const event: unknown = JSON.parse(text);
    const start = performance.now();
    await invoke(event);
    const took = performance.now() - start;
    each.push(took * 1000);
    spent += took;
    // A tight `await` loop starves timers and the garbage of streams, and charges up to twice the truth for it.
    await new Promise((resolve) => setImmediate(resolve));
  }
  each.sort((one, other) => one - other);
  return { mean: (spent * 1000) / each.length, median: each[each.length >> 1] ?? NaN };
}

function tell(message: Told): void {
  process.send?.(message);
}

process.on('message', ({ invokes, warmUp }: Asked) => {
  (warmUp ? sample(invokes, warmUpText, Infinity) : sample(invokes, eventText, ENOUGH_MS)).then(
    (sample) => tell({ sample }),
    (error: unknown) => tell({ problem: String(error) }),
  );
});

invoke(JSON.parse(eventText)).then(
  (reply) => tell({ reply }),
  (error: unknown) => tell({ problem: String(error) }),
);
