import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches, imports } from './layers.ts';
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

  it('are exported one file a subpath', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    for (const [subpath, target] of Object.entries(exports)) {
      if (subpath === './package.json') continue;
      const name = subpath === '.' ? 'index' : subpath.slice(2);
      const file = [`gateways/${name}`, name].find((it) => existsSync(join(root, `src/${it}.ts`)));
      expect(file, `a source file for ${subpath}`).toBeDefined();
      expect(target).toEqual({
        import: {
          types: `./dist/esm/${file}.d.ts`,
          module: `./dist/esm/${file}.js`,
          default: `./dist/joined/${file}.js`,
        },
        require: {
          types: `./dist/cjs/${file}.d.ts`,
          module: `./dist/esm/${file}.js`,
          default: `./dist/cjs/${file}.js`,
        },
      });
    }
  });
});

describe('the checker', () => {
  const tree = new Map([
    ['src/types.ts', ''],
    ['src/call.ts', ''],
    ['src/index.ts', ''],
    ['src/validator.ts', ''],
    ['src/validator/body.ts', ''],
    ['src/testing.ts', ''],
    ['src/testing/http.ts', ''],
    ['src/gateways/aws.ts', ''],
    ['src/gateways/aws/alb.ts', ''],
    ['src/gateways/node.ts', ''],
    ['src/gateways/fetch.ts', ''],
    ['src/bridges/node.ts', ''],
    ['src/middleware.ts', ''],
    ['src/middleware/cors.ts', ''],
    ['src/middleware/mount.ts', ''],
    ['src/middleware/static-files.ts', ''],
    ['src/middleware/static-files/range.ts', ''],
    ['src/middleware/static-files/send.ts', ''],
    ['src/local/server.ts', ''],
    ['src/cli.ts', ''],
    ['src/cli/demo.ts', ''],
  ]);
  const judge = (file: string, text: string): string[] =>
    breaches(new Map([...tree, [file, text]]));

  it.each([
    ['src/types.ts', './call.ts', 'types may not import core'],
    ['src/call.ts', './gateways/aws.ts', 'core may not import gateways'],
    ['src/call.ts', './testing.ts', 'core may not import testing'],
    ['src/call.ts', './validator/body.ts', 'inside the folder of validator'],
    ['src/call.ts', 'node:fs', 'not allowed in core'],
    ['src/call.ts', 'left-pad', 'not allowed in core'],
    ['src/call.ts', './gone.ts', 'there is no src/gone.ts'],
    ['src/call.ts', './types.js', 'there is no src/types.js'],
    ['src/validator/body.ts', '../cli.ts', 'core may not import cli'],
    ['src/testing/http.ts', '../gateways/aws.ts', 'testing may not import gateways'],
    ['src/testing/http.ts', 'node:buffer', 'not allowed in testing'],
    ['src/gateways/aws.ts', './node.ts', 'gateways may not import gateways'],
    ['src/gateways/node.ts', './aws/alb.ts', 'gateways may not import gateways'],
    ['src/gateways/aws/alb.ts', '../../testing.ts', 'gateways may not import testing'],
    ['src/gateways/aws/alb.ts', 'node:http', 'loads undici'],
    ['src/gateways/aws/alb.ts', 'express', 'not allowed in gateways'],
    ['src/gateways/fetch.ts', 'node:fs', 'not allowed in gateways'],
    ['src/bridges/node.ts', '../gateways/node.ts', 'bridges may not import gateways'],
    ['src/middleware/mount.ts', './cors.ts', 'middleware may not import middleware'],
    ['src/middleware/mount.ts', './static-files/range.ts', 'middleware may not import middleware'],
    ['src/middleware/static-files/send.ts', '../cors.ts', 'middleware may not import middleware'],
    ['src/local/server.ts', '../cli/demo.ts', 'local may not import cli'],
  ])('reports %s importing %s', (file, specifier, reason) => {
    expect(judge(file, `import { x } from '${specifier}';`)).toEqual([
      expect.stringContaining(reason),
    ]);
  });

  it.each([
    ['src/call.ts', './types.ts'],
    ['src/index.ts', './validator.ts'],
    ['src/validator.ts', './validator/body.ts'],
    ['src/testing.ts', './testing/http.ts'],
    ['src/gateways/aws.ts', './aws/alb.ts'],
    ['src/gateways/aws/alb.ts', '../../call.ts'],
    ['src/gateways/aws/alb.ts', 'node:buffer'],
    ['src/middleware.ts', './middleware/cors.ts'],
    ['src/middleware/static-files.ts', './static-files/send.ts'],
    ['src/middleware/static-files/send.ts', './range.ts'],
    ['src/middleware/static-files/send.ts', '../../call.ts'],
    ['src/local/server.ts', '../gateways/aws.ts'],
    ['src/cli/demo.ts', '../gateways/aws.ts'],
    ['src/cli.ts', './cli/demo.ts'],
  ])('lets %s import %s', (file, specifier) => {
    expect(judge(file, `import { x } from '${specifier}';`)).toEqual([]);
  });

  it('lets a gateway name the types of node:http, and nothing else of it', () => {
    const types = `import type { IncomingMessage } from 'node:http';`;
    expect(judge('src/gateways/node.ts', types)).toEqual([]);
    expect(
      judge('src/gateways/node.ts', `${types} import { createServer } from 'node:http';`),
    ).toEqual([expect.stringContaining('loads undici')]);
  });

  it('reports an index.ts below src/ and a folder without its front file', () => {
    expect(judge('src/gateways/aws/index.ts', '')).toEqual([
      expect.stringContaining('no index.ts below src/'),
    ]);
    expect(judge('src/gateways/gcp/event.ts', '')).toEqual([
      expect.stringContaining('no src/gateways/gcp.ts in front'),
    ]);
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
