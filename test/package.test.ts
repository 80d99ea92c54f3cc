/** What a user gets: the built package, by its name, as both kinds of module, on every Node at hand. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodes, requireDist, root, runScript, type ModuleKind } from './nodes.ts';

/** The public names. A change here is a change for users: CHANGELOG.md wants a line. */
const publicNames: Record<string, string[]> = {
  gatecall: [
    'ClientDisconnected',
    'ContentTooLarge',
    'ContractError',
    'DeadlineExceeded',
    'addVary',
    'applicationUri',
    'bufferedInput',
    'closing',
    'copyEnviron',
    'decodeNative',
    'encodeNative',
    'fileWrapper',
    'findHeader',
    'fromClass',
    'html',
    'json',
    'latin1Bytes',
    'lazy',
    'mapHead',
    'omitHeader',
    'percentDecode',
    'recover',
    'requestUri',
    'setHeader',
    'shiftPathInfo',
    'streamedInput',
    'text',
    'toRequest',
    'wrapResponse',
  ],
  'gatecall/gateway': [
    'BufferedResponse',
    'LightAbortController',
    'abortReason',
    'acceptsGatewayRequest',
    'bufferedInput',
    'callApplication',
    'createEnviron',
    'createGatewayRequest',
    'errorStream',
    'requestTarget',
    'sendErrorPage',
    'streamedInput',
  ],
  'gatecall/aws': ['onShutdown', 'toLambdaHandler', 'toStreamingLambdaHandler'],
  'gatecall/middleware': [
    'accessLog',
    'basicAuth',
    'bodyLimit',
    'compose',
    'compress',
    'conditionalGet',
    'contentLength',
    'cors',
    'errorPage',
    'etag',
    'head',
    'httpsOnly',
    'methodOverride',
    'mount',
    'proxyFix',
    'requestId',
    'safeEqual',
    'securityHeaders',
    'serverTiming',
    'staticFiles',
    'timeout',
    'trustedHosts',
  ],
  'gatecall/bridges/fetch': ['fromFetchHandler'],
  'gatecall/bridges/fetch-light': ['fromFetchHandler'],
  'gatecall/fetch': ['platforms', 'toFetchHandler'],
  'gatecall/gcp': ['toCloudEventFunction', 'toCloudFunction'],
  'gatecall/node': ['serve', 'toNodeListener'],
  'gatecall/bridges/node': ['environOf', 'fromNodeListener'],
  'gatecall/testing': [
    'authorizerEvent',
    'conformanceCases',
    'exampleRequest',
    'formatReport',
    'header',
    'headerLines',
    'lambdaAnswer',
    'lambdaEvent',
    'lambdaFailure',
    'lambdaResponse',
    'lambdaSources',
    'lambdaStreamHead',
    'limits',
    'notHttpEvents',
    'notYet',
    'runCase',
    'runConformance',
    'testRequest',
    'textBytes',
    'textOf',
  ],
  'gatecall/validator': ['ApplicationError', 'ContractError', 'ServerError', 'validator'],
};

interface Condition {
  types: string;
  module: string;
  default: string;
}
interface Manifest {
  exports: Record<string, string | { import: Condition; require: Condition }>;
  dependencies?: object;
  peerDependencies?: object;
  optionalDependencies?: object;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const modules = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ name: subpath.replace('.', 'gatecall'), ...target }],
);

beforeAll(requireDist);

describe('package.json', () => {
  it('has no dependency at run time', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.optionalDependencies ?? {}).toEqual({});
    // esbuild only for `gatecall invoke` on TypeScript, and only if it is there.
    expect(Object.keys(manifest.peerDependencies ?? {})).toEqual(['esbuild']);
  });

  it('exports the modules listed here', () => {
    expect(modules.map((module) => module.name).sort()).toEqual(Object.keys(publicNames).sort());
  });

  it('packs code and types of every export for both conditions', () => {
    const packed = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as [{ files: { path: string }[] }];
    const files = packed[0].files.map((file) => `./${file.path}`);
    for (const module of modules) {
      for (const { types, module: small, default: code } of [module.import, module.require]) {
        expect(files).toContain(types);
        expect(files).toContain(small);
        expect(files).toContain(code);
      }
    }
    expect(files).toContain('./dist/cjs/package.json');
    expect(files).toContain('./dist/esm/local/inspector/page/index.html');
    expect(files.filter((file) => /^\.\/(test|examples|bench|\.ci)\//.test(file))).toEqual([]);
  });

  it.each([
    'package-lock.json',
    'test/runtimes/package-lock.json',
    'test/browser/package-lock.json',
    'test/fetch-apps/package-lock.json',
    'test/frameworks/package-lock.json',
  ])('%s names no host', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toContain('"resolved"');
  });
  it.each(['package-lock.json', 'test/runtimes/package-lock.json', 'test/gcp/package-lock.json'])(
    '%s names no host',
    (file) => {
      expect(readFileSync(join(root, file), 'utf8')).not.toContain('"resolved"');
    },
  );

  it('locks the optional packages of every platform, without which npm ci refuses', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const locked = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ''));
    const wanted = Object.values(packages).flatMap((one) =>
      Object.keys(one.optionalDependencies ?? {}),
    );
    expect(wanted).not.toEqual([]);
    expect(wanted.filter((name) => !locked.includes(name))).toEqual([]);
  });
});

describe('what Node loads', () => {
  const files = modules.flatMap((module) => [module.import.default, module.require.default]);

  it.each(files)('%s is one file', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const asked = [
      ...text.matchAll(/(?:^(?:import|export)\b.*|\b(?:import|require)\()\s*(["'])(.*?)\1/gm),
    ];
    expect(asked.map(([, , name]) => name).filter((name) => !name?.startsWith('node:'))).toEqual(
      [],
    );
  });

  it.each(files)('%s has a map to sources that are packed', (file) => {
    const map = JSON.parse(readFileSync(join(root, `${file}.map`), 'utf8')) as {
      sources: string[];
    };
    const sources = map.sources.map((source) => relative(root, join(root, dirname(file), source)));
    expect(sources.filter((source) => !/^src\/.*\.ts$/.test(source))).toEqual([]);
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(existsSync(join(root, source)), source).toBe(true);
  });

  // A bundler takes the small files, of which it can leave out what is not used, and of none of which there are two.
  it('is not what a bundler takes', async () => {
    const { metafile } = await build({
      stdin: {
        contents: `
          import { DeadlineExceeded } from 'gatecall';
          import { toLambdaHandler } from 'gatecall/aws';
          export const { fromNodeListener } = require('gatecall/bridges/node');
          export default [DeadlineExceeded, toLambdaHandler];`,
        resolveDir: root,
      },
      tsconfigRaw: {},
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const taken = Object.keys(metafile.inputs);
    expect(taken).toContain('dist/esm/errors.js');
    expect(taken.filter((file) => !/^(dist\/esm\/|<stdin>)/.test(file))).toEqual([]);
  });
});

describe('the YAML reader', () => {
  it('is bundled with its licence', () => {
    const text = readFileSync(join(root, 'dist/esm/local/template/yaml.js'), 'utf8');
    expect(text).toMatch(/yaml \d+\.\d+\.\d+ is bundled here/);
    expect(text).toContain('Copyright Eemeli Aro');
    expect(text).toContain('THE SOFTWARE IS PROVIDED "AS IS"');
  });

  it('is imported by no other file of the package', () => {
    const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
    const naming = files
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .filter((file) =>
        /(from|import|require)\s*\(?\s*["']yaml["']/.test(
          readFileSync(join(root, 'dist', file), 'utf8'),
        ),
      );
    expect(naming).toEqual([]);
  });
});

/** The package as npm would install it: nothing around it from which it could borrow a module. */
describe.each(nodes)('installed alone, on Node $version', (node) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatecall-package-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const own = join(folder, 'node_modules/gatecall');

  it('checks a template by the command', () => {
    mkdirSync(own, { recursive: true });
    cpSync(join(root, 'dist'), join(own, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(own, 'package.json'));
    writeFileSync(
      join(folder, 'template.yaml'),
      'Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: { Handler: app.handler, Runtime: nodejs24.x }\n',
    );
    writeFileSync(join(folder, 'app.mjs'), 'export const handler = async () => 1;');
    const checked = execFileSync(node.path, [join(own, 'dist/esm/cli.js'), 'check'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(checked).toBe('template.yaml: 1 function, 0 fronts: 0 errors, 0 warnings\n');
  });
});

describe.each(nodes)('on Node $version', (node) => {
  const names = JSON.stringify(modules.map((module) => module.name));
  const load = {
    module: 'await import(name)',
    commonjs: 'require(name)',
  };

  // Lambda starts its Node runtimes with --no-experimental-require-module.
  // Each export has copies of its own, and an application may be CommonJS behind a gateway of ES modules.
  it.each<ModuleKind>(['module', 'commonjs'])('knows errors across exports (%s)', async (kind) => {
    const script = `
      void import('node:module').then(async ({ createRequire }) => {
        const require = createRequire(process.cwd() + '/x.js');
        const [one, other] = ${kind === 'module'} ? [(name) => import(name), require] : [require, (name) => import(name)];
        const { ClientDisconnected, ContentTooLarge, ContractError, DeadlineExceeded } = await one('gatecall');
        const { toLambdaHandler } = await other('gatecall/aws');
        const { bodyLimit } = await other('gatecall/middleware');
        const { lambdaEvent } = await one('gatecall/testing');
        const logged = [];
        const ask = async (application) => {
          const handler = toLambdaHandler(application, { log: (text) => logged.push(text) });
          return (await handler(lambdaEvent('http-api-2'), {})).statusCode;
        };
        const throwing = (error) => () => { throw error; };
        let broken;
        const statuses = [
          await ask(bodyLimit(throwing(new ContentTooLarge('1 MB')), { bytes: 9 })),
          // A client that has gone is nobody's fault, so nothing is logged.
          await ask(throwing(new ClientDisconnected())),
          await ask((environ, startResponse) => {
            try { startResponse('OK', []); } catch (error) { broken = error; }
            startResponse('204 No Content', [], broken);
            return [];
          }),
        ];
        const kinds = [TypeError, ContractError, DeadlineExceeded].map((type) => broken instanceof type);
        console.log(JSON.stringify({ statuses, logged, kinds }));
      });`;
    expect(await runScript(node, kind, script)).toEqual({
      statuses: [413, 500, 204],
      logged: [],
      kinds: [true, true, false],
    });
  });

  describe.each(['', '--no-experimental-require-module'])('started with "%s"', (flag) => {
    it.each<ModuleKind>(['module', 'commonjs'])('gives the public names (%s)', async (kind) => {
      const script = `
        const seen = {};
        for (const name of ${names}) seen[name] = Object.keys(${load[kind]}).sort();
        console.log(JSON.stringify(seen));`;
      expect(await runScript(node, kind, script, flag === '' ? [] : [flag])).toEqual(publicNames);
    });
  });
});

// The aim is 16 KB minified (decisions/007-bundle-size.md says what is in the way); until then no step back.
it('bundles into at most 38.5 KB for a Lambda function, 14.6 KB compressed', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { toLambdaHandler } from 'gatecall/aws';
        export const handler = toLambdaHandler((environ, startResponse) => {
          startResponse('200 OK', []);
          return [];
        });`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    tsconfigRaw: {}, // ours would lead it to the sources
  });
  const [file] = outputFiles;
  if (!file || outputFiles.length > 1) throw new Error(`${outputFiles.length} files came`);
  expect(file.contents.byteLength).toBeLessThanOrEqual(38.5 * 1024);
  expect(gzipSync(file.contents).byteLength).toBeLessThanOrEqual(14.6 * 1024);
});
