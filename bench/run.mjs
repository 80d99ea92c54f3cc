/**
 * Bundles the rows and this folder's own TypeScript with esbuild, then runs it:
 * `node bench/run.mjs --help`.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const HELP = `node bench/run.mjs [options]        (after npm run build, and npm ci --prefix bench)

  --quick              fewer rows, rounds and processes: under a minute
  --only <part>        size, get, post, large, upload, memory, cold, streaming, serve or start-api; may be repeated
  --app <name>         native, raw, express5, express4, koa, fastify or hono; may be repeated
  --node <path>        a Node binary to measure with; may be repeated.
                       Without it: this one, and those of test/runtimes if they are there (not with --quick)
  --dist <folder>      another build of gatecall than ../dist
  --help`;

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    app: { type: 'string', multiple: true },
    node: { type: 'string', multiple: true },
    dist: { type: 'string', default: join(here, '../dist') },
    help: { type: 'boolean', default: false },
  },
});

/** What Node calls a module; a package of both kinds is bundled as both. */
const CJS_ONLY = /serverless-http|serverless-express|express|fastify|koa/;

/** @param {string} gatecall the folder of its build */
async function bundle(gatecall) {
  const out = join(here, 'dist');
  rmSync(out, { recursive: true, force: true });
  const rows = readdirSync(join(here, 'handlers'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(here, 'handlers', file));
  /** @satisfies {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: here,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    alias: {
      'gatecall/aws': join(gatecall, 'esm/gateways/aws.js'),
      'gatecall/bridges/node': join(gatecall, 'esm/bridges/node.js'),
      'gatecall/bridges/fetch': join(gatecall, 'esm/bridges/fetch.js'),
      'gatecall/bridges/fetch-light': join(gatecall, 'esm/bridges/fetch-light.js'),
      'gatecall/local/runtime-api': join(here, '../src/local/runtime-api.ts'),
      'gatecall/aws-model': join(here, '../src/aws-model.ts'),
      gatecall: join(gatecall, 'esm/index.js'),
    },
  };
  // As people deploy who have no bundler: Node finds each package in node_modules, gatecall as npm
  // would install it.
  mkdirSync(join(out, 'plain/node_modules'), { recursive: true });
  symlinkSync(dirname(gatecall), join(out, 'plain/node_modules/gatecall'), 'dir');
  /** @type {import('esbuild').BuildOptions} */
  const plain = {
    ...common,
    alias: {},
    packages: 'external',
    entryPoints: rows,
    outbase: join(here, 'handlers'),
    outdir: join(out, 'plain'),
  };
  /** @satisfies {import('esbuild').BuildOptions} */
  const minified = { ...common, minify: true, legalComments: 'none' };
  await Promise.all([
    build({ ...plain, format: 'cjs', outExtension: { '.js': '.cjs' } }),
    build({ ...plain, format: 'esm', outExtension: { '.js': '.mjs' } }),
    build({
      ...minified,
      entryPoints: rows,
      format: 'cjs',
      outbase: join(here, 'handlers'),
      outdir: join(out, 'rows'),
      outExtension: { '.js': '.cjs' },
    }),
    build({
      ...minified,
      entryPoints: rows.filter((row) => !CJS_ONLY.test(row)),
      format: 'esm',
      mainFields: ['module', 'main'],
      outbase: join(here, 'handlers'),
      outdir: join(out, 'rows'),
      outExtension: { '.js': '.mjs' },
    }),
    build({
      ...minified,
      entryPoints: readdirSync(join(here, 'streams'))
        .filter((file) => !['body.ts', 'web.ts', 'awslambda.d.ts'].includes(file))
        .map((file) => join(here, 'streams', file)),
      format: 'cjs',
      outdir: join(out, 'streams'),
      outExtension: { '.js': '.cjs' },
    }),
    build({
      ...common,
      entryPoints: [join(here, 'cold-start.ts')],
      format: 'cjs',
      outdir: out,
      outExtension: { '.js': '.cjs' },
    }),
    build({
      ...common,
      entryPoints: [join(here, 'main.ts'), join(here, 'sampler.ts')],
      format: 'esm',
      external: ['esbuild'],
      outdir: out,
      outExtension: { '.js': '.mjs' },
    }),
  ]);
}

if (values.help) console.log(HELP);
else {
  const gatecall = resolve(values.dist);
  if (!existsSync(join(gatecall, 'esm/gateways/aws.js'))) {
    throw new Error(`there is no build of gatecall in ${relative('.', gatecall)}: npm run build`);
  }
  await bundle(gatecall);
  const bundled = new URL('dist/main.mjs', import.meta.url).href;
  const ours = /** @type {typeof import('./main.ts')} */ (await import(bundled));
  await ours.main({ ...values, here, gatecall });
}
