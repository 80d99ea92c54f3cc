/** What the compiler leaves to do in `dist/`: node scripts/finish-build.mjs */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

writeFileSync('dist/cjs/package.json', JSON.stringify({ type: 'commonjs' }));

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
