/**
 * ES modules. The one file that knows the package `es-module-lexer`, which the build bundles into
 * it.
 */
import { initSync, parse } from 'es-module-lexer';

export interface ModuleSyntax {
  /** What it imports by `import`, `export … from` and `import()`, but for types. */
  readonly imports: readonly { readonly specifier: string; readonly offset: number }[];
  readonly exports: readonly string[];
  /** `export * from`, so that it may export more. */
  readonly isOpen: boolean;
  /** An `import`, `export` or `import.meta` makes it one; `import()` alone does not. */
  readonly isModule: boolean;
}

/** What a text that cannot be read holds, such as TypeScript's `import a = require('a')`. */
const UNREADABLE: ModuleSyntax = { imports: [], exports: [], isOpen: true, isModule: false };

/** The module syntax of JavaScript or TypeScript; a CommonJS module has none but `import()`. */
export function moduleSyntax(text: string): ModuleSyntax {
  initSync();
  try {
    const [imports, exports, , isModule] = parse(text);
    const statements = imports.map(({ ss, se }) => text.slice(ss, se));
    return {
      imports: imports.flatMap(({ n: specifier, s, d }, at) => {
        const isType = /^import\s+type\s/.test(statements[at] ?? '');
        // `s` of a static import is behind the quote, of a dynamic one before it.
        const offset = d < 0 ? s - 1 : s;
        return specifier === undefined || isType ? [] : [{ specifier, offset }];
      }),
      exports: exports.map(({ n }) => n),
      isOpen: statements.some((statement) => /^export\s*\*\s*from\b/.test(statement)),
      isModule,
    };
  } catch {
    return UNREADABLE;
  }
}
