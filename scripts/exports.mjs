/**
 * Writes `exports` of package.json from the list in exports.json: node scripts/exports.mjs
 *
 * `node` says what Node loads (decisions/012-one-file-an-export.md): `alone`, one file with all of
 * it; `pair`, a file beside one that both bridges of fetch share; `shared`, a file beside the
 * others' common one; `tests`, CommonJS and an ES wrapper around it.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const here = (path) => new URL(path, import.meta.url);

/** @type {Record<string, { source: string, node: 'alone' | 'pair' | 'shared' | 'tests' }>} */
export const list = JSON.parse(readFileSync(here('exports.json'), 'utf8'));

export function exportsMap() {
  const entries = Object.entries(list).map(([subpath, { source, node }]) => {
    // What a bundler takes instead: the small files, of which it leaves out what is not used.
    const module = node === 'tests' ? {} : { module: `./dist/esm/${source}.js` };
    const condition = (types, code) => ({
      types: `./dist/types/${source}.${types}`,
      ...module,
      default: `./dist/bundled/${source}.${code}`,
    });
    return [subpath, { import: condition('d.mts', 'js'), require: condition('d.ts', 'cjs') }];
  });
  return { ...Object.fromEntries(entries), './package.json': './package.json' };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const manifest = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  manifest.exports = exportsMap();
  writeFileSync(here('../package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
