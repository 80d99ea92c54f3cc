/** Bundles TypeScript handlers in memory, as `sam build` does into a file. */
import { createRequire, register } from 'node:module';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Esbuild from 'esbuild';
import { UsageError } from './command.ts';
import { RuntimeError } from '../local/functions/handler.ts';
import { startedFile } from '../local/started-file.ts';
import type { Replacement } from './typescript-hook.ts';

/**
 * The ES module of a TypeScript file: what it imports by path is inside, packages stay outside, and
 * its source map lets stack traces name the TypeScript lines.
 *
 * @throws {UsageError} when esbuild is not installed
 * @throws {RuntimeError} when the file cannot be bundled
 */
export async function bundle(file: string): Promise<string> {
  const { build } = findEsbuild(file);
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: `node${process.versions.node}`,
      sourcemap: 'inline',
      // The file is never written; the paths of the source map are relative to it.
      outfile: `${file}.mjs`,
      write: false,
      logLevel: 'silent',
      // CommonJS code in the bundle needs `require`.
      banner: {
        js: `import { createRequire as __gatecallRequire } from 'node:module'; const require = __gatecallRequire(import.meta.url);`,
      },
      define: { __filename: JSON.stringify(file), __dirname: JSON.stringify(dirname(file)) },
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    throw new RuntimeError('UserCodeSyntaxError', (error as Error).message);
  }
}

/** Makes imports of `url` run `source`. */
export function replaceSource(url: string, source: string): void {
  register(pathToFileURL(startedFile('typescript-hook.js')), {
    data: { url, source } satisfies Replacement,
  });
}

/** The project's esbuild, else one that is installed beside gatecall. */
function findEsbuild(file: string): typeof Esbuild {
  for (const from of [file, import.meta.url]) {
    try {
      const esbuild = createRequire(from)('esbuild') as typeof Esbuild;
      if ('context' in esbuild) return esbuild;
      throw new UsageError(
        `${basename(file)} is TypeScript, and the project's esbuild is too old to bundle it here: npm install --save-dev esbuild@latest`,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new UsageError(
    `${basename(file)} is TypeScript, and esbuild, which bundles it, is not installed: npm install --save-dev esbuild, or invoke the JavaScript it is built to`,
  );
}
