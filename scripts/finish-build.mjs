/** What the compiler leaves to do in `dist/`: node scripts/finish-build.mjs */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

writeFileSync('dist/cjs/package.json', JSON.stringify({ type: 'commonjs' }));

// Each export with all it is made of in one file, for Node to load: to find, read and link forty small ones takes ten times as long
// as their code (decisions/012-one-file-an-export.md). From what the compiler wrote, so that both are the same code.
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exports).filter((target) => typeof target === 'object');
await Promise.all(
  entries.flatMap((entry) =>
    ['import', 'require'].map((condition) =>
      build({
        entryPoints: [entry[condition].module],
        outfile: entry[condition].default,
        bundle: true,
        format: condition === 'import' ? 'esm' : 'cjs',
        // Neither Node's conditions nor its globals: some exports run elsewhere, too.
        platform: 'neutral',
        external: ['node:*'],
        target: 'es2023',
        sourcemap: true,
        sourcesContent: false,
        logLevel: 'warning',
      }),
    ),
  ),
);

// The page is written for the browser as it lies there. Its tsconfig.json is the editor's.
cpSync('src/local/inspector/page', 'dist/esm/local/inspector/page', {
  recursive: true,
  filter: (file) => !file.endsWith('.json'),
});

// The YAML reader, which only the command needs, goes into the file that uses it, with its licence. Thus the package has
// no dependencies.
const manifest = createRequire(import.meta.url).resolve('yaml/package.json');
const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
const licence = readFileSync(join(dirname(manifest), 'LICENSE'), 'utf8').trim();
const file = 'dist/esm/local/template/yaml.js';
await build({
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  // Not Node's own condition: its files are CommonJS.
  platform: 'neutral',
  external: ['./tree.js'],
  target: 'es2023',
  banner: { js: `/*!\n${name} ${version} is bundled here.\n\n${licence}\n*/` },
  legalComments: 'inline',
  logLevel: 'warning',
});
// It told the lines of the file before.
rmSync(`${file}.map`, { force: true });
