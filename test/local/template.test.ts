import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Front, Note, Project } from '../../src/local/project.ts';
import { readTemplate, type TemplateOptions } from '../../src/local/template.ts';
import { root } from '../nodes.ts';
import { type Files, indent, sam, samFunction, temporaryProject } from './temporary-project.ts';

function read(template: string, options: TemplateOptions = {}, files: Files = {}): Project {
  const folder = temporaryProject({
    'app.mjs': '',
    'app.jar': '',
    ...files,
    'template.yaml': template,
  });
  return readTemplate(join(folder, 'template.yaml'), options);
}

/** Notes without their folders: `error 3:5 code message`. */
function said(notes: readonly Note[]): string[] {
  return notes.map(
    ({ level, code, message, place }) =>
      `${level} ${place?.line ?? '-'}:${place?.column ?? '-'} ${code}: ${message}`,
  );
}

/** A front without places, which only some tests are about. */
function bare(front: Front | undefined): unknown {
  return JSON.parse(
    JSON.stringify(front, (key, value: unknown) =>
      key === 'place' || key === 'places' ? undefined : value,
    ),
  );
}

function frontOf(project: Project, id: string): Front | undefined {
  return project.fronts.find((front) => front.id === id);
}

describe('our own template', () => {
  it('loads without errors, every door and both functions', () => {
    const parameters = { VpcId: 'vpc-1', SubnetIds: 'subnet-1,subnet-2' };
    const project = readTemplate(join(root, 'template.yaml'), { parameters });
    expect(project.notes.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(project.functions.map(({ id, build }) => [id, build?.entryPoints])).toEqual([
      ['Demo', ['handler.ts']],
      ['Streaming', ['handler.ts']],
    ]);
    expect(project.fronts.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'http-api DemoHttpApi',
      'rest-api DemoRestApi',
      'rest-api StreamingRestApi',
      'function-url Demo',
      'function-url Streaming',
      'alb DemoAlbListener',
    ]);
    expect(bare(frontOf(project, 'StreamingRestApi'))).toMatchObject({
      stage: 'live',
      binaryMediaTypes: ['*/*'],
      routes: [{ method: 'ANY', path: '/{proxy+}', stream: true, timeoutMs: 65_000 }],
    });
    expect(bare(frontOf(project, 'DemoAlbListener'))).toMatchObject({
      rules: [{ conditions: [], action: { functionId: 'Demo', multiValueHeaders: true } }],
      idleTimeoutMs: 60_000,
    });
  });

  it('has no load balancer without a VPC', () => {
    const { fronts } = readTemplate(join(root, 'template.yaml'));
    expect(fronts.map(({ kind }) => kind)).not.toContain('alb');
  });
});

describe('a function', () => {
  it('has what Globals and its own properties say, and defaults', () => {
    const project = read(
      sam(
        samFunction(
          'Api',
          `FunctionName: !Sub '\${AWS::StackName}-api'
Timeout: 12
Environment: { Variables: { OWN: !Ref Stage, SHARED: own, __proto__: kept } }
Architectures: [arm64]`,
        ) + '\nPlain:\n  Type: AWS::Serverless::Function\n  Properties: { Handler: app.handler }\n',
        `Parameters: { Stage: { Type: String, Default: dev } }
Globals:
  Function:
    Runtime: nodejs22.x
    MemorySize: 256
    Environment: { Variables: { GLOBAL: 1, SHARED: global } }`,
      ),
      { parameters: { Stage: 'prod' } },
    );
    const [api, plain] = project.functions;
    expect(api).toMatchObject({
      id: 'Api',
      name: 'template-api',
      runtime: 'nodejs24.x',
      handler: 'app.handler',
      codeFolder: project.folder,
      timeoutMs: 12_000,
      memoryMb: 256,
      architecture: 'arm64',
    });
    expect(Object.entries(api?.environment ?? {})).toEqual([
      ['GLOBAL', '1'],
      ['SHARED', 'own'],
      ['OWN', 'prod'],
      ['__proto__', 'kept'],
    ]);
    expect(plain).toMatchObject({
      name: 'Plain',
      runtime: 'nodejs22.x',
      timeoutMs: 3000,
      architecture: 'x86_64',
    });
    expect(said(project.notes)).toEqual([]);
  });

  it('has the properties of its build in the spelling of esbuild', () => {
    const { functions } = read(
      sam(`${samFunction('Built')}
  Metadata:
    BuildMethod: esbuild
    BuildProperties:
      EntryPoints: [app.ts, worker.ts]
      Format: esm
      Minify: true
      Sourcemap: 'true'
      SourcesContent: 'false'
      OutExtension: ['.js=.mjs']
      Loader: ['.png=file', '.html=text']
      Define: { 'process.env.X': '"1"' }
      External: aws-sdk
      Target: es2022
      JSX: automatic
      Banner: ['js=const a = 1;']
      UseNpmCi: true`),
    );
    expect(functions[0]?.build).toEqual({
      entryPoints: ['app.ts', 'worker.ts'],
      options: {
        format: 'esm',
        minify: true,
        sourcemap: true,
        sourcesContent: false,
        outExtension: { '.js': '.mjs' },
        loader: { '.png': 'file', '.html': 'text' },
        define: { 'process.env.X': '"1"' },
        external: ['aws-sdk'],
        target: ['es2022'],
        jsx: 'automatic',
        banner: { js: 'const a = 1;' },
      },
    });
  });

  it.each([
    ['Runtime: python3.14', 'F runs on python3.14, and only Node.js runs here'],
    ['PackageType: Image', 'F is a container image, which does not run here'],
    [
      'InlineCode: "exports.handler = 1"',
      'the code of F stands in the template; only files run here',
    ],
    ['CodeUri: s3://bucket/key.zip', 'the code of F is s3://bucket/key.zip, not in this project'],
    ['CodeUri: { Bucket: b, Key: k }', 'the code of F lies in S3, not in this project'],
    ['CodeUri: app.jar', 'CodeUri of F, app.jar, is a file; only a folder can be run from'],
    ['CodeUri: target/app.zip', 'CodeUri of F, target/app.zip, is not built yet'],
    ['CodeUri: !ImportValue Code', 'the code of F is Fn::ImportValue Code, not in this project'],
  ])('says why it cannot run here: %s', (property, reason) => {
    const [key = ''] = property.split(':');
    const kept = samFunction('F').replace(new RegExp(`^ *${key}:.*\n`, 'm'), '');
    const { functions, notes } = read(sam(`${kept}\n    ${property}`));
    expect(functions).toMatchObject([{ id: 'F', unsupported: reason }]);
    expect(notes).toMatchObject([{ level: 'warning', code: 'not-run-locally', message: reason }]);
  });

  it('may have one file for its code', () => {
    const source = samFunction('F').replace(/CodeUri: .*/, 'CodeUri: app.mjs');
    const { file, functions, notes } = read(sam(source));
    expect(notes).toEqual([]);
    expect(functions).toMatchObject([{ codeFolder: dirname(file) }]);
    expect(functions[0]).not.toHaveProperty('unsupported');
  });

  it('says what is left out: layers, other builders', () => {
    const layers = 'Layers: [arn:aws:lambda:us-east-1:1:layer:a:1]';
    const { notes } = read(
      sam(`${samFunction('F', layers)}\n  Metadata: { BuildMethod: makefile }`),
    );
    expect(said(notes)).toEqual([
      'warning 10:15 layers: the layer of F is left out here',
      'info 11:30 build-method: F is built by makefile, which you have to run first',
    ]);
  });

  it('says what AWS would check and serve, and this machine does not', () => {
    const { notes } = read(
      sam(`${samFunction('F')}
    Events:
      Add:
        Type: Api
        Properties: { RestApiId: !Ref Api, Path: /, Method: POST, RequestModel: { Model: User, ValidateBody: true } }
Api:
  Type: AWS::Serverless::Api
  Properties: { StageName: live, Auth: { ResourcePolicy: { IpRangeBlacklist: [192.0.2.0] } } }
Graph: { Type: AWS::Serverless::GraphQLApi }`),
    );
    expect(notes.map(({ level, code, message }) => `${level} ${code}: ${message}`)).toEqual([
      'info not-enforced: requests to POST / are validated on AWS, and not here',
      'info not-enforced: the ResourcePolicy of Api is not enforced locally',
      'warning not-served: Graph is a GraphQL API, which is not served here',
    ]);
  });

  it('says what is missing or of the wrong type, with line and column', () => {
    const { functions, notes } = read(
      sam(`F:
  Type: AWS::Serverless::Function
  Properties:
    CodeUri: nowhere
    Timeout: soon
    MemorySize: [1]
    Environment: { Variables: { A: { b: c } } }
G:
  Properties: {}`),
    );
    expect(functions).toMatchObject([{ id: 'F', timeoutMs: 3000, memoryMb: 128 }]);
    expect(said(notes)).toEqual([
      'error 4:3 runtime: F has no Runtime',
      'error 4:3 handler: F has no Handler',
      'error 7:16 code-missing: CodeUri of F, nowhere, is not there',
      'error 8:16 type: Timeout of F must be a number; it is "soon"',
      'error 9:19 type: MemorySize of F must be a text; it is a list',
      'error 10:38 type: Environment.Variables.A of F must be a text; it is a map',
      'error 11:3 type: G has no Type',
    ]);
  });

  it('is found where raw CloudFormation has it', () => {
    const { functions, notes } = read(
      `Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: { Code: src, Handler: app.handler, Runtime: nodejs24.x, Role: arn }
  Zip:
    Type: AWS::Lambda::Function
    Properties: { Code: { ZipFile: 'x' }, Handler: index.handler, Runtime: nodejs24.x, Role: arn }`,
      {},
      { 'src/app.mjs': '' },
    );
    expect(functions.map(({ id, unsupported }) => [id, unsupported])).toEqual([
      ['F', undefined],
      ['Zip', 'the code of Zip stands in the template; only files run here'],
    ]);
    expect(functions[0]?.codeFolder).toMatch(/\/src$/);
    expect(notes.map(({ level }) => level)).toEqual(['warning']);
  });

  it('whose code leads out of the project is not looked at', () => {
    const outside = temporaryProject({ 'secret.js': 'exports.handler = 1' });
    const folder = temporaryProject({
      'template.yaml': sam(
        ['..', '../..', outside, 'link', 'a/../../x', '"a\\0b"']
          .map((uri, nth) => samFunction(`F${nth}`).replace('CodeUri: .', `CodeUri: ${uri}`))
          .join('\n'),
      ),
    });
    symlinkSync(outside, join(folder, 'link'));
    const { functions, notes } = readTemplate(join(folder, 'template.yaml'));
    expect(functions.map(({ codeFolder }) => codeFolder)).toEqual(Array(6).fill(folder));
    expect(functions.every(({ unsupported }) => unsupported?.includes('leads out'))).toBe(true);
    expect(notes.map(({ level, code }) => `${level} ${code}`)).toEqual(
      Array(6).fill('error code-outside'),
    );
    // The same code is inside when the project is the folder above.
    mkdirSync(join(folder, 'infra'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(
      join(folder, 'infra/template.yaml'),
      sam(samFunction('F').replace('CodeUri: .', 'CodeUri: ../src')),
    );
    const wider = readTemplate(join(folder, 'infra/template.yaml'), { folder });
    expect(said(wider.notes)).toEqual([]);
    expect(wider.functions[0]?.codeFolder).toBe(join(folder, 'src'));
  });
});

describe('an HTTP API', () => {
  it('is made by events, with a stage, CORS, authorizers and base paths', () => {
    const project = read(
      sam(`${samFunction(
        'F',
        `Events:
  Get: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/items/{id}', Method: get } }
  Any: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/{proxy+}', Method: '*', PayloadFormatVersion: 1.0, TimeoutInMillis: 5000, Auth: { Authorizer: NONE } } }
  Rest: { Type: HttpApi, Properties: { ApiId: !Ref Api, Auth: { Authorizer: Jwt, AuthorizationScopes: [read] } } }`,
      )}
Check:
  Type: AWS::Serverless::Function
  Properties: { Handler: app.handler, Runtime: nodejs24.x }
Api:
  Type: AWS::Serverless::HttpApi
  Properties:
    StageName: dev
    StageVariables: { colour: blue }
    CorsConfiguration: { AllowOrigins: ['https://a.example'], AllowMethods: [GET], AllowHeaders: [x-a], MaxAge: 60, AllowCredentials: true }
    Domain: { DomainName: a.example, CertificateArn: arn, BasePath: [shop, /v2/] }
    Auth:
      DefaultAuthorizer: Own
      Authorizers:
        Own: { FunctionArn: !GetAtt Check.Arn, AuthorizerPayloadFormatVersion: 2.0, EnableSimpleResponses: true, Identity: { Headers: [Authorization] } }
        Jwt: { JwtConfiguration: { issuer: 'https://issuer.example', audience: [me] }, IdentitySource: $request.header.Authorization }`),
    );
    expect(said(project.notes)).toEqual([]);
    const own = {
      type: 'lambda',
      name: 'Own',
      functionId: 'Check',
      format: '2.0',
      simpleResponses: true,
      identitySources: ['$request.header.Authorization'],
    };
    const route = { functionId: 'F', payloadFormat: '2.0', timeoutMs: 30_000 };
    expect(bare(project.fronts[0])).toEqual({
      kind: 'http-api',
      id: 'Api',
      stage: 'dev',
      stageVariables: { colour: 'blue' },
      cors: {
        allowOrigins: ['https://a.example'],
        allowMethods: ['GET'],
        allowHeaders: ['x-a'],
        exposeHeaders: [],
        allowCredentials: true,
        maxAge: 60,
      },
      basePaths: ['shop', 'v2'],
      routes: [
        { ...route, method: 'GET', path: '/items/{id}', authorizer: own },
        { ...route, method: 'ANY', path: '/{proxy+}', payloadFormat: '1.0', timeoutMs: 5000 },
        {
          ...route,
          method: '$default',
          path: '$default',
          authorizer: {
            type: 'jwt',
            name: 'Jwt',
            issuer: 'https://issuer.example',
            audience: ['me'],
            scopes: ['read'],
            identitySource: '$request.header.Authorization',
          },
        },
      ],
    });
  });

  it('is made by SAM where an event names none', () => {
    const { fronts, notes } = read(
      sam(
        samFunction(
          'F',
          'Events: { Web: { Type: HttpApi }, Odd: { Type: HttpApi, Properties: { Path: /a } } }',
        ),
        'Globals: { HttpApi: { CorsConfiguration: true } }',
      ),
    );
    expect(bare(fronts[0])).toMatchObject({
      id: 'ServerlessHttpApi',
      stage: '$default',
      cors: { allowOrigins: ['*'] },
      routes: [{ method: '$default', functionId: 'F' }],
    });
    expect(said(notes)).toEqual(['error 10:41 route: event Odd of F has no Method']);
  });

  it('is read from plain CloudFormation: routes, stages, mappings, authorizers', () => {
    const project = read(`Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: ., Handler: app.handler, Runtime: nodejs24.x } }
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: api, ProtocolType: HTTP, CorsConfiguration: { AllowOrigins: ['*'] } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub 'arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${F.Arn}/invocations'
      PayloadFormatVersion: '1.0'
      TimeoutInMillis: 1000
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /a
      Target: !Join ['/', [integrations, !Ref Integration]]
      AuthorizationType: JWT
      AuthorizerId: !Ref Jwt
      AuthorizationScopes: [read]
  Elsewhere:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /b, Target: integrations/none }
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: ['$request.header.Authorization']
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: [me] }
  Live: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: live, StageVariables: { a: b } } }
  Default: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default } }
  Mapping: { Type: AWS::ApiGatewayV2::ApiMapping, Properties: { ApiId: !Ref Api, DomainName: a.example, Stage: live, ApiMappingKey: v1 } }
  Quick: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: quick, ProtocolType: HTTP, Target: !GetAtt F.Arn } }
  Chat: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: chat, ProtocolType: WEBSOCKET } }`);
    expect(said(project.notes)).toEqual([
      'warning 25:62 route-target: route GET /b leads to no function of this template: integrations/none',
      'warning 37:3 websocket: Chat is a WebSocket API, which is not served here',
    ]);
    const [live, initial, quick] = project.fronts.map(bare);
    expect(live).toMatchObject({
      id: 'Api',
      stage: 'live',
      stageVariables: { a: 'b' },
      basePaths: ['v1'],
      cors: { allowOrigins: ['*'] },
      routes: [
        {
          method: 'GET',
          path: '/a',
          functionId: 'F',
          payloadFormat: '1.0',
          timeoutMs: 1000,
          authorizer: { type: 'jwt', name: 'Jwt', audience: ['me'], scopes: ['read'] },
        },
      ],
    });
    expect(initial).toMatchObject({ id: 'Api', stage: '$default', basePaths: [] });
    expect(quick).toMatchObject({
      id: 'Quick',
      routes: [{ method: '$default', path: '$default', functionId: 'F', payloadFormat: '2.0' }],
    });
  });
});

describe('a REST API', () => {
  it('is made by events, with binary types, CORS, keys and authorizers', () => {
    const project = read(
      sam(`${samFunction(
        'F',
        `Events:
  Get: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /a, Method: get } }
  Open: { Type: Api, Properties: { RestApiId: !Ref Api, Path: '/{proxy+}', Method: ANY, ResponseTransferMode: STREAM, Auth: { Authorizer: NONE, ApiKeyRequired: false } } }
  Implicit: { Type: Api, Properties: { Path: /, Method: post } }
  Elsewhere: { Type: Api, Properties: { RestApiId: abc123, Path: /, Method: post } }`,
      )}
Api:
  Type: AWS::Serverless::Api
  Properties:
    StageName: live
    Variables: { a: b }
    BinaryMediaTypes: [image~1*, image/png]
    Cors: { AllowOrigin: "'https://a.example'", AllowHeaders: "'x-a,x-b'", MaxAge: "'600'" }
    Auth:
      ApiKeyRequired: true
      DefaultAuthorizer: Token
      Authorizers: { Token: { FunctionArn: !GetAtt F.Arn, Identity: { Header: X-Token } }, Pool: { UserPoolArn: arn } }
Key: { Type: AWS::ApiGateway::ApiKey, Properties: { Value: secret-key-of-20-letters } }
Mapping: { Type: AWS::ApiGateway::BasePathMapping, Properties: { RestApiId: !Ref Api, BasePath: shop, DomainName: a.example } }`),
    );
    expect(said(project.notes)).toEqual([
      'warning 14:9 route-target: event Elsewhere of F belongs to abc123, which is no API of this template',
      'warning 25:100 authorizer: authorizer Pool of Api lets all pass: Cognito user pools are not enforced locally',
    ]);
    const [api, implicit] = project.fronts.map(bare);
    expect(api).toEqual({
      kind: 'rest-api',
      id: 'Api',
      stage: 'live',
      stageVariables: { a: 'b' },
      binaryMediaTypes: ['image/*', 'image/png'],
      basePaths: ['shop'],
      apiKeys: ['secret-key-of-20-letters'],
      cors: {
        allowOrigins: ['https://a.example'],
        allowMethods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
        allowHeaders: ['x-a', 'x-b'],
        exposeHeaders: [],
        allowCredentials: false,
        maxAge: 600,
      },
      routes: [
        {
          method: 'GET',
          path: '/a',
          functionId: 'F',
          stream: false,
          timeoutMs: 29_000,
          apiKeyRequired: true,
          authorizer: {
            type: 'lambda',
            name: 'Token',
            functionId: 'F',
            format: 'rest-token',
            simpleResponses: false,
            identitySources: ['method.request.header.X-Token'],
          },
        },
        {
          method: 'ANY',
          path: '/{proxy+}',
          functionId: 'F',
          stream: true,
          timeoutMs: 29_000,
          apiKeyRequired: false,
        },
      ],
    });
    expect(implicit).toMatchObject({
      id: 'ServerlessRestApi',
      stage: 'Prod',
      routes: [{ method: 'POST', path: '/' }],
    });
  });

  const OPENAPI = `openapi: 3.0.1
x-amazon-apigateway-binary-media-types: ['*/*']
paths:
  /a:
    get:
      x-amazon-apigateway-integration:
        type: aws_proxy
        uri: !Sub arn:aws:apigateway:\${AWS::Region}:lambda:path/2021-11-15/functions/\${F.Arn}/response-streaming-invocations
        responseTransferMode: STREAM
        timeoutInMillis: 60000
    options: { x-amazon-apigateway-integration: { type: mock } }
  /b:
    x-amazon-apigateway-any-method: { x-amazon-apigateway-integration: { type: http, uri: 'https://a.example' } }
`;

  it.each([
    ['DefinitionBody', `DefinitionBody:\n${indent(OPENAPI, 2)}`],
    ['DefinitionUri', 'DefinitionUri: openapi.yaml'],
    [
      'AWS::Include',
      'DefinitionBody: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: openapi.yaml } } }',
    ],
  ])('is read from OpenAPI: %s', (_, property) => {
    const event = '{ Type: Api, Properties: { RestApiId: !Ref Api, Path: /a, Method: get } }';
    const { fronts, notes } = read(
      sam(`${samFunction('F', `Events:\n  A: ${event}\n  C: ${event.replace('/a', '/c')}`)}
Api:
  Type: AWS::Serverless::Api
  Properties:
    StageName: live
${indent(property, 4)}`),
      {},
      { 'openapi.yaml': OPENAPI },
    );
    expect(bare(fronts[0])).toMatchObject({
      binaryMediaTypes: ['*/*'],
      routes: [{ method: 'GET', path: '/a', functionId: 'F', stream: true, timeoutMs: 60_000 }],
    });
    expect(said(notes).map((note) => note.replace(/\d+:\d+ /, ''))).toEqual(
      expect.arrayContaining([
        'warning route-target: ANY /b leads to no function: its integration is http',
        'warning route: event C of F makes no route: Api has a definition, and /c is not in it',
      ]),
    );
    expect(notes).toHaveLength(2);
  });

  it('does not read a definition outside the project, nor one that includes itself', () => {
    const transform = (file: string): string =>
      `{ Fn::Transform: { Name: AWS::Include, Parameters: { Location: ${file} } } }`;
    const { notes } = read(
      sam(
        ['../openapi.yaml', 'loop.yaml', 'gone.yaml', 's3://b/k']
          .map(
            (file, nth) =>
              `A${nth}: { Type: AWS::Serverless::Api, Properties: { StageName: a, DefinitionBody: ${transform(file)} } }`,
          )
          .join('\n'),
      ),
      {},
      { 'loop.yaml': `paths: ${transform('loop.yaml')}` },
    );
    expect(notes.map(({ level, code, message }) => `${level} ${code}: ${message}`)).toEqual([
      'error cycle: loop.yaml includes itself',
      'error definition: ../openapi.yaml leads out of the project',
      'error definition: gone.yaml is not there',
      'warning definition: this lies in S3 and is not read',
    ]);
  });

  it('is read from plain CloudFormation: the tree of resources, methods, stages', () => {
    const uri = `!Sub 'arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${F.Arn}/invocations'`;
    const project = read(`Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: ., Handler: app.handler, Runtime: nodejs24.x } }
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: api } }
  Items: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: items } }
  Item: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !Ref Items, PathPart: '{id}' } }
  Round: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !Ref Round, PathPart: x } }
  Get: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref Item, HttpMethod: GET, AuthorizationType: NONE, ApiKeyRequired: true, Integration: { Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: ${uri} } } }
  Root: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: ANY, AuthorizationType: CUSTOM, AuthorizerId: !Ref Auth, Integration: { Type: AWS_PROXY, Uri: ${uri} } } }
  Lost: { Type: AWS::ApiGateway::Method, Properties: { RestApiId: !Ref Api, ResourceId: !Ref Round, HttpMethod: GET, Integration: { Type: AWS_PROXY, Uri: ${uri} } } }
  Auth: { Type: AWS::ApiGateway::Authorizer, Properties: { RestApiId: !Ref Api, Type: REQUEST, AuthorizerUri: ${uri}, IdentitySource: 'method.request.header.A, context.b' } }
  Deployment: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref Api, StageName: first, StageDescription: { Variables: { a: b } } } }
  Stage: { Type: AWS::ApiGateway::Stage, Properties: { RestApiId: !Ref Api, StageName: second } }
  Mapping: { Type: AWS::ApiGateway::BasePathMapping, Properties: { RestApiId: !Ref Api, Stage: second, DomainName: a.example } }`);
    expect(said(project.notes)).toEqual([
      'error 9:3 route: the path of Lost cannot be told: its ParentIds go round in a circle',
    ]);
    const [first, second] = project.fronts.map(bare);
    expect(first).toMatchObject({
      stage: 'first',
      stageVariables: { a: 'b' },
      basePaths: [],
      routes: [
        { method: 'GET', path: '/items/{id}', apiKeyRequired: true, stream: false },
        {
          method: 'ANY',
          path: '/',
          authorizer: {
            type: 'lambda',
            format: 'rest-request',
            functionId: 'F',
            identitySources: ['method.request.header.A', 'context.b'],
          },
        },
      ],
    });
    expect(second).toMatchObject({ stage: 'second', basePaths: [''] });
  });
});

describe('a function URL', () => {
  it('streams or not, with CORS, written by SAM or not', () => {
    const { fronts, notes } = read(
      sam(`${samFunction('F', 'FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM, Cors: { AllowOrigins: ["*"] } }')}
${samFunction('G', 'FunctionUrlConfig: { InvokeMode: STREAM }')}
Url: { Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: !Ref F, AuthType: AWS_IAM } }`),
    );
    expect(fronts.map(bare)).toMatchObject([
      {
        kind: 'function-url',
        id: 'F',
        stream: true,
        authType: 'NONE',
        cors: { allowOrigins: ['*'] },
      },
      { kind: 'function-url', id: 'G', stream: false, authType: 'AWS_IAM' },
      { kind: 'function-url', id: 'F', stream: false, authType: 'AWS_IAM' },
    ]);
    expect(said(notes)).toEqual([
      'error 17:26 auth-type: the function URL of G has no AuthType',
      'error 17:40 type: InvokeMode of G must be BUFFERED or RESPONSE_STREAM; it is STREAM',
    ]);
  });
});

describe('a load balancer', () => {
  it('has its rules in order of priority, and the default action last', () => {
    const project = read(`Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: ., Handler: app.handler, Runtime: nodejs24.x } }
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { LoadBalancerAttributes: [{ Key: idle_timeout.timeout_seconds, Value: '120' }] }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      DefaultActions: [{ Type: fixed-response, FixedResponseConfig: { StatusCode: 404, ContentType: text/plain, MessageBody: gone } }]
  Late:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 20
      Conditions: [{ Field: path-pattern, Values: [/old/*] }]
      Actions: [{ Type: redirect, RedirectConfig: { StatusCode: HTTP_301, Path: '/new/#{path}' } }]
  Early:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 3
      Conditions:
        - { Field: host-header, HostHeaderConfig: { Values: ['*.example'] } }
        - { Field: http-request-method, HttpRequestMethodConfig: { Values: [GET] } }
        - { Field: http-header, HttpHeaderConfig: { HttpHeaderName: X-A, Values: [a] } }
        - { Field: query-string, QueryStringConfig: { Values: [{ Key: a, Value: b }, { Value: c }] } }
        - { Field: source-ip, SourceIpConfig: { Values: [10.0.0.0/8] } }
      Actions:
        - { Type: forward, Order: 2, TargetGroupArn: !Ref Group }
        - { Type: authenticate-oidc, Order: 1 }
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: lambda
      Targets: [{ Id: !GetAtt F.Arn }]
      TargetGroupAttributes: [{ Key: lambda.multi_value_headers.enabled, Value: true }]
  Servers: { Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: { TargetType: ip } }
  Other:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: { DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Servers }] }`);
    expect(project.fronts.map(bare)).toEqual([
      {
        kind: 'alb',
        id: 'Listener',
        idleTimeoutMs: 120_000,
        rules: [
          {
            conditions: [
              { on: 'host', values: ['*.example'] },
              { on: 'method', values: ['GET'] },
              { on: 'header', name: 'X-A', values: ['a'] },
              { on: 'query', values: [{ key: 'a', value: 'b' }, { value: 'c' }] },
              { on: 'source-ip', values: ['10.0.0.0/8'] },
            ],
            action: {
              type: 'function',
              functionId: 'F',
              multiValueHeaders: true,
              group: { id: 'Group' },
            },
          },
          {
            conditions: [{ on: 'path', values: ['/old/*'] }],
            action: {
              type: 'redirect',
              status: 301,
              location: '#{protocol}://#{host}:#{port}/new/#{path}?#{query}',
            },
          },
          {
            conditions: [],
            action: { type: 'fixed', status: 404, contentType: 'text/plain', body: 'gone' },
          },
        ],
      },
    ]);
    expect(said(project.notes)).toEqual([
      'warning 31:11 authorizer: authenticate-oidc of Early is not enforced locally',
      'warning 39:3 route-target: Other forwards to Servers, which is no function; it is left out here',
    ]);
  });
});

it('reads JSON, with tabs and a byte order mark', () => {
  const template = {
    Resources: {
      F: {
        Type: 'AWS::Lambda::Function',
        Properties: { Code: '.', Handler: 'app.handler', Runtime: 'nodejs24.x', Timeout: 7 },
      },
      Url: {
        Type: 'AWS::Lambda::Url',
        Properties: { TargetFunctionArn: { 'Fn::GetAtt': ['F', 'Arn'] }, AuthType: 'NONE' },
      },
    },
  };
  const text = `\uFEFF${JSON.stringify(template, null, '\t')}`;
  expect(said(read(text.replaceAll('\n', '\r\n')).notes)).toEqual([]);
  const project = read(text);
  expect(said(project.notes)).toEqual([]);
  expect(project.functions).toMatchObject([{ id: 'F', timeoutMs: 7000 }]);
  expect(project.fronts).toMatchObject([{ kind: 'function-url', functionId: 'F' }]);
});
