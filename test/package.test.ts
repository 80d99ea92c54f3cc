/**
 * What a user gets: the built package, by its name, as both kinds of module, on every Node at hand.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

interface Manifest {
  exports: Record<string, unknown>;
  dependencies?: object;
  peerDependencies?: object;
  optionalDependencies?: object;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const modules = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => ({ name: subpath.replace('.', 'gatecall') }));

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

  it.each([
    'package-lock.json',
    'test/runtimes/package-lock.json',
    'test/browser/package-lock.json',
    'test/fetch-apps/package-lock.json',
    'test/frameworks/package-lock.json',
    'test/gcp/package-lock.json',
  ])('%s names no host', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toContain('"resolved"');
  });

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
    const checked = execFileSync(node.path, [join(own, 'dist/command/cli.js'), 'check'], {
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

  // Lambda starts its Node runtimes with --no-experimental-require-module. Each export has copies
  // of its own, and an application may be CommonJS behind a gateway of ES modules.
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
