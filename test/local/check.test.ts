import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../src/local/check.ts';
import type { Note } from '../../src/local/project.ts';
import { root } from '../nodes.ts';
import { type Files, temporaryProject } from './temporary-project.ts';

const TODAY = new Date('2026-11-21');

/** One of everything, and nothing to find fault with. */
const FILES = {
  'plain/app.mjs': `import { toLambdaHandler } from 'gatecall/aws';
export const handler = toLambdaHandler(() => []);`,
  'plain/package.json': '{ "dependencies": { "gatecall": "*" } }',
  'built/src/app.ts': `import { toStreamingLambdaHandler } from 'gatecall/aws';
import { application } from './application.js';
export const handler = toStreamingLambdaHandler(application);`,
  'built/src/application.ts': 'export const application = (): Uint8Array[] => [];',
  'template.yaml': `Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: nodejs24.x }
  Api: { OpenApiVersion: 3.0.1 }
Resources:
  Plain:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: plain
      Handler: app.handler
      Timeout: 20
      MemorySize: 512
      Environment: { Variables: { STAGE: live } }
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: BUFFERED, Cors: { AllowMethods: [GET] } }
      Events:
        Http: { Type: HttpApi, Properties: { ApiId: !Ref Http } }
        Root: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: /, Method: ANY } }
        All: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: '/{proxy+}', Method: ANY } }
  Built:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: built
      Handler: app.handler
      Timeout: 60
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
    Metadata:
      BuildMethod: esbuild
      BuildProperties: { EntryPoints: [src/app.ts], Format: esm, OutExtension: ['.js=.mjs'] }
  Http: { Type: AWS::Serverless::HttpApi, Properties: { StageName: $default, CorsConfiguration: { AllowOrigins: ['*'] } } }
  Rest: { Type: AWS::Serverless::Api, Properties: { StageName: live, BinaryMediaTypes: ['*~1*'] } }
  Balancer: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: { LoadBalancerArn: !Ref Balancer, DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Group }] }
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: lambda
      Targets: [{ Id: !GetAtt Plain.Arn }]
      TargetGroupAttributes: [{ Key: lambda.multi_value_headers.enabled, Value: 'true' }]
  GroupPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !GetAtt Plain.Arn, Principal: elasticloadbalancing.amazonaws.com }
  Raw: { Type: AWS::ApiGateway::RestApi, Properties: { Name: raw, BinaryMediaTypes: ['*~1*'] } }
  RawMethod:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Raw
      ResourceId: !GetAtt Raw.RootResourceId
      HttpMethod: ANY
      Integration:
        Type: AWS_PROXY
        ResponseTransferMode: STREAM
        TimeoutInMillis: 61000
        Uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/\${Built.Arn}/response-streaming-invocations
  RawDeployment: { Type: AWS::ApiGateway::Deployment, DependsOn: RawMethod, Properties: { RestApiId: !Ref Raw, StageName: live } }
  RawPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref Built, Principal: apigateway.amazonaws.com }
`,
} satisfies Files;

type Spoiled = readonly [file: keyof typeof FILES, from: string, to: string];

/** The findings of the project above, after some replacements, as `error 3:5 code message`. */
function findings(...spoiled: Spoiled[]): { notes: readonly Note[]; lines: string[] } {
  const files: Record<string, string> = { ...FILES };
  for (const [file, from, to] of spoiled) {
    const text = files[file] ?? '';
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    files[file] = text.replace(from, () => to);
  }
  const folder = temporaryProject(files);
  const { findings } = checkTemplate(join(folder, 'template.yaml'), { today: TODAY });
  const lines = findings.map(({ level, code, message, place }) => {
    const file = place?.file.slice(folder.length + 1) ?? '';
    return `${file}:${place?.line}: ${level} ${code}: ${message}`;
  });
  return { notes: findings, lines };
}

const T = 'template.yaml';

it('finds nothing where all is well', () => {
  expect(findings().lines).toEqual([]);
});

it('finds in our own template but the path it leaves out on purpose', () => {
  const parameters = { VpcId: 'vpc-1', SubnetIds: 'subnet-1,subnet-2' };
  const options = { parameters, today: TODAY };
  const { findings } = checkTemplate(join(root, 'template.yaml'), options);
  expect(findings.map(({ level, code, resource }) => [level, code, resource])).toEqual([
    ['warning', 'root-route', 'Streaming'],
  ]);
});

describe('finds', () => {
  it.each<[line: string, ...spoiled: Spoiled[]]>([
    // Runtimes
    [
      'template.yaml:3: error runtime: nodejs20.x of Plain is past its end of life, 2026-04-30: no patches, and AWS refuses new functions',
      [T, 'Runtime: nodejs24.x', 'Runtime: nodejs20.x'],
    ],
    [
      'template.yaml:3: warning runtime: nodejs22.x of Plain ends on 2027-04-30',
      [T, 'Runtime: nodejs24.x', 'Runtime: nodejs22.x'],
    ],
    [
      'template.yaml:3: warning runtime: nodejs99.x of Plain is no runtime that was known in November 2026',
      [T, 'Runtime: nodejs24.x', 'Runtime: nodejs99.x'],
    ],
    [
      'template.yaml:3: error runtime: python3.9 of Plain is past its end of life, 2025-12-15: no patches, and AWS refuses new functions',
      [T, 'Runtime: nodejs24.x', 'Runtime: python3.9'],
    ],
    // Handlers
    [
      'template.yaml:10: error handler-file: there is no plain/main.js, .mjs or .cjs for the handler of Plain',
      [T, 'Handler: app.handler', 'Handler: main.handler'],
    ],
    [
      'template.yaml:10: error handler-file: Handler of Plain must be file.export; it is app',
      [T, 'Handler: app.handler', 'Handler: app'],
    ],
    [
      'template.yaml:10: error handler-file: Handler of Plain leads out of its folder',
      [T, 'Handler: app.handler', 'Handler: ../built/app.handler'],
    ],
    [
      'template.yaml:10: error handler-export: app.mjs exports handler, no main for the handler of Plain',
      [T, 'Handler: app.handler', 'Handler: app.main'],
    ],
    [
      'template.yaml:23: error handler-file: Handler of Built names src/app, but esbuild makes app',
      [
        T,
        '      CodeUri: built\n      Handler: app.',
        '      CodeUri: built\n      Handler: src/app.',
      ],
    ],
    [
      'template.yaml:23: error entry-points: entry point src/main.ts of Built is not there',
      [T, 'EntryPoints: [src/app.ts]', 'EntryPoints: [src/main.ts]'],
    ],
    [
      'template.yaml:23: error handler-export: app.ts exports main, no handler for the handler of Built',
      ['built/src/app.ts', 'const handler', 'const main'],
    ],
    [
      'template.yaml:23: error module-format: esbuild makes an ES module of Built and calls it .js, which Lambda loads as CommonJS',
      [T, ", OutExtension: ['.js=.mjs']", ''],
    ],
    [
      'template.yaml:10: error module-format: app.mjs of Plain is written as CommonJS, and Lambda loads it as an ES module',
      [
        'plain/app.mjs',
        FILES['plain/app.mjs'],
        "const { toLambdaHandler } = require('gatecall/aws');\nexports.handler = toLambdaHandler(() => []);",
      ],
    ],
    [
      'template.yaml:10: error callback-handler: handler of Plain takes a callback, and nodejs24.x has none',
      ['plain/app.mjs', 'toLambdaHandler(() => [])', '(event, context, callback) => callback()'],
    ],
    [
      'plain/app.mjs:1: error missing-package: Plain imports gatecall, which is neither in the package.json nor in the node_modules of its folder',
      ['plain/package.json', '"gatecall": "*"', ''],
    ],
    [
      'plain/app.mjs:2: error missing-package: Plain imports aws-sdk, version 2, which nodejs24.x does not have',
      [
        'plain/app.mjs',
        '\nexport',
        "\nimport aws from 'aws-sdk'; import '@aws-sdk/client-s3'; import 'node:fs'; export",
      ],
    ],
    // Limits
    [
      'template.yaml:11: error timeout: Timeout of Plain must be whole seconds from 1 to 900; it is 901',
      [T, 'Timeout: 20', 'Timeout: 901'],
    ],
    [
      'template.yaml:12: error memory: MemorySize of Plain must be whole MB from 128 to 10240; it is 64',
      [T, 'MemorySize: 512', 'MemorySize: 64'],
    ],
    [
      'template.yaml:13: error environment: AWS_REGION of Plain is set by Lambda itself, which refuses it here',
      [T, 'STAGE: live', 'AWS_REGION: eu-west-1'],
    ],
    [
      'template.yaml:13: error environment: 1A of Plain is no name Lambda takes: a letter, then letters, digits and _',
      [T, 'STAGE: live', '1A: live'],
    ],
    [
      'template.yaml:13: error environment: the variables of Plain have 5012 bytes as JSON; Lambda takes 4096',
      [T, 'STAGE: live', `STAGE: ${'x'.repeat(5000)}`],
    ],
    [
      'template.yaml:11: warning front-timeout: Timeout of Plain is 31 s, but $default of Http answers 503 after 30 s while it runs on',
      [T, 'Timeout: 20', 'Timeout: 31'],
    ],
    [
      'template.yaml:11: warning front-timeout: Timeout of Plain is 30 s, but ANY / of Rest answers 504 after 29 s while it runs on',
      [T, 'Timeout: 20', 'Timeout: 30'],
    ],
    [
      "template.yaml:11: info front-timeout: Timeout of Plain is 61 s, and the load balancer's Listener drops idle connections after 60 s",
      [T, 'Timeout: 20', 'Timeout: 61'],
    ],
    [
      'template.yaml:16: error front-timeout: $default of Http wants to wait 40000 ms; an HTTP API takes 50 to 30000',
      [T, 'ApiId: !Ref Http', 'ApiId: !Ref Http, TimeoutInMillis: 40000'],
    ],
    [
      'template.yaml:17: warning front-timeout: ANY / of Rest wants to wait 40000 ms; more than 29000 has to be asked for, as a quota of the account',
      [T, 'Path: /,', 'Path: /, TimeoutInMillis: 40000,'],
    ],
    [
      'template.yaml:45: error front-timeout: ANY / of Raw wants to wait 900001 ms; it can be 50 to 900000',
      [T, 'TimeoutInMillis: 61000', 'TimeoutInMillis: 900001'],
    ],
    // Routes
    [
      'template.yaml:17: warning root-route: ANY /{proxy+} of Rest does not match / itself, and nothing else does',
      [
        T,
        '        Root: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: /, Method: ANY } }\n',
        '',
      ],
    ],
    [
      'template.yaml:18: warning root-route: ANY /shop/{proxy+} of Rest does not match /shop itself, and nothing else does',
      [T, "Path: '/{proxy+}'", "Path: '/shop/{proxy+}'"],
    ],
    [
      'template.yaml:18: error duplicate-route: ANY / of Rest stands in line 17 already',
      [T, "Path: '/{proxy+}'", 'Path: /'],
    ],
    // Fronts
    [
      'template.yaml:30: warning binary-media-types: Rest has no BinaryMediaTypes: clients get images and compressed answers as base64 text',
      [T, "StageName: live, BinaryMediaTypes: ['*~1*']", 'StageName: live'],
    ],
    [
      "template.yaml:30: info binary-media-types: BinaryMediaTypes of Rest are compared with the first type a client accepts: browsers' image/avif,… matches none but */*",
      [T, "['*~1*']", '[image~1png]'],
    ],
    [
      'template.yaml:44: info binary-media-types: Raw has no BinaryMediaTypes */*: bodies of requests that are no UTF-8 are lost',
      [T, ", BinaryMediaTypes: ['*~1*'] } }\n  RawMethod", ' } }\n  RawMethod'],
    ],
    [
      'template.yaml:30: info stage: SAM makes a second stage, "Stage", beside live of Rest',
      [T, '  Api: { OpenApiVersion: 3.0.1 }', '  Api: { TracingEnabled: true }'],
    ],
    [
      "template.yaml:29: info stage: paths of Http begin with /dev, in the client's URL and in the event",
      [T, 'StageName: $default', 'StageName: dev'],
    ],
    [
      'template.yaml:30: error stage: Rest has no StageName',
      [T, "StageName: live, BinaryMediaTypes: ['*~1*']", "BinaryMediaTypes: ['*~1*']"],
    ],
    [
      'template.yaml:35: warning multi-value-headers: Group has multi-value headers off: of equal headers and query keys only the last arrives, and one cookie can be set',
      [T, "Value: 'true'", "Value: 'false'"],
    ],
    [
      'template.yaml:16: error payload-format: PayloadFormatVersion of Plain must be 1.0 or 2.0; it is 3.0',
      [T, 'ApiId: !Ref Http', 'ApiId: !Ref Http, PayloadFormatVersion: 3.0'],
    ],
    [
      'template.yaml:16: error payload-format: authorizer A of Http has simple responses, which format 1.0 does not know',
      [
        T,
        'StageName: $default',
        'StageName: $default, Auth: { DefaultAuthorizer: A, Authorizers: { A: { FunctionArn: !GetAtt Built.Arn, AuthorizerPayloadFormatVersion: 1.0, EnableSimpleResponses: true } } }',
      ],
    ],
    // Streaming
    [
      "template.yaml:14: error streaming: the function URL of Plain streams, and app.handler answers in one piece: the client gets the reply's JSON in place of the page",
      [T, 'InvokeMode: BUFFERED', 'InvokeMode: RESPONSE_STREAM'],
    ],
    [
      'template.yaml:25: warning streaming: app.handler streams, and the function URL of Built does not: the client waits for the last byte',
      [T, 'AuthType: NONE, InvokeMode: RESPONSE_STREAM', 'AuthType: NONE'],
    ],
    [
      'template.yaml:45: error streaming: app.handler streams, and ANY / of Raw does not: the client gets a 502',
      [T, 'ResponseTransferMode: STREAM', 'ResponseTransferMode: BUFFERED'],
      [T, '2021-11-15', '2015-03-31'],
      [T, '/response-streaming-invocations', '/invocations'],
    ],
    [
      "template.yaml:45: error streaming: ANY / of Raw streams, and app.handler answers in one piece: the client gets the reply's JSON in place of the page",
      [
        'built/src/app.ts',
        FILES['built/src/app.ts'],
        'export async function handler(event: unknown) { return event; }',
      ],
    ],
    [
      'template.yaml:55: error streaming: RawMethod has ResponseTransferMode STREAM, and the Uri of the other mode',
      [T, '/response-streaming-invocations', '/invocations'],
    ],
    [
      'template.yaml:16: error streaming: app.handler streams, which $default of Http cannot',
      [
        'plain/app.mjs',
        FILES['plain/app.mjs'],
        'export const handler = awslambda.streamifyResponse(async () => {});',
      ],
    ],
    [
      'template.yaml:24: error streaming: Built is in a VPC, where function URLs do not stream',
      [T, 'Timeout: 60', 'VpcConfig: { SubnetIds: [a] }'],
    ],
    // CORS
    [
      'template.yaml:29: warning cors: CORS is answered twice, by Http and by cors in app.mjs:2: API Gateway throws the application’s away',
      ['plain/app.mjs', '\nexport', "\nimport cors from 'cors'; export"],
      ['plain/package.json', '"gatecall": "*"', '"gatecall": "*", "cors": "*"'],
    ],
    [
      'template.yaml:14: warning cors: CORS is answered twice, by the function URL of Plain and by Access-Control-Allow-Origin in app.mjs:1: browsers refuse an answer with two',
      ['plain/app.mjs', 'import', "const headers = { 'Access-Control-Allow-Origin': '*' }; import"],
    ],
    [
      'template.yaml:29: error cors: CORS of Http allows credentials from every origin, which API Gateway refuses',
      [T, "AllowOrigins: ['*']", "AllowOrigins: ['*'], AllowCredentials: true"],
    ],
    [
      'template.yaml:14: error cors: CORS of the function URL of Plain names OPTIONS; it takes GET, PUT, HEAD, POST, PATCH, DELETE, *',
      [T, 'AllowMethods: [GET]', 'AllowMethods: [GET, OPTIONS]'],
    ],
    [
      'template.yaml:30: info cors: Cors of Rest answers preflights alone, and nothing in app.mjs or what it imports by path sends Access-Control-Allow-Origin',
      [T, 'StageName: live,', `StageName: live, Cors: "'*'",`],
    ],
    // Deployment
    [
      'template.yaml:56: error deployment-order: RawDeployment may be made before there is a method: it depends on none',
      [T, 'DependsOn: RawMethod, ', ''],
    ],
    [
      'template.yaml:45: warning permission: ANY / of Raw may not call Built: there is no AWS::Lambda::Permission for apigateway.amazonaws.com',
      [T, 'Principal: apigateway.amazonaws.com', 'Principal: events.amazonaws.com'],
    ],
    [
      "template.yaml:32: warning permission: the load balancer's Listener may not call Plain: there is no AWS::Lambda::Permission for elasticloadbalancing.amazonaws.com",
      [
        T,
        'FunctionName: !GetAtt Plain.Arn, Principal',
        'FunctionName: !GetAtt Built.Arn, Principal',
      ],
    ],
    [
      'template.yaml:13: error circular-dependency: Plain needs Http, and Http needs Plain: CloudFormation refuses the circle',
      [T, 'STAGE: live', "URL: !Sub 'https://${Http}.execute-api.us-east-1.amazonaws.com'"],
    ],
    // The template itself
    [
      'template.yaml:16: error reference: there is no parameter and no resource Gone',
      [T, 'ApiId: !Ref Http', 'ApiId: !Ref Gone'],
    ],
    [
      'template.yaml:6: error transform: Plain is of AWS::Serverless::Function, and the template has no Transform',
      [T, 'Transform: AWS::Serverless-2016-10-31', 'Description: none'],
    ],
  ])('%s', (line, ...spoiled) => {
    expect(findings(...spoiled).lines.join('\n')).toContain(line);
  });

  it('says how to mend most of it', () => {
    const { notes } = findings(
      [T, "Value: 'true'", "Value: 'false'"],
      [T, 'InvokeMode: BUFFERED', 'InvokeMode: RESPONSE_STREAM'],
      [T, "StageName: live, BinaryMediaTypes: ['*~1*']", 'StageName: live'],
      [T, 'Timeout: 20', 'Timeout: 40'],
    );
    expect(notes.map(({ code, fix }) => [code, fix])).toEqual([
      ['front-timeout', 'Timeout: 29'],
      ['front-timeout', 'Timeout: 28'],
      ['streaming', 'export toStreamingLambdaHandler(application), or set InvokeMode: BUFFERED'],
      ['binary-media-types', "BinaryMediaTypes: ['*~1*']"],
      [
        'multi-value-headers',
        "TargetGroupAttributes: [{ Key: lambda.multi_value_headers.enabled, Value: 'true' }]",
      ],
    ]);
  });
});

describe('a handler', () => {
  /** The findings on a function of this one file. */
  function about(file: string, text: string, handler = 'app.handler'): string[] {
    const folder = temporaryProject({
      [file]: text,
      'package.json': '{ "dependencies": { "x": "1" } }',
      'template.yaml': `Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: ${handler}
      Runtime: nodejs24.x
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }`,
    });
    const { findings } = checkTemplate(join(folder, 'template.yaml'), { today: TODAY });
    return findings.map(({ code, message }) => `${code}: ${message}`);
  }

  it.each<[file: string, text: string, handler?: string]>([
    ['app.mjs', 'export const handler = awslambda.streamifyResponse(async () => {});'],
    [
      'app.mjs',
      "import { toStreamingLambdaHandler as to } from 'x';\nexport const handler: H = to<A>(app);",
    ],
    ['app.mjs', "import { streamHandle } from 'x';\nexport const handler = streamHandle(app)"],
    ['app.mjs', "export { handler } from 'x';"],
    ['app.mjs', 'const handler = awslambda.streamifyResponse(f);\nexport { handler };'],
    ['app.mjs', "export * from 'x';"],
    ['app.mjs', "import h from 'x';\nexport { h as handler };"],
    ['app.mjs', "import h from 'x';\nexport default { handler: h };"],
    ['app.mjs', "import make from 'x';\nexport const { handler } = make();"],
    ['app.mjs', "import make from 'x';\nexport const a = 1, handler = make();"],
    ['app.js', "exports.handler = require('x').make();"],
    ['app.js', "module.exports.handler = require('x').make();"],
    ['app.js', "const handler = require('x');\nmodule.exports = { a: { b: 1 }, handler };"],
    ['app.js', "module.exports = { handler: require('x') };"],
    ['app.js', "module.exports = { ...require('x') };"],
    ['app.js', "module.exports = require('x');"],
    ['app.cjs', "Object.defineProperty(exports, 'handler', { get: () => require('x') });"],
    [
      'app.cjs',
      'var x = __export(y, { handler: () => handler });\n0 && (module.exports = { other });',
    ],
    ['src/app.js', "exports.handler = require('x').make();", 'src/app.handler'],
    ['app.js', "exports.api = { handler: require('x') };", 'app.api.handler'],
  ])('%s: %s is fine', (file, text, handler) => {
    expect(about(file, text, handler)).toEqual([]);
  });

  it('in a file too large to have been written is not looked into', () => {
    expect(about('app.js', `// ${' '.repeat(300_000)}\nexport const nothing = 1;`)).toEqual([]);
  });

  it.each([
    ['app.mjs', 'export async function handler() {}', 'streaming'],
    ['app.mjs', 'export const handler = async (event) => event;', 'streaming'],
    [
      'app.mjs',
      "import serverless from 'x';\nexport const handler = serverless(app);",
      'streaming',
    ],
    ['app.js', 'exports.handler = async (event) => ({ statusCode: 200 });', 'streaming'],
    [
      'app.mjs',
      '// export const handler = 1\nconst handler = 1; const text = "export { handler }";',
      'handler-export',
    ],
    ['app.js', 'module.exports = { main, other: 1 };', 'handler-export'],
    ['app.js', 'const handler = async () => {};\nmodule.exports = { handler };', 'streaming'],
    ['app.mjs', 'async function handler() {}\nexport { handler };', 'streaming'],
    ['app.js', "import 'x'; export const handler = make();", 'module-format'],
    ['app.ts', 'export const handler = 1', 'handler-file'],
    ['index.mjs', 'export const handler = 1', 'handler-file'],
  ])('%s: %s is not: %s', (file, text, code) => {
    expect(about(file, text)).toEqual([expect.stringContaining(`${code}: `)]);
  });

  it('that is a link out of the project is not read', () => {
    const outside = temporaryProject({ 'secret.mjs': 'export const secret = 1;' });
    const folder = temporaryProject({
      'template.yaml':
        'Resources: { F: { Type: AWS::Lambda::Function, Properties: { Code: ., Handler: app.handler, Runtime: nodejs24.x } } }',
    });
    symlinkSync(join(outside, 'secret.mjs'), join(folder, 'app.mjs'));
    const { findings } = checkTemplate(join(folder, 'template.yaml'), { today: TODAY });
    expect(findings).toEqual([]);
  });
});

it('leaves to start-api what only that cannot do', () => {
  const folder = temporaryProject({
    'template.yaml': `Parameters: { P: { Type: String } }
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: { Code: { ZipFile: x }, Handler: index.handler, Runtime: python3.14, Layers: [!Ref P], Environment: { Variables: { A: !Ref P } } }`,
  });
  expect(checkTemplate(join(folder, 'template.yaml'), { today: TODAY }).findings).toEqual([]);
});
