/** What the compiler leaves to do in `dist/`: node scripts/finish-build.mjs */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

// The packages that only the command needs go into the file that uses each, with their licences.
// Thus the package has no dependencies.
const PARTS = [
  { name: 'yaml', file: 'dist/esm/local/template/yaml.js', external: ['./tree.js'] },
  { name: 'es-module-lexer', file: 'dist/esm/local/check/lexer.js', external: [] },
];
for (const { name, file, external } of PARTS) {
  const folder = join('node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trim();
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    // Not Node's own condition: the files of `yaml` are CommonJS by it.
    platform: 'neutral',
    external,
    target: 'es2023',
    banner: { js: `/*!\n${name} ${version} is bundled here.\n\n${licence}\n*/` },
    legalComments: 'inline',
    logLevel: 'warning',
  });
  // The compiler's map fits the file before the bundling.
  rmSync(`${file}.map`, { force: true });
}
