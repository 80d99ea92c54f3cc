/**
 * The last step of the build: puts the YAML reader, which only the command needs, into the file that uses it, with its
 * licence. Thus the package has no dependencies.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const manifest = createRequire(import.meta.url).resolve('yaml/package.json');
const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
const licence = readFileSync(join(dirname(manifest), 'LICENSE'), 'utf8').trim();

const SOURCE = 'dist/esm/local/template/yaml.js';
// The ES module last, because the other is made of it too: nothing can be left out of what is required.
for (const format of ['cjs', 'esm']) {
  const file = SOURCE.replace('esm', format);
  await build({
    entryPoints: [SOURCE],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format,
    // Not Node's own condition, for the same reason: its files are CommonJS.
    platform: 'neutral',
    external: ['./tree.js'],
    target: 'es2023',
    banner: { js: `/*!\n${name} ${version} is bundled here.\n\n${licence}\n*/` },
    legalComments: 'inline',
    logLevel: 'warning',
  });
  // It told the lines of the file before.
  rmSync(`${file}.map`, { force: true });
}
