import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import validate, { type Engine } from '@aws/cloudformation-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NodeBinary, nodes, root, runScript } from './nodes.ts';
import { optional } from './optional.ts';

const TEMPLATE = join(root, 'template.yaml');
const text = readFileSync(TEMPLATE, 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'gatecall-template-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const HAS_SAM = optional(
  'sam',
  findSam() !== undefined,
  'python3 -m venv .venv && .venv/bin/pip install aws-sam-cli',
);

const DOMAIN = 'm2n3b4v5c6x7z8l9k0j1h2g3f4d5s6a7.lambda-url.eu-west-1.on.aws';
const EVENT = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/',
  rawQueryString: '',
  headers: { host: DOMAIN, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
  requestContext: {
    accountId: 'anonymous',
    apiId: 'm2n3b4v5c6x7z8l9k0j1h2g3f4d5s6a7',
    domainName: DOMAIN,
    domainPrefix: 'm2n3b4v5c6x7z8l9k0j1h2g3f4d5s6a7',
    http: {
      method: 'GET',
      path: '/',
      protocol: 'HTTP/1.1',
      sourceIp: '203.0.113.7',
      userAgent: 'gatecall-probe/1',
    },
    requestId: '1f6a0e0c-2a6e-4a3b-8f0e-7a3d6d0c9b55',
    routeKey: '$default',
    stage: '$default',
    time: '16/Oct/2026:08:00:03 +0000',
    timeEpoch: 1_792_137_603_000,
  },
  isBase64Encoded: false,
};

describe('the template', () => {
  // The engine takes seconds to start, so there is one for all.
  let engine: Engine;
  beforeAll(() => {
    engine = new validate.CelEngine();
  });
  afterAll(() => engine.free());

  const WITH_ALB = {
    VpcId: 'vpc-0123456789abcdef0',
    SubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  };
  /** What AWS's validator finds. With the ALB, as otherwise it tests resources that are not made on empty lists. */
  const errors = (path: string): string[] =>
    engine
      .validateStandard(new validate.TemplateFile(path), { parameterOverrides: WITH_ALB })
      .diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL')
      .map(({ ruleId, message }) => `${ruleId} ${message}`)
      // A false alarm: it does not know the resource that SAM makes out of FunctionUrlConfig.
      .filter((error) => !(error.startsWith('F6101') && error.includes("'DemoUrl.FunctionUrl'")));

  test('has no errors and none of our own complaints', () => {
    expect(errors(TEMPLATE)).toEqual([]);
    expect(complaints(TEMPLATE)).toEqual([]);
  });

  test.each([
    ['no handler', '      Handler: handler.handler\n', ''],
    ['no AuthType', '        AuthType: NONE\n', ''],
    ['a property that is not there', 'RetentionInDays: 14', 'RetentionDays: 14'],
    ['a reference to nothing', '!GetAtt DemoLog.Arn', '!GetAtt NoLog.Arn'],
  ])("AWS's validator catches %s", (what, from, to) => {
    expect(errors(spoil(what, from, to))).not.toEqual([]);
  });

  // The first two are what the validator lets pass.
  test.each([
    ['InvokeMode', 'InvokeMode: BUFFERED', 'InvokeMode: BUFFER'],
    ['InvokeMode', 'InvokeMode: BUFFERED', 'InvokeMode: RESPONSE_STREAM'],
    ['MemorySize', 'MemorySize: 512', 'MemorySize: plenty'],
    ['Timeout', 'Timeout: 20', 'Timeout: 60'],
    ['Runtime', 'Runtime: nodejs24.x', 'Runtime: nodejs14.x'],
    ['BinaryMediaTypes', "'*~1*'", 'image/png'],
    ['BuildMethod', 'BuildMethod: esbuild', 'BuildMethod: nodejs24.x'],
    ['EntryPoints', 'EntryPoints: [handler.ts]', 'EntryPoints: [index.ts]'],
    ['Sourcemap', 'Sourcemap: true', 'Sourcemap: false'],
    ['NODE_OPTIONS', '--enable-source-maps', '--no-warnings'],
    [
      'multi-value',
      "multi_value_headers.enabled, Value: 'true'",
      "multi_value_headers.enabled, Value: 'false'",
    ],
    ['DemoRole', 'Resource: !GetAtt DemoLog.Arn', "Resource: '*'"],
    ['$default route', "PayloadFormatVersion: '2.0'", "PayloadFormatVersion: '1.0'"],
    ['Condition', '    Condition: WithAlb\n', ''],
  ])('our own check of %s catches a spoiled copy', (what, from, to) => {
    expect(complaints(spoil(what, from, to))).toContainEqual(expect.stringContaining(what));
  });
});

describe.each(builders())('the artifact by $name', ({ build }) => {
  const folder = mkdtempSync(join(scratch, 'artifact-'));
  let handler: string;
  beforeAll(async () => {
    handler = await build(folder);
  }, 120_000);

  test.each(nodes)('answers in Node $version', async (node) => {
    expect(await invoke(node, handler)).toMatchObject({
      replies: [
        { statusCode: 200, isBase64Encoded: false, body: matching(/"path":"\/json"/) },
        { statusCode: 200, isBase64Encoded: true, body: matching(/^iVBORw0KGgo/) },
        { statusCode: 500, body: matching(/^(?!.*on purpose)/s) },
      ],
      // The map lies beside the bundle and is found: the stack names the line of the source.
      log: matching(/thrown on purpose.*examples\/application\.ts:\d+/s),
    });
  });
});

describe.runIf(HAS_SAM)('sam validate', () => {
  test('agrees, but not with everything', { timeout: 120_000 }, async () => {
    expect(await runSam('validate', '--template', TEMPLATE)).toContain('is a valid SAM Template');
    const spoiled = spoil('no handler', '      Handler: handler.handler\n', '');
    await expect(runSam('validate', '--template', spoiled)).rejects.toThrow('Handler');
  });
});

/** A copy of the template with every `from` replaced; fails if there is none, or the test would test nothing. */
function spoil(what: string, from: string, to: string): string {
  expect(text).toContain(from);
  const path = join(mkdtempSync(join(scratch, 'spoiled-')), `${what.replaceAll(/\W/g, '-')}.yaml`);
  writeFileSync(path, text.replaceAll(from, to));
  return path;
}

/** What AWS's validator does not see, one line each; empty when all is well. */
function complaints(path: string): string[] {
  const model = new validate.TemplateModel(new validate.TemplateFile(path));
  const { resources } = model.toDiagnosticModel(); // Globals are merged in
  const metadata = model.resources().Demo?.metadata;
  model.free();

  const demo = resources.Demo?.properties;
  const folder = join(root, String(at(demo, 'CodeUri')));
  const entryPoints = Object.values(at(metadata, 'BuildProperties', 'EntryPoints') ?? {});
  const source = readFileSync(join(root, 'examples/aws/handler.ts'), 'utf8');
  const mode = source.includes('toLambdaHandler(') ? 'BUFFERED' : 'RESPONSE_STREAM';
  const memory = at(demo, 'MemorySize');
  const routes = Object.values(at(demo, 'Events') ?? {}).map(
    (event) => `${String(at(event, 'Type'))} ${String(at(event, 'Properties', 'Path'))}`,
  );
  const rules: [boolean, string][] = [
    [at(demo, 'Runtime') === 'nodejs24.x', 'Runtime is not nodejs24.x'],
    [
      typeof memory === 'number' && memory >= 128 && memory <= 10_240,
      'MemorySize is no number from 128 to 10240',
    ],
    [Number(at(demo, 'Timeout')) < 29, 'Timeout is not below the 29 s of a REST API'],
    [
      at(demo, 'FunctionUrlConfig', 'InvokeMode') === mode,
      `InvokeMode is not ${mode}, which the handler is written for`,
    ],
    [at(metadata, 'BuildMethod') === 'esbuild', 'BuildMethod is not esbuild'],
    [
      entryPoints.length > 0 && entryPoints.every((file) => existsSync(join(folder, String(file)))),
      'EntryPoints name a file that is not there',
    ],
    // With one, sam would bundle a copy of this folder alone, and fetch its dependencies from the network.
    [!existsSync(join(folder, 'package.json')), 'CodeUri has a package.json'],
    [at(metadata, 'BuildProperties', 'Sourcemap') === true, 'Sourcemap is off'],
    [
      at(demo, 'Environment', 'Variables', 'NODE_OPTIONS') === '--enable-source-maps',
      'NODE_OPTIONS does not turn source maps on',
    ],
    [
      at(resources.DemoRestApi, 'properties', 'BinaryMediaTypes', '0') === '*~1*',
      'BinaryMediaTypes is not */*, so a REST API hands out base64 text',
    ],
    [
      routes.includes('Api /') && routes.includes('Api /{proxy+}'),
      'Events leave out paths of the REST API',
    ],
    [
      routes.includes('HttpApi undefined') &&
        at(demo, 'Events', 'Http', 'Properties', 'PayloadFormatVersion') === '2.0',
      'Events have no $default route of payload 2.0',
    ],
    [
      JSON.stringify(resources.DemoAlbTargetGroup?.properties.TargetGroupAttributes) ===
        '[{"Key":"lambda.multi_value_headers.enabled","Value":"true"}]',
      'multi-value headers are off at the ALB',
    ],
    [
      !JSON.stringify(resources.DemoRole?.properties).includes('"Resource":"*"'),
      'DemoRole may do anything',
    ],
    ...Object.entries(resources)
      .filter(([name]) => name.startsWith('DemoAlb'))
      .map(([name, { condition }]): [boolean, string] => [
        condition === 'WithAlb',
        `Condition of ${name} is missing: it costs money unasked`,
      ]),
  ];
  return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
}

/** The value at a path into JSON; `undefined` where the path ends early. */
function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const key of path) here = (here as Record<string, unknown> | undefined)?.[key];
  return here;
}

interface Builder {
  name: string;
  /** Builds into a folder; gives the path of the handler. */
  build: (folder: string) => Promise<string>;
}

function builders(): Builder[] {
  const esbuild: Builder = {
    // So that the build properties are tried on machines without sam too.
    name: 'esbuild, called as sam does',
    build: async (folder) => {
      const model = new validate.TemplateModel(new validate.TemplateFile(TEMPLATE));
      const properties = at(model.resources().Demo?.metadata, 'BuildProperties') ?? {};
      model.free();
      const args = Object.entries(properties).flatMap(([name, value]) => esbuildArgs(name, value));
      const bin = join(root, 'node_modules/.bin/esbuild');
      await promisify(execFile)(
        bin,
        ['--bundle', '--platform=node', `--outdir=${folder}`, ...args],
        { cwd: join(root, 'examples/aws') },
      );
      return join(folder, 'handler.js');
    },
  };
  const bySam: Builder = {
    name: 'sam build',
    build: async (folder) => {
      await runSam('build', '--template', TEMPLATE, '--build-dir', folder);
      return join(folder, 'Demo/handler.js');
    },
  };
  return HAS_SAM ? [esbuild, bySam] : [esbuild];
}

/** Lists become one argument an item, and a boolean `false` none at all (aws_lambda_builders, nodejs_npm_esbuild). */
function esbuildArgs(name: string, value: unknown): string[] {
  if (name === 'EntryPoints') return value as string[];
  const option = `--${name.replaceAll(/(?!^)[A-Z]/g, '-$&').toLowerCase()}`;
  if (Array.isArray(value)) return value.map((item) => `${option}:${String(item)}`);
  if (typeof value === 'boolean') return value ? [option] : [];
  return [`${option}=${String(value)}`];
}

function findSam(): string | undefined {
  return [join(root, '.venv/bin'), ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, 'sam'))
    .find((path) => existsSync(path));
}

async function runSam(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(findSam() ?? 'sam', args, {
    cwd: root,
    env: {
      ...process.env,
      // sam looks for esbuild there, and wants a region even where it calls nobody.
      PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      AWS_DEFAULT_REGION: 'eu-west-1',
      SAM_CLI_TELEMETRY: '0',
    },
  });
  return stdout;
}

/** Loads a built handler as Lambda does, with the template's NODE_OPTIONS, and sends it events of a Function URL. */
function invoke(node: NodeBinary, handler: string): Promise<unknown> {
  const script = `
    const { handler } = require(${JSON.stringify(handler)});
    let log = '';
    console.error = (...words) => { log += words.join(' ') + '\\n'; };
    const get = (rawPath) => handler({ ...${JSON.stringify(EVENT)}, rawPath }, { awsRequestId: 'r-1' });
    Promise.all([get('/json'), get('/image'), get('/error')])
      .then((replies) => console.log(JSON.stringify({ replies, log })));`;
  return runScript(node, 'commonjs', script, ['--enable-source-maps']);
}

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
