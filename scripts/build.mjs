/**
 * Makes `dist/` of what the compiler wrote to `.build/`: node scripts/build.mjs
 *
 * dist/esm/ the library as small ES modules, which bundlers take dist/bundled/ what Node loads: few
 * files for each export, as ES modules and as CommonJS dist/types/ the declarations, once:
 * CommonJS's, with a line for ES modules beside each export's dist/command/ the command
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix, relative, resolve } from 'node:path';
import { transform } from 'esbuild';
import { rolldown } from 'rolldown';
import { list } from './exports.mjs';
import { notice } from './notice.mjs';

const COMPILED = '.build/';
const sources = (...kinds) =>
  Object.values(list)
    .filter(({ node }) => kinds.includes(node))
    .map(({ source }) => source);
const entries = (names) =>
  Object.fromEntries(names.map((name) => [name, resolve(COMPILED, `${name}.js`)]));

// Names of functions and classes stay, so that a stack trace can be read without a map.
const keepNames = { function: true, class: true };
const minify = {
  compress: { keepNames },
  mangle: { toplevel: true, keepNames },
  codegen: { removeWhitespace: true },
};

/** Bundles, writes, and gives back the modules that went in. */
async function bundle(input, dir, format, options = {}, treeshake = true) {
  const build = await rolldown({
    input,
    external: [/^node:/, 'esbuild'],
    // Neither Node's conditions nor its globals: some exports run elsewhere, too.
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    preserveEntrySignatures: 'strict',
    treeshake,
    logLevel: 'warn',
    checks: { ineffectiveDynamicImport: false },
  });
  const extension = format === 'cjs' ? 'cjs' : 'js';
  const { output } = await build.write({
    dir,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name].${extension}`,
    exports: 'named',
    minify,
    minifyInternalExports: false,
    comments: { legal: false, annotation: true, jsdoc: false },
    ...options,
  });
  await build.close();
  return output.flatMap(({ modules }) => Object.keys(modules ?? {}));
}

await bundle(
  entries(sources('alone', 'pair', 'shared')),
  'dist/esm',
  'esm',
  { preserveModules: true, preserveModulesRoot: resolve(COMPILED) },
  // As "sideEffects" of package.json says it: no file is imported for nothing but its side effects.
  { moduleSideEffects: (id) => id.endsWith('/bridges/fetch-light.js') },
);

const layer = (pattern) => (id) => pattern.test(relative(resolve(COMPILED), id));
const pair = {
  codeSplitting: { groups: [{ name: 'bridges/fetch-base', test: layer(/^(?!.*fetch-light)/) }] },
};
const common = {
  codeSplitting: { groups: [{ name: 'core', test: layer(/^(types|base|http|core)\b/) }] },
};
for (const format of ['esm', 'cjs']) {
  for (const name of sources('alone')) await bundle(entries([name]), 'dist/bundled', format);
  // The light bridge is the other one with more, so that both share one file.
  await bundle(entries(sources('pair')), 'dist/bundled', format, pair);
  // The names of CommonJS's second copy are short, for the sake of the package's size.
  const short = format === 'cjs' ? { minify: true } : {};
  await bundle(entries(sources('shared')), 'dist/bundled', format, { ...common, ...short });
}
// No deployed function starts with these, so they share one copy of all they need.
await bundle(entries(sources('tests')), 'dist/bundled', 'cjs', {
  minify: true,
  codeSplitting: {
    groups: [{ name: 'tests', test: layer(/^(types|base|http|core|validator)\b/) }],
  },
});
for (const name of sources('tests')) {
  const names = Object.keys(await import(resolve(COMPILED, `${name}.js`)));
  const code = `import all from './${posix.basename(name)}.cjs';\nexport const {\n  ${names.join(',\n  ')},\n} = all;\n`;
  writeFileSync(`dist/bundled/${name}.js`, code);
}

// What the command starts by path lies beside it (src/local/started-file.ts).
const bundled = await bundle(
  {
    ...entries(['cli']),
    ...Object.fromEntries(
      [
        'cli/runtime',
        'cli/typescript-hook',
        'local/functions/client',
        'local/functions/preload',
      ].map((name) => [posix.basename(name), resolve(COMPILED, `${name}.js`)]),
    ),
  },
  'dist/command',
  'esm',
  // Nothing of a user's stands between its frames.
  { minify: true },
);
// The page is written for the browser as it lies there; only its blanks and comments go. Its
// tsconfig.json is the editor's.
mkdirSync('dist/command/page');
for (const name of readdirSync('src/local/inspector/page')) {
  const text = readFileSync(join('src/local/inspector/page', name), 'utf8');
  const loader = extname(name).slice(1);
  if (loader === 'json') continue;
  const written = ['js', 'css'].includes(loader)
    ? (await transform(text, { loader, minifyWhitespace: true, minifySyntax: true })).code
    : text;
  writeFileSync(join('dist/command/page', name), written);
}

// Only what the exports' declarations name.
const wanted = new Set();
const declarations = Object.values(list).map(({ source }) => `${source}.d.ts`);
for (let file = declarations.pop(); file !== undefined; file = declarations.pop()) {
  if (wanted.has(file)) continue;
  wanted.add(file);
  const text = readFileSync(join('dist/types', file), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
  for (const [, name] of text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*["'](\.[^"']+)["']/gm)) {
    const path = posix.join(posix.dirname(file), name.replace(/\.[jt]s$/, '.d.ts'));
    if (!path.startsWith('..')) declarations.push(path);
  }
}
for (const entry of readdirSync('dist/types', { recursive: true, withFileTypes: true })) {
  const file = relative('dist/types', join(entry.parentPath, entry.name));
  if (!entry.isFile()) continue;
  if (!wanted.has(file)) {
    rmSync(join('dist/types', file));
    continue;
  }
  const text = readFileSync(join('dist/types', file), 'utf8');
  const indented = text.replaceAll(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4));
  writeFileSync(join('dist/types', file), indented);
}
// The table's texts, whose types nothing asks for, are an eighth of all declarations.
const rules = 'dist/types/validator/rules.d.ts';
const texts = /^\treadonly (?:party|section|sentence|remedy): (?:'.*'|".*");\n/gm;
writeFileSync(rules, readFileSync(rules, 'utf8').replaceAll(texts, ''));
writeFileSync('dist/types/package.json', '{"type":"commonjs"}\n');
for (const { source } of Object.values(list)) {
  const file = `dist/types/${source}.d.mts`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `export * from './${posix.basename(source)}.js';\n`);
}

writeFileSync('NOTICE', notice(bundled));
