/** Growth laws: what a client controls may take time in proportion to its size, and no more. */
import { expect } from 'vitest';

/** The fastest run of each size counts: a busy machine disturbs the others. */
const LEAST_ROUNDS = 5;
const MOST_ROUNDS = 100;
/** ms. Shorter runs are repeated until they take as long, or the clock would decide. */
const LEAST = 2;
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

function duration(run: (size: number) => void, size: number, repeats: number): number {
  const start = performance.now();
  for (let nth = 0; nth < repeats; nth++) run(size);
  return performance.now() - start;
}
