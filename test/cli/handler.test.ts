import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  handlerFile,
  isTypeScript,
  parseHandlerName,
  resolveHandler,
} from '../../src/cli/handler.ts';

describe('parseHandlerName', () => {
  it.each([
    ['app', 'app', 'handler'],
    ['app.mjs', 'app.mjs', 'handler'],
    ['src/app.ts:main', 'src/app.ts', 'main'],
    ['app:api.handler', 'app', 'api.handler'],
    ['a:b:c', 'a:b', 'c'],
    ['C:\\work\\app.mjs', 'C:\\work\\app.mjs', 'handler'],
    ['C:\\work\\app.mjs:main', 'C:\\work\\app.mjs', 'main'],
  ])('reads %s', (argument, module, exportName) => {
    expect(parseHandlerName(argument)).toEqual({ module, exportName });
  });
});

describe('handlerFile', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatecall-handler-'));
    for (const name of ['a.js', 'a.mjs', 'b.ts', 'b.cjs', 'c.d.cts', 'plain']) {
      writeFileSync(join(folder, name), '');
    }
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'folder.mjs'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['a', 'a.js'],
    ['a.mjs', 'a.mjs'],
    ['./b', 'b.cjs'],
    ['b.ts', 'b.ts'],
    ['c.d', 'c.d.cts'],
    ['plain', 'plain'],
    ['folder', 'folder.mjs'],
    ['folder/../a', 'a.js'],
  ])('finds %s as %s', (module, name) => {
    expect(handlerFile(module, folder)).toBe(join(folder, name));
  });

  it('takes an absolute path', () => {
    expect(handlerFile(join(folder, 'a'), '/')).toBe(join(folder, 'a.js'));
  });

  it.each([
    ['gone', /^there is no file gone, nor with [^;]*$/],
    ['gone.mjs', /^there is no file gone\.mjs, nor with [^;]*$/],
    ['../a', /^there is no file \.\.\/a, nor with [^;]*$/],
    ['a.handler', /behind a colon, a:handler$/],
  ])('does not find %s', (module, message) => {
    expect(() => handlerFile(module, folder)).toThrow(message);
  });
});

it.each([
  ['a.ts', true],
  ['a.mts', true],
  ['a.cts', true],
  ['a.js', false],
  ['ts', false],
  ['a.ts.mjs', false],
])('isTypeScript(%s) is %s', (file, expected) => {
  expect(isTypeScript(file)).toBe(expected);
});

describe('resolveHandler', () => {
  const one = async (): Promise<number> => 1;
  const find = (exports: object, exportName = 'handler'): unknown =>
    resolveHandler(exports, { module: 'app.mjs', exportName });

  it.each([
    ['an export', { handler: one }, 'handler'],
    ['one inside an object', { api: { v1: { get: one } } }, 'api.v1.get'],
    ['one of a default object', { default: { handler: one } }, 'handler'],
    ['one inside a default object', { default: { api: { get: one } } }, 'api.get'],
    ['the default itself', { default: one }, 'default'],
    ['the named one first', { default: { handler: (): number => 2 }, handler: one }, 'handler'],
  ])('finds %s', (_, exports, name) => {
    expect(find(exports, name)).toBe(one);
  });

  const streaming = Object.assign((_a: unknown, _b: unknown, _c: unknown) => {}, {
    [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response',
  });

  it.each([
    [{}, 'Runtime.HandlerNotFound', 'app.mjs does not export handler; its exports: none'],
    [
      { main: one, default: { other: one } },
      'Runtime.HandlerNotFound',
      'app.mjs does not export handler; its exports: other, main, default',
    ],
    [{ default: one }, 'Runtime.HandlerNotFound', /does not export handler/],
    [{ default: null }, 'Runtime.HandlerNotFound', /its exports: default$/],
    [
      { handler: { get: one } },
      'Runtime.HandlerNotFound',
      'handler of app.mjs is not a function; got object',
    ],
    [
      { handler: (_a: unknown, _b: unknown, _callback: unknown) => {} },
      'Runtime.CallbackHandlerDeprecated',
      /third parameter/,
    ],
    [{ handler: streaming }, 'Runtime.StreamingHandler', /streams its response/],
  ])('refuses %o', (exports, name, message) => {
    const refusal = (): unknown => find(exports);
    expect(refusal).toThrow(message);
    expect(refusal).toThrow(expect.objectContaining({ name }));
  });

  it('does not mind a third parameter that is not declared', () => {
    const handler = async (...all: unknown[]): Promise<number> => all.length;
    expect(find({ handler })).toBe(handler);
  });
});
