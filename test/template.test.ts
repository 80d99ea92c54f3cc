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
  /**
   * What AWS's validator finds. With the ALB, as otherwise it tests resources that are not made on
   * empty lists.
   */
  const errors = (path: string): string[] =>
    engine
      .validateStandard(new validate.TemplateFile(path), { parameterOverrides: WITH_ALB })
      .diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL')
      .map(({ ruleId, message }) => `${ruleId} ${message}`)
      // A false alarm: it does not know the resources that SAM makes out of FunctionUrlConfig.
      .filter((error) => !/^F6101 .*'(Demo|Streaming)Url\.FunctionUrl'/.test(error));

  test('has no errors and none of our own complaints', () => {
    expect(errors(TEMPLATE)).toEqual([]);
    expect(complaints(TEMPLATE)).toEqual([]);
  });

  test.each([
    ['no handler', '      Handler: handler.handler\n', ''],
    ['no AuthType', '        AuthType: NONE\n', ''],
    ['a property that is not there', 'RetentionInDays: 14', 'RetentionDays: 14'],
    ['a reference to nothing', '!GetAtt DemoLog.Arn', '!GetAtt NoLog.Arn'],
    ['a transfer mode of another name', 'ResponseTransferMode: STREAM', 'TransferMode: STREAM'],
    ['a method without its path', '      ResourceId: !Ref StreamingRestPath\n', ''],
  ])("AWS's validator catches %s", (what, from, to) => {
    expect(errors(spoil(what, from, to))).not.toEqual([]);
  });

  // What the validator lets pass, wrong modes before all.
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
    ['DemoRole', '[!GetAtt DemoLog.Arn, !GetAtt StreamingLog.Arn]', "'*'"],
    ['DemoRole', '[!GetAtt DemoLog.Arn, !GetAtt StreamingLog.Arn]', '[!GetAtt DemoLog.Arn]'],
    ['$default route', "PayloadFormatVersion: '2.0'", "PayloadFormatVersion: '1.0'"],
    ['Condition', '    Condition: WithAlb\n', ''],
    ['InvokeMode of Streaming', 'InvokeMode: RESPONSE_STREAM', 'InvokeMode: BUFFERED'],
    ['ResponseTransferMode', 'ResponseTransferMode: STREAM', 'ResponseTransferMode: BUFFERED'],
    ['ResponseTransferMode', 'ResponseTransferMode: STREAM', 'ResponseTransferMode: STREAMED'],
    ['ResponseTransferMode', '        ResponseTransferMode: STREAM\n', ''],
    ['Uri', '2021-11-15', '2015-03-31'],
    ['Uri', '/response-streaming-invocations', '/invocations'],
    ['Uri', '${Streaming.Arn}/', '${Demo.Arn}/'],
    ['TimeoutInMillis', 'TimeoutInMillis: 65000', 'TimeoutInMillis: 29000'],
    ['TimeoutInMillis', '        TimeoutInMillis: 65000\n', ''],
    ['lambda:InvokeFunction', 'Action: lambda:InvokeFunction', 'Action: lambda:GetFunction'],
    ['lambda:InvokeWithResponseStream', ':InvokeWithResponseStream', ':InvokeFunctionUrl'],
    ['SourceArn', '${StreamingRestApi}/live/*', '*'],
    ['DependsOn', '    DependsOn: StreamingRestMethod\n', ''],
  ])('our own check of %s catches a spoiled copy', (what, from, to) => {
    expect(complaints(spoil(what, from, to))).toContainEqual(expect.stringContaining(what));
  });
});

describe.each(builders())('the artifacts by $name', ({ build }) => {
  const folder = mkdtempSync(join(scratch, 'artifact-'));
  beforeAll(() => build(folder), 120_000);

  test.each(nodes)('Demo answers in Node $version', async (node) => {
    expect(await invoke(node, join(folder, 'Demo/handler.js'))).toMatchObject({
      replies: [
        { statusCode: 200, isBase64Encoded: false, body: matching(/"path":"\/json"/) },
        { statusCode: 200, isBase64Encoded: true, body: matching(/^iVBORw0KGgo/) },
        { statusCode: 500, body: matching(/^(?!.*on purpose)/s) },
      ],
      // The map lies beside the bundle and is found: the stack names the line of the source.
      log: matching(/thrown on purpose.*examples\/application\.ts:\d+/s),
    });
  });

  test.each(nodes)('Streaming streams in Node $version', async (node) => {
    const [prelude, ...blocks] = await stream(node, join(folder, 'Streaming/handler.js'));
    expect(JSON.parse(prelude ?? '')).toMatchObject({ statusCode: 200 });
    expect(blocks).toEqual(['to ', 'be ', 'or ', 'not']);
  });
});

describe.runIf(HAS_SAM)('sam validate', () => {
  test('agrees, but not with everything', { timeout: 120_000 }, async () => {
    expect(await runSam('validate', '--template', TEMPLATE)).toContain('is a valid SAM Template');
    const spoiled = spoil('no handler', '      Handler: handler.handler\n', '');
    await expect(runSam('validate', '--template', spoiled)).rejects.toThrow('Handler');
  });
});

/**
 * A copy of the template with every `from` replaced; fails if there is none, or the test would test
 * nothing.
 */
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
  const metadata = Object.fromEntries(
    FUNCTIONS.map((name) => [name, model.resources()[name]?.metadata]),
  );
  model.free();

  const demo = resources.Demo?.properties;
  const routes = Object.values(at(demo, 'Events') ?? {}).map(
    (event) => `${String(at(event, 'Type'))} ${String(at(event, 'Properties', 'Path'))}`,
  );
  const rules: Rule[] = [
    ...FUNCTIONS.flatMap((name) =>
      functionRules(name, resources[name]?.properties, metadata[name]),
    ),
    ...streamingRules(resources),
    [Number(at(demo, 'Timeout')) < 29, 'Timeout is not below the 29 s of a REST API'],
    ...['DemoRestApi', 'StreamingRestApi'].map((name): Rule => [
      at(resources[name]?.properties, 'BinaryMediaTypes', '0') === '*~1*',
      `BinaryMediaTypes of ${name} is not */*, so bytes do not pass through unharmed`,
    ]),
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
      JSON.stringify(at(resources.DemoRole?.properties, ...POLICY, 'Resource')) ===
        JSON.stringify(['DemoLog', 'StreamingLog'].map(arnOf)),
      'DemoRole may do something else than write to the two logs',
    ],
    ...Object.entries(resources)
      .filter(([name]) => name.startsWith('DemoAlb'))
      .map(([name, { condition }]): Rule => [
        condition === 'WithAlb',
        `Condition of ${name} is missing: it costs money unasked`,
      ]),
  ];
  return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
}

/** What must hold, and what to say when it does not. */
type Rule = [holds: boolean, complaint: string];

const FUNCTIONS = ['Demo', 'Streaming'] as const;
const POLICY = ['Policies', '0', 'PolicyDocument', 'Statement', '0'] as const;

function functionRules(name: string, properties: unknown, metadata: unknown): Rule[] {
  const folder = join(root, String(at(properties, 'CodeUri')));
  const entryPoints = Object.values(at(metadata, 'BuildProperties', 'EntryPoints') ?? {});
  const source = readFileSync(join(folder, 'handler.ts'), 'utf8');
  const mode = source.includes('toLambdaHandler(') ? 'BUFFERED' : 'RESPONSE_STREAM';
  const memory = at(properties, 'MemorySize');
  return [
    [at(properties, 'Runtime') === 'nodejs24.x', `Runtime of ${name} is not nodejs24.x`],
    [
      typeof memory === 'number' && memory >= 128 && memory <= 10_240,
      `MemorySize of ${name} is no number from 128 to 10240`,
    ],
    [
      at(properties, 'FunctionUrlConfig', 'InvokeMode') === mode,
      `InvokeMode of ${name} is not ${mode}, which its handler is written for`,
    ],
    [at(metadata, 'BuildMethod') === 'esbuild', `BuildMethod of ${name} is not esbuild`],
    [
      entryPoints.length > 0 && entryPoints.every((file) => existsSync(join(folder, String(file)))),
      `EntryPoints of ${name} name a file that is not there`,
    ],
    // With one, sam would bundle a copy of this folder alone, and fetch its dependencies from the
    // network.
    [!existsSync(join(folder, 'package.json')), `CodeUri of ${name} has a package.json`],
    [at(metadata, 'BuildProperties', 'Sourcemap') === true, `Sourcemap of ${name} is off`],
    [
      at(properties, 'Environment', 'Variables', 'NODE_OPTIONS') === '--enable-source-maps',
      `NODE_OPTIONS of ${name} does not turn source maps on`,
    ],
  ];
}

/** The REST API that streams: what SAM would see to, had it made it. */
function streamingRules(
  resources: Record<string, { properties: unknown; dependsOn: string[] }>,
): Rule[] {
  const integration = at(resources.StreamingRestMethod?.properties, 'Integration');
  const milliseconds = Number(at(integration, 'TimeoutInMillis') ?? 29_000);
  const uri = ':lambda:path/2021-11-15/functions/${Streaming.Arn}/response-streaming-invocations"}';
  const permissions = Object.values(resources)
    .map(({ properties }) => properties)
    .filter((properties) => at(properties, 'Principal') === 'apigateway.amazonaws.com');
  return [
    [
      at(integration, 'ResponseTransferMode') === 'STREAM',
      'ResponseTransferMode is not STREAM, so the client would wait for the last block',
    ],
    [
      JSON.stringify(at(integration, 'Uri')).endsWith(uri),
      'Uri is not that of InvokeWithResponseStream for the streaming function',
    ],
    [
      milliseconds > 1000 * Number(at(resources.Streaming?.properties, 'Timeout')) &&
        milliseconds <= 900_000,
      "TimeoutInMillis is not above the function's own timeout, or above 15 minutes",
    ],
    [
      resources.StreamingRestDeployment?.dependsOn.includes('StreamingRestMethod') === true,
      'DependsOn of the deployment is missing: it can be made before there is a method',
    ],
    ...['lambda:InvokeFunction', 'lambda:InvokeWithResponseStream'].map((action): Rule => [
      permissions.some(
        (permission) =>
          at(permission, 'Action') === action &&
          JSON.stringify(at(permission, 'FunctionName')) === JSON.stringify(arnOf('Streaming')),
      ),
      `the streaming API has no permission for ${action}`,
    ]),
    [
      permissions.every((permission) =>
        JSON.stringify(at(permission, 'SourceArn')).includes('${StreamingRestApi}/live/'),
      ),
      'SourceArn lets other APIs call the streaming function',
    ],
  ];
}

/** `!GetAtt name.Arn`, as the validator's model has it. */
function arnOf(name: string): object {
  return { __ref: name, __kind: 'getatt:Arn' };
}

/** The value at a path into JSON; `undefined` where the path ends early. */
function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const key of path) here = (here as Record<string, unknown> | undefined)?.[key];
  return here;
}

interface Builder {
  name: string;
  /** Builds into a folder: below it, each function has one of its name with a handler.js. */
  build: (folder: string) => Promise<void>;
}

function builders(): Builder[] {
  const esbuild: Builder = {
    // So that the build properties are tried on machines without sam too.
    name: 'esbuild, called as sam does',
    build: async (folder) => {
      const model = new validate.TemplateModel(new validate.TemplateFile(TEMPLATE));
      const resources = model.resources();
      const { resources: plain } = model.toDiagnosticModel();
      model.free();
      const bin = join(root, 'node_modules/.bin/esbuild');
      for (const name of FUNCTIONS) {
        const metadata = resources[name]?.metadata;
        const args = Object.entries(at(metadata, 'BuildProperties') ?? {}).flatMap(
          ([option, value]) => esbuildArgs(option, value),
        );
        await promisify(execFile)(
          bin,
          ['--bundle', '--platform=node', `--outdir=${join(folder, name)}`, ...args],
          { cwd: join(root, String(at(plain[name]?.properties, 'CodeUri'))) },
        );
      }
    },
  };
  const bySam: Builder = {
    name: 'sam build',
    build: async (folder) => {
      await runSam('build', '--template', TEMPLATE, '--build-dir', folder);
    },
  };
  return HAS_SAM ? [esbuild, bySam] : [esbuild];
}

/**
 * Lists become one argument an item, and a boolean `false` none at all (aws_lambda_builders,
 * nodejs_npm_esbuild).
 */
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

/**
 * Loads a built handler as Lambda does, with the template's NODE_OPTIONS, and sends it events of a
 * Function URL.
 */
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

/**
 * The same for the handler that streams; gives what it wrote. The runtime's global is a stand-in,
 * as what is in question here is the bundle: does it find the global and stream. Lambda's own
 * runtime client has tests of its own.
 */
async function stream(node: NodeBinary, handler: string): Promise<string[]> {
  const script = `
    const { EventEmitter } = require('node:events');
    const written = [];
    const stream = Object.assign(new EventEmitter(), {
      write: (chunk) => written.push(Buffer.from(chunk).toString()) > 0,
      end: () => setImmediate(() => stream.emit('finish')),
    });
    globalThis.awslambda = {
      streamifyResponse: (handler) => handler,
      HttpResponseStream: { from: (_, prelude) => (written.push(JSON.stringify(prelude)), stream) },
    };
    const { handler } = require(${JSON.stringify(handler)});
    const event = { ...${JSON.stringify(EVENT)}, rawPath: '/tokens', body: 'to be or not' };
    handler(event, stream, { awsRequestId: 'r-1' }).then(() => console.log(JSON.stringify(written)));`;
  return (await runScript(node, 'commonjs', script, ['--enable-source-maps'])) as string[];
}

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
