/**
 * JavaScript and TypeScript, read without running it: what a module imports and exports. `lexer.ts`
 * reads ES modules; CommonJS has no syntax of its own, so that `require` and `exports` are looked
 * for in the text without its comments and strings.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { Place } from '../project.ts';
import { isInside } from '../template/code-folder.ts';
import { type ModuleSyntax, moduleSyntax } from './lexer.ts';

export interface Source {
  readonly file: string;
  readonly text: string;
  /** The text with blanks for comments, and for what is in strings. Offsets are the same. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly syntax: ModuleSyntax;
}

export interface Import {
  readonly specifier: string;
  readonly offset: number;
}

/** Larger files are bundles, which are not read. */
const MAX_BYTES = 256 * 1024;
/** In the order in which Lambda, then TypeScript tries them. */
export const JAVASCRIPT: readonly string[] = ['.js', '.mjs', '.cjs'];
export const TYPESCRIPT: readonly string[] = ['.ts', '.mts', '.cts', '.tsx', '.jsx'];

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A file's text; undefined if it is too large, or lies outside the folder, if only by a link. */
export function readInside(folder: string, file: string): string | undefined {
  if (!isInside(folder, file) || !isFile(file)) return undefined;
  if (!isInside(realpathSync(folder), realpathSync(file))) return undefined;
  return statSync(file).size > MAX_BYTES ? undefined : readFileSync(file, 'utf8');
}

/** The JSON object in a file; an empty one where there is none. */
export function readManifest(folder: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(readInside(folder, file) ?? '') as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function readSource(folder: string, file: string): Source | undefined {
  const text = readInside(folder, file);
  if (text === undefined) return undefined;
  const syntax = moduleSyntax(text);
  const { code, required } = blankStrings(text);
  const imports = [...syntax.imports, ...required].sort((one, other) => one.offset - other.offset);
  return { file, text, code, imports, syntax };
}

export function placeIn({ file, text }: Source, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|`(?:\\[\s\S]|[^`\\])*(?:`|$)|(["'])((?:\\.|(?!\1)[^\\\n])*)\1/g;

/** The text with blanks for comments and strings, and the strings that `require` is called with. */
function blankStrings(text: string): { code: string; required: Import[] } {
  const required: Import[] = [];
  const pieces: string[] = [];
  let before = '';
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quote, specifier] = match;
    const between = text.slice(end, match.index);
    before = (before + between).slice(-80);
    end = match.index + token.length;
    if (specifier !== undefined && /\brequire\s*\(\s*$/.test(before)) {
      required.push({ specifier, offset: match.index });
    }
    const inner = quote === undefined ? token : token.slice(1, -1);
    const blank = inner.replace(/[^\n]/g, ' ');
    const rest = quote === undefined ? blank : `${quote}${blank}${quote}`;
    before = (before + rest).slice(-80);
    pieces.push(between, rest);
  }
  return { code: [...pieces, text.slice(end)].join(''), required };
}

/** The file that a relative import means. */
export function resolveImport(from: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = resolve(dirname(from.file), specifier);
  const bare = path.replace(/\.[cm]?js$/, '');
  const all = [...TYPESCRIPT, ...JAVASCRIPT];
  const candidates = [
    path,
    ...all.map((extension) => bare + extension),
    ...all.map((extension) => path + extension),
    ...all.map((extension) => join(path, `index${extension}`)),
  ];
  return candidates.find(isFile);
}

/** A module and those it imports by path, itself first. */
export function withImports(folder: string, source: Source, most = 200): Source[] {
  const found = new Map([[source.file, source]]);
  for (const one of found.values()) {
    for (const { specifier } of one.imports) {
      const file = resolveImport(one, specifier);
      if (file === undefined || found.has(file) || found.size >= most) continue;
      const next = readSource(folder, file);
      if (next) found.set(file, next);
    }
  }
  return [...found.values()];
}

/** The names a module exports; `open` if there may be more. */
export function exportsOf({ code, syntax }: Source): { names: Set<string>; open: boolean } {
  const names = new Set(syntax.exports);
  for (const [, name = ''] of code.matchAll(EXPORTED)) names.add(name);
  const whole = wholeExport(code);
  for (const name of whole.names) names.add(name);
  return { names, open: syntax.isOpen || whole.open || MORE_EXPORTS.test(code) };
}

/** `exports.handler =`, with or without `module.` */
const EXPORTED = /(?:\bmodule\.|(?<![.\w$]))exports\.([\w$]+)\s*=(?!=)/g;
/** TypeScript's `export =`, what compilers write, and properties that no text names. */
const MORE_EXPORTS =
  /\bexport\s*=|\b(__exportStar|__export|__reExport)\s*\(|\b(defineProperty|defineProperties|assign)\s*\(\s*(module\.)?exports\b|\bexports\s*\[/;

/** `module.exports = { … }`; anything else behind it may have any members. */
function wholeExport(code: string): { names: string[]; open: boolean } {
  const names: string[] = [];
  for (const match of code.matchAll(/\bmodule\.exports\s*=(?!=)\s*/g)) {
    const body = braces(code, match.index + match[0].length);
    if (body === undefined || body.includes('...')) return { names, open: true };
    for (const item of topLevel(body)) {
      const name = /^\s*(?:async\s+)?(?:\*\s*)?([\w$]+)/.exec(item)?.[1];
      if (name !== undefined) names.push(name);
    }
  }
  return { names, open: false };
}

/** What stands between the brace at an offset and its counterpart. */
function braces(code: string, start: number): string | undefined {
  if (code[start] !== '{') return undefined;
  let depth = 0;
  for (let at = start; at < code.length; at++) {
    if ('{[('.includes(code[at] ?? '')) depth++;
    if ('}])'.includes(code[at] ?? '') && --depth === 0) return code.slice(start + 1, at);
  }
  return undefined;
}

function topLevel(body: string): string[] {
  const items = [''];
  let depth = 0;
  for (const character of body) {
    if ('{[('.includes(character)) depth++;
    if ('}])'.includes(character)) depth--;
    if (character === ',' && depth === 0) items.push('');
    else items.push((items.pop() ?? '') + character);
  }
  return items;
}

/** Whether a source is an ES module or CommonJS; undefined if it has the syntax of neither. */
export function moduleKind({ code, syntax }: Source): 'module' | 'commonjs' | undefined {
  if (syntax.isModule) return 'module';
  if (/\bmodule\.exports\b|(?<![.\w$])exports\.[\w$]+\s*=|\brequire\s*\(/.test(code)) {
    return 'commonjs';
  }
  return undefined;
}

/**
 * The format Node loads a file in: by its extension, else by the package.json above it, CommonJS
 * without any.
 */
export function nodeFormat(project: string, file: string): 'module' | 'commonjs' {
  const extension = extname(file);
  if (extension === '.mjs') return 'module';
  if (extension === '.cjs') return 'commonjs';
  for (let folder = dirname(file); isInside(project, folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (isFile(manifest)) {
      return readManifest(project, manifest)['type'] === 'module' ? 'module' : 'commonjs';
    }
    if (folder === dirname(folder)) break;
  }
  return 'commonjs';
}
