/** Growth laws: what a client controls may take time in proportion to its size, and no more. */
import { expect } from 'vitest';

/** The fastest run of each size counts: a busy machine disturbs the others. */
const LEAST_ROUNDS = 5;
const MOST_ROUNDS = 1000;
/**
 * ms. Shorter runs are repeated until they take as long, or the clock would decide. Longer ones are
 * interrupted by other processes too often.
 */
const LEAST = 0.5;
/** Linear code measures 4, quadratic code 16. */
const MOST_GROWTH = 6;
/** ms for all rounds. */
const BUDGET = 4000;

/**
 * Expects that four times the size costs less than six times the time.
 *
 * ```ts
 * expectLinear((size) => parse('a,'.repeat(size)), 2000);
 * ```
 */
export function expectLinear(run: (size: number) => void, size: number): void {
  run(size); // compiles
  let repeats = 1;
  while (duration(run, size, repeats) < LEAST && repeats < 4096) repeats *= 2;
  let [small, large] = [Infinity, Infinity];
  const end = performance.now() + BUDGET;
  for (let round = 0; round < MOST_ROUNDS && performance.now() < end; round++) {
    small = Math.min(small, duration(run, size, repeats));
    large = Math.min(large, duration(run, 4 * size, repeats));
    if (round >= LEAST_ROUNDS && large < MOST_GROWTH * small) break;
  }
  expect(large / small, `cost(${4 * size}) / cost(${size})`).toBeLessThan(MOST_GROWTH);
}

/** ms of this process's own time, which other processes of a busy machine do not add to. */
function duration(run: (size: number) => void, size: number, repeats: number): number {
  const start = process.cpuUsage();
  for (let nth = 0; nth < repeats; nth++) run(size);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/**
 * Characters. Quadratic code takes half a second for the first, and more than 10 s for the second.
 */
const SIZES = [32_768, 262_144];
/** ms. Linear code takes less for any of them, also on a busy machine. */
const QUICK = 200;

/** What a regular expression can stumble over. */
const PIECES: readonly string[] = [
  '\t',
  '\0',
  '\u00e9',
  ...' |,|"|%|a|0|;|=|:|.|/|\\|+|-|_|*|, | ,|",|"a",|a,|,,a|a | a|%2|%zz|%41|a=|a=b;|a="'.split(
    '|',
  ),
  ...'q=|gzip;q=0,|\\"|"\\|0-|0-1,|1.|:a|/a|//|../|W/"a"|==|&|+a'.split('|'),
];

/**
 * Expects that `run` takes time in proportion to its text, for many texts of 256 KB: each piece
 * repeated, after a beginning and before an end that the parser knows.
 */
export async function expectLinearText(
  run: (text: string) => unknown,
  beginnings: readonly string[] = [''],
  ends: readonly string[] = ['!'],
): Promise<void> {
  const around = beginnings.flatMap((beginning) => ends.map((end) => [beginning, end] as const));
  for (const piece of PIECES) {
    for (const [beginning, end] of around) {
      for (const size of SIZES) {
        const textOf = (length: number): string =>
          `${beginning}${piece.repeat(Math.ceil(length / piece.length))}${end}`;
        if ((await fastest(run, textOf(size), QUICK)) <= QUICK) continue;
        const ratio = (await fastest(run, textOf(size))) / (await fastest(run, textOf(size / 4)));
        const text = [beginning, piece, end].map((part) => JSON.stringify(part)).join(' ');
        // Garbage collection takes linear code to 9 at times; quadratic code has 16.
        expect(ratio, `cost(${size}) / cost(${size / 4}) of ${text}`).toBeLessThan(11);
      }
    }
  }
}

/** ms of the fastest run, or of the first that is quick enough. */
async function fastest(run: (text: string) => unknown, text: string, quick = 0): Promise<number> {
  let least = Infinity;
  for (let nth = 0; nth < 5 && least > quick; nth++) {
    const start = performance.now();
    await run(text);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
