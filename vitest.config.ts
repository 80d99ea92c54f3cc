import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const manifest = JSON.parse(readFileSync(here('package.json'), 'utf8')) as {
  exports: Record<string, string | { import: { module: string } }>;
};

// Examples import the package by its name. In tests that name means the sources, as everywhere else in
// the tests: who debugs one should find it.
const alias = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === 'string') return [];
  const source = target.import.module.replace('./dist/esm/', './src/').replace(/\.js$/, '.ts');
  return [{ find: new RegExp(`^${subpath.replace('.', 'gatecall')}$`), replacement: here(source) }];
});

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
