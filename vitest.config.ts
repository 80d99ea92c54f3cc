import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

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
const run = process.argv.includes('core') ? 'core' : 'rest';
const results = process.env['GATECALL_RESULTS']?.replace('.json', `-${run}.json`);

const CORE = 'test/conformance/core.test.ts';
const BUDGET = 'test/budget/**/*.test.ts';
/**
 * Those that start processes (the command, functions, other Node versions, servers, browsers), and
 * those of the sources that take long.
 */
const PROCESSES = [
  'test/{cli,package,demo,examples-hono,servers-examples,template}.test.ts',
  'test/{hostile,properties,concurrency,examples,middleware,gateway}.test.ts',
  'test/gateways/aws/{every-source,limit,invocation,stream}.test.ts',
  'test/validator/sent-blocks.test.ts',
  'test/aws-model/{base64,request}.test.ts',
  'test/middleware/{safe-equal,static-files}.test.ts',
  'test/local/check.test.ts',
  'test/local/{hostile,template-hostile}.test.ts',
  'test/bridges/{fetch-growth,fetch-upstream,node,node-socket,node-target}.test.ts',
  'test/bridges/{fetch,node}-gateway-request.test.ts',
  'test/cli/**/*.test.ts',
  'test/bridges/{frameworks,middleware,fetch-apps,fetch-light-apps,node-context}.test.ts',
  'test/conformance/{aws,aws-*,fetch,fetch-*,local}.test.ts',
  'test/gateways/aws/{runtime,runtime-*,shutdown}.test.ts',
  'test/gateways/{gcp,node}.test.ts',
  'test/gateways/node/**/*.test.ts',
  'test/local/functions.test.ts',
  'test/local/functions/**/*.test.ts',
  'test/local/{inspector,inspector-page,round-trip,runtime-api,same-as-node,sam-example}.test.ts',
  'test/local/{inspector,start-api}-browser.test.ts',
  'test/local/fronts/**/*.test.ts',
];

const project = (
  name: string,
  include: readonly string[],
  exclude: readonly string[] = [],
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [...include], exclude: ['**/node_modules/**', ...exclude] },
});

export default defineConfig({
  resolve: { alias: [...alias, express] },
  test: {
    ...(results && { reporters: ['default', 'json'], outputFile: { json: results } }),
    projects: [
      // By `npm test` in a run of its own: when the core's conformance table is red, every gateway,
      // bridge and middleware fails with it and none of them is to blame, so nothing else runs.
      project('core', [CORE]),
      project('sources', ['test/**/*.test.ts'], [CORE, BUDGET, ...PROCESSES]),
      project('processes', PROCESSES),
      project('budget', [BUDGET]),
    ],
    // Vitest leaves one core free, which on two is half; most tests that take long wait for other
    // processes.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000, // child processes on a busy machine of two cores
    hookTimeout: 30_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
