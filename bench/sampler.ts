/**
 * One row on one event source, alone in its process: so inline caches and hidden classes are as in
 * production, where no process ever serves two adapters. The parent asks for a sample, and only one
 * process works at a time.
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

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Of the invokes of one sample together. A peer that needs 38 ms for 1 MB shows it in fewer of
 * them.
 */
const ENOUGH_MS = 200;

/** µs an invoke, and until the event loop has turned once after it. */
async function sample(invokes: number, text: string, enough: number): Promise<Sample> {
  const each: number[] = [];
  let spent = 0;
  let left = 0;
  while (each.length < invokes && spent < enough) {
    // As in Lambda: a young event for each invoke, parsed by somebody else. Several peers change
    // it, too.
    const event: unknown = JSON.parse(text);
    const start = performance.now();
    await invoke(event);
    const end = performance.now();
    // A tight `await` loop starves timers and the garbage of streams, and charges up to twice the
    // truth for it.
    await nextTurn();
    left += performance.now() - end;
    const took = end - start;
    each.push(took * 1000);
    spent += took;
  }
  each.sort((one, other) => one - other);
  return {
    mean: (spent * 1000) / each.length,
    median: each[each.length >> 1] ?? NaN,
    left: (left * 1000) / each.length,
  };
}

/**
 * KB of garbage an invoke. The process has been given a young generation so large that nothing is
 * collected meanwhile.
 */
async function garbage(invokes: number): Promise<number> {
  const events = Array.from({ length: invokes }, (): unknown => JSON.parse(eventText));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (const event of events) {
    await invoke(event);
    await nextTurn();
  }
  return (process.memoryUsage().heapUsed - before) / invokes / 1024;
}

function tell(message: Told): void {
  process.send?.(message);
}

async function answer({ invokes, what }: Asked): Promise<Told> {
  switch (what) {
    case 'garbage':
      return { garbage: await garbage(invokes) };
    case 'warm up':
      return { sample: await sample(invokes, warmUpText, Infinity) };
    case 'sample':
      return { sample: await sample(invokes, eventText, ENOUGH_MS) };
  }
}

process.on('message', (asked: Asked) => {
  answer(asked).then(tell, (error: unknown) => tell({ problem: String(error) }));
});

invoke(JSON.parse(eventText)).then(
  (reply) => tell({ reply }),
  (error: unknown) => tell({ problem: String(error) }),
);
