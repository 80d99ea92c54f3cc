import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches, circles, floors, imports } from './layers.ts';
import { exportsMap, list } from '../../scripts/exports.mjs';
import { root } from '../nodes.ts';

const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [`src/${path}`, readFileSync(join(root, 'src', path), 'utf8')]),
);

describe('the sources', () => {
  it('are found', () => {
    expect([...sources.keys()]).toContain('src/types.ts');
    expect(sources.size).toBeGreaterThan(10);
  });

  it('import only what their layer may', () => {
    expect(breaches(sources)).toEqual([]);
  });

  it('import nothing in a circle, nor do the tests and the benchmark', () => {
    const all = ['src', 'test', 'bench', 'examples'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
        .map(
          (path) => [`${folder}/${path}`, readFileSync(join(root, folder, path), 'utf8')] as const,
        ),
    );
    expect(all.length).toBeGreaterThan(sources.size);
    expect(circles(new Map(all))).toEqual([]);
  });

  it('are exported as scripts/exports.json lists them', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    // Otherwise: node scripts/exports.mjs
    expect(JSON.stringify(exports)).toBe(JSON.stringify(exportsMap()));
    for (const [subpath, { source }] of Object.entries(list)) {
      expect(source.replace(/^gateways\//, '')).toBe(subpath.slice(2) || 'index');
      expect([...sources.keys()]).toContain(`src/${source}.ts`);
    }
  });
});

describe('the checker', () => {
  const tree = new Map(
    [
      'types',
      'index',
      'base/bytes',
      'http/date',
      'core/call',
      'core/request/environ',
      'gateways/aws',
      'gateways/aws/alb',
      'gateways/node',
      'gateways/gcp',
      'gateways/fetch',
      'bridges/fetch',
      'bridges/fetch/headers',
      'bridges/fetch-light',
      'bridges/fetch-light/request',
      'bridges/node',
      'middleware',
      'middleware/cors',
      'middleware/mount',
      'middleware/static-files',
      'middleware/static-files/range',
      'middleware/static-files/send',
      'validator',
      'validator/body',
      'aws-model',
      'aws-model/alb',
      'testing',
      'testing/raw',
      'local/fronts',
      'local/fronts/alb',
      'cli',
      'cli/demo',
    ].map((name) => [`src/${name}.ts`, '']),
  );
  const judge = (file: string, text: string): string[] =>
    breaches(new Map([...tree, [file, text]]));

  it.each([
    ['types', './base/bytes.ts', 'types may not import base'],
    ['base/bytes', '../http/date.ts', 'base may not import http'],
    ['base/bytes', 'node:fs', 'base must run on any host'],
    ['http/date', '../core/call.ts', 'http may not import core'],
    ['core/call', '../gateways/aws.ts', 'core may not import gateways'],
    ['core/call', '../validator.ts', 'core may not import validator'],
    ['core/call', '../index.ts', 'that is for users'],
    ['core/call', 'left-pad', 'the package has no dependencies'],
    ['core/call', './gone.ts', 'there is no such file'],
    ['core/call', '../types.js', 'there is no such file'],
    ['index', './gateways/aws.ts', 'core may not import gateways'],
    ['gateways/aws', '../index.ts', 'that is for users'],
    ['gateways/aws', './node.ts', 'gateways/aws may not import gateways/node'],
    ['gateways/node', './aws/alb.ts', 'gateways/node may not import gateways/aws'],
    ['gateways/node', './gcp.ts', 'gateways/node may not import gateways/gcp'],
    ['gateways/aws/alb', '../../testing.ts', 'gateways may not import testing'],
    ['gateways/aws/alb', '../../bridges/node.ts', 'gateways may not import bridges'],
    ['gateways/aws/alb', 'node:http', 'loads undici'],
    ['gateways/aws/alb', 'express', 'the package has no dependencies'],
    ['gateways/fetch', 'node:fs', 'gateways must run on any host'],
    ['bridges/node', '../gateways/node.ts', 'bridges may not import gateways'],
    ['bridges/node', 'node:http', 'loads undici'],
    ['bridges/fetch', './fetch-light.ts', 'bridges/fetch may not import bridges/fetch-light'],
    ['middleware/mount', './cors.ts', 'middleware/mount may not import middleware/cors'],
    ['middleware/mount', './static-files/range.ts', 'may not import middleware/static-files'],
    ['middleware/static-files/send', '../cors.ts', 'may not import middleware/cors'],
    ['middleware/mount', 'node:fs', 'middleware must run on any host'],
    ['validator/body', '../cli.ts', 'validator may not import cli'],
    ['validator/body', '../middleware.ts', 'validator may not import middleware'],
    ['aws-model/alb', '../testing.ts', 'aws-model may not import testing'],
    ['testing/raw', '../local/fronts.ts', 'testing may not import local'],
    ['testing/raw', '../aws-model/alb.ts', 'behind the front of aws-model'],
    ['testing/raw', '../validator/body.ts', 'behind the front of validator'],
    ['testing/raw', 'node:buffer', 'testing must run on any host'],
    ['local/fronts', '../cli/demo.ts', 'local may not import cli'],
  ])('reports %s importing %s', (file, specifier, reason) => {
    expect(judge(`src/${file}.ts`, `import { x } from '${specifier}';`)).toEqual([
      expect.stringContaining(reason),
    ]);
  });

  it.each([
    ['base/bytes', '../types.ts'],
    ['core/call', './request/environ.ts'],
    ['core/request/environ', '../../http/date.ts'],
    ['index', './core/request/environ.ts'],
    ['gateways/aws', './aws/alb.ts'],
    ['gateways/aws/alb', '../../core/call.ts'],
    ['gateways/aws/alb', 'node:buffer'],
    ['gateways/gcp', './node.ts'],
    ['bridges/fetch-light/request', '../fetch/headers.ts'],
    ['middleware', './middleware/cors.ts'],
    ['middleware/static-files', './static-files/send.ts'],
    ['middleware/static-files/send', './range.ts'],
    ['middleware/static-files/send', '../../core/call.ts'],
    ['validator', './validator/body.ts'],
    ['testing/raw', '../validator.ts'],
    ['testing/raw', '../aws-model.ts'],
    ['local/fronts', '../aws-model/alb.ts'],
    ['local/fronts/alb', '../../gateways/aws.ts'],
    ['local/fronts', 'node:http'],
    ['local/fronts', 'yaml'],
    ['cli/demo', '../local/fronts/alb.ts'],
    ['cli', './cli/demo.ts'],
  ])('lets %s import %s', (file, specifier) => {
    expect(judge(`src/${file}.ts`, `import { x } from '${specifier}';`)).toEqual([]);
  });

  it('lets a gateway name the types of node:http, and nothing else of it', () => {
    const types = `import type { IncomingMessage } from 'node:http';`;
    expect(judge('src/gateways/node.ts', types)).toEqual([]);
    expect(judge('src/middleware/mount.ts', types)).toEqual([]);
    expect(
      judge('src/gateways/node.ts', `${types} import { createServer } from 'node:https';`),
    ).toEqual([expect.stringContaining('loads undici')]);
  });

  it('reports an index.ts below src/, a folder without its front file, a file without a layer', () => {
    expect(judge('src/gateways/aws/index.ts', '')).toEqual([
      expect.stringContaining('no index.ts below src/'),
    ]);
    expect(judge('src/gateways/bun/event.ts', '')).toEqual([
      expect.stringContaining('no src/gateways/bun.ts in front'),
    ]);
    expect(judge('src/validator/body/deep.ts', '')).toEqual([]);
    expect(judge('src/core/request/deep/x.ts', '')).toEqual([]);
    expect(judge('src/call.ts', '')).toEqual([expect.stringContaining('no layer call')]);
    expect(judge('src/util/x.ts', '')).toEqual([expect.stringContaining('no layer util')]);
  });

  it('and the linter say the same of every pair of layers', () => {
    const text = readFileSync(join(root, '.oxlintrc.json'), 'utf8').replaceAll(/^ *\/\/.*/gm, '');
    const { overrides } = JSON.parse(text) as {
      overrides: { files: string[]; rules: Record<string, unknown> }[];
    };
    const patterns = (layer: string): RegExp[] => {
      const override = overrides.findLast(
        ({ files, rules }) =>
          'no-restricted-imports' in rules &&
          files.some((file) => file === `src/${layer}.ts` || file === `src/${layer}/**`),
      );
      const rule = override?.rules['no-restricted-imports'] as
        | [string, { patterns: { regex: string }[] }]
        | undefined;
      return (rule?.[1].patterns ?? []).map(({ regex }) => new RegExp(regex));
    };
    for (const [level, floor] of floors.entries()) {
      for (const layer of floor) {
        const beside = floor.filter((other) => other !== layer);
        for (const other of [...beside, ...floors.slice(level + 1).flat()]) {
          const refused = patterns(layer).some((pattern) => pattern.test(`../../${other}/x.ts`));
          expect(refused, `the linter on ${layer} importing ${other}`).toBe(true);
        }
        for (const other of floors.slice(0, level).flat()) {
          const refused = patterns(layer).some((pattern) => pattern.test(`../${other}.ts`));
          expect(refused, `the linter on ${layer} importing ${other}`).toBe(false);
        }
      }
    }
  });

  it('finds a circle, of types too', () => {
    const files = new Map([
      ['src/a.ts', `import { b } from './b.ts';`],
      ['src/b.ts', `import { c } from './c/c.ts';`],
      ['src/c/c.ts', `import type { A } from '../a.ts';`],
      ['src/d.ts', `import './a.ts'; import './e.ts';`],
      ['src/e.ts', ''],
    ]);
    expect(circles(files)).toEqual(['src/a.ts ⇄ src/b.ts ⇄ src/c/c.ts']);
    files.set('src/b.ts', '');
    expect(circles(files)).toEqual([]);
  });

  it('sees every way to import, and no comment or other string', () => {
    const text = `
      import a from './a.ts';
      import type { B,
        C } from "./b.ts"; // import x from './no.ts'
      export * from './c.ts'; /* import './no.ts' */
      import './d.ts';
      const accept = '*/*', later = await import(/* lazily */ './e.ts'), old = require('./f.ts');
      const help = "import { x } from './no.ts'", more = \`import './no.ts'\`;
      Buffer.from('./no.ts');`;
    expect(imports(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts']);
    const loaded = ['./a.ts', './c.ts', './d.ts', './e.ts', './f.ts'];
    expect(imports(text, { types: false })).toEqual(loaded);
  });
});
