import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { handlerKind } from '../../../src/local/check/handler-kind.ts';
import {
  exportsOf,
  moduleKind,
  placeIn,
  readSource,
  type Source,
} from '../../../src/local/check/source.ts';
import { expectLinear } from '../../growth.ts';
import { temporaryProject } from '../temporary-project.ts';

function source(text: string, name = 'app.mjs'): Source {
  const folder = temporaryProject({ [name]: text });
  const found = readSource(folder, join(folder, name));
  if (!found) throw new Error('unread');
  return found;
}

const specifiers = (text: string): string[] =>
  source(text).imports.map(({ specifier }) => specifier);

describe('imports', () => {
  it.each<[string, string[]]>([
    [`import a, { b } from 'one'; export * from "two"; import 'three';`, ['one', 'two', 'three']],
    [`const a = require('one'), b = await import('two');`, ['one', 'two']],
    ["const a = `import b from 'c' ${d(`'`)}`; import e from 'f';", ['f']],
    [`const quote = /'/; import a from 'one';`, ['one']],
    [`// import a from 'b'\n/* require('c') */ import d from 'e';`, ['e']],
    [`const text = "import a from 'b'";`, []],
    [`import type { A } from 'types'; import { type B, c } from 'values';`, ['values']],
    [`import(\`computed\${name}\`);`, []],
  ])('of %j are %j', (text, expected) => {
    expect(specifiers(text)).toEqual(expected);
  });

  it('have the place of their quotes', () => {
    const one = source(`import a from 'one';\nconst b = import("two"),\n  c = require('three');`);
    const places = one.imports.map(({ offset }) => placeIn(one, offset));
    expect(places.map(({ line, column }) => [line, column])).toEqual([
      [1, 15],
      [2, 18],
      [3, 15],
    ]);
  });
});

describe('exports', () => {
  it.each<[string, string[], boolean]>([
    [
      'export const a = 1, b = 2, { c, d: e } = f; export async function* g() {}',
      'abceg'.split(''),
      false,
    ],
    ['const a = 1; export { a as handler, b as default };', ['handler', 'default'], false],
    [`export * from './other.mjs';`, [], true],
    [`export * as ns from './other.mjs';`, ['ns'], false],
    ['exports.a = 1; module.exports.b = 2; x.exports.c = 3;', ['a', 'b'], false],
    ['module.exports = { a, async b() {}, *c() {} };', ['a', 'b', 'c'], false],
    ['module.exports = make();', [], true],
    ['const text = "export const a = 1";', [], false],
  ])('of %j are %j, open: %j', (text, names, open) => {
    const found = exportsOf(source(text));
    expect([[...found.names], found.open]).toEqual([names, open]);
  });

  it('of what no ES module can be may be any', () => {
    expect(exportsOf(source(`import fs = require('fs'); export = fs;`, 'app.ts')).open).toBe(true);
  });
});

it.each([
  [`import a from 'a';`, 'module'],
  ['console.log(import.meta.url);', 'module'],
  [`const a = require('a'); exports.b = () => import('c');`, 'commonjs'],
  [`const text = \`\nimport a from 'b'\n\`;`, undefined],
] as const)('%j is written as %j', (text, kind) => {
  expect(moduleKind(source(text))).toBe(kind);
});

it.each(['\n', ' ', 'a', ',', '"', "'", '`', '%', '/', 'a ', '/*', '{', 'import ', '\\'])(
  'reads many %j in time in proportion to their number',
  (piece) => {
    expectLinear((size) => {
      const one = source(piece.repeat(size));
      exportsOf(one);
      moduleKind(one);
      handlerKind(one, 'handler');
    }, 4000);
  },
);
