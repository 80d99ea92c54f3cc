import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const exported = JSON.parse(readFileSync(here('scripts/exports.json'), 'utf8')) as Record<
  string,
  { source: string }
>;

// Examples import the package by its name. In tests that name means the sources, as everywhere else in
// the tests, so that a debugger finds it.
const alias = Object.entries(exported).map(([subpath, { source }]) => ({
  find: new RegExp(`^${subpath.replace('.', 'gatecall')}$`),
  replacement: here(`src/${source}.ts`),
}));

// The example's own dependency, from where the tests have theirs.
const express = { find: /^express$/, replacement: here('test/frameworks/node_modules/express') };

// Where `.ci/run` wants the numbers, whichever command runs the tests.
const results = process.env['GATECALL_RESULTS'];

export default defineConfig({
  resolve: { alias: [...alias, express] },
  test: {
    ...(results && { reporters: ['default', 'json'], outputFile: { json: results } }),
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // Vitest leaves one core free, which on two is half; most tests that take long wait for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000, // child processes on a busy machine of two cores
    hookTimeout: 30_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
