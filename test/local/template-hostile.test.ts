/**
 * Templates that come from anywhere: whatever they hold, the reader answers with notes, and within
 * the time that a test has. What the texts here are guarded from takes minutes, or the process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../src/local/check.ts';
import type { Project } from '../../src/local/project.ts';
import { readTemplate } from '../../src/local/template.ts';
import { temporaryProject } from './temporary-project.ts';

const FUNCTION = `F: { Type: AWS::Serverless::Function, Properties: { CodeUri: ., Handler: a.b, Runtime: nodejs24.x } }`;

function read(text: string | Uint8Array): Project {
  const folder = temporaryProject({});
  const file = join(folder, 'template.yaml');
  writeFileSync(file, text);
  return readTemplate(file);
}

function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

describe('a text that is no template', () => {
  it.each<[what: string, text: string, line: number, message: string]>([
    ['nothing', '', 1, 'the template is empty'],
    ['a comment', '# only\n', 1, 'the template is empty'],
    ['a text', 'hello', 1, 'this is no template: it has no Resources'],
    ['a list', '- a\n- b', 1, 'this is no template: it has no Resources'],
    ['no resources', 'Resources: {}', 1, 'this is no template: it has no Resources'],
    ['a quote that stays open', 'Resources:\n  "a', 2, 'missing closing "quote'],
    ['a bracket that stays open', 'Resources: {\n a: [1,\n', 3, 'must be sufficiently indented'],
    ['tabs', 'Resources:\n\ta: 1', 2, 'tabs are not allowed as indentation'],
    ['two documents', 'Resources: {}\n---\na: 1', 2, 'a template is one document'],
    ['an alias to nothing', 'Resources: *nothing', 1, 'there is no &nothing'],
    ['an alias to itself', 'Resources: &a { b: *a }', 1, 'stands for something that holds itself'],
    ['a key that is a list', 'Resources:\n  ? [a]\n  : b', 2, 'a key must be a plain text'],
  ])('%s', (_, text, line, message) => {
    const { notes, functions } = read(text);
    expect(functions).toEqual([]);
    const errors = notes.filter(({ level }) => level === 'error');
    const found = errors.find((error) => error.message.includes(message));
    expect(found?.place?.line, errors.map((error) => error.message).join('; ')).toBe(line);
  });

  it('is no text at all', () => {
    expect(read(Uint8Array.of(0xff, 0xfe, 0, 1)).notes).toMatchObject([{ code: 'file' }]);
    const folder = temporaryProject({});
    mkdirSync(join(folder, 'template.yaml'));
    expect(readTemplate(join(folder, 'template.yaml')).notes).toMatchObject([
      { code: 'file', message: expect.stringContaining('it is no file') },
    ]);
    expect(readTemplate(join(folder, 'gone.yaml')).notes).toMatchObject([
      { code: 'file', message: expect.stringContaining('there is no such file') },
    ]);
  });

  it('says in characters what does not belong there', () => {
    expect(read('Resources:\n  A: { Path: /a/{id}, Method: GET }').notes).toMatchObject([
      {
        code: 'yaml',
        message: 'unexpected { behind a value; a text that holds one needs quotes',
        place: { line: 2, column: 17 },
      },
    ]);
  });

  it('says where keys stand twice, and goes on with the last', () => {
    const { notes, functions } = read(
      `Transform: AWS::Serverless-2016-10-31\nResources:\n  ${FUNCTION}\n  ${FUNCTION.replace('a.b', 'c.d')}`,
    );
    expect(notes).toMatchObject([
      {
        code: 'yaml',
        message: 'F stands here twice, in line 3 too',
        place: { line: 4, column: 3 },
      },
    ]);
    expect(functions).toMatchObject([{ handler: 'c.d' }]);
  });
});

describe('a text made to break the reader', () => {
  const bomb = Array.from(
    { length: 30 },
    (_, nth) => `a${nth}: &a${nth} [${nth === 0 ? '1' : `*a${nth - 1}, *a${nth - 1}`}]`,
  ).join('\n');
  const doubling = Array.from({ length: 60 }).reduce<string>(
    (inner) => `!Sub ['\${x}\${x}', { x: ${inner} }]`,
    'ab',
  );
  it.each<[what: string, text: string, code: string]>([
    ['too large', `#${' '.repeat(5 * 1024 * 1024)}\nResources: {}`, 'file'],
    ['deep brackets', `Resources: ${nested('[', ']', 50_000)}`, 'yaml'],
    ['deep braces', `Resources: ${nested('{a: ', '}', 50_000)}`, 'yaml'],
    ['deep lists', `Resources:\n  ${'- '.repeat(50_000)}`, 'yaml'],
    ['deep keys', '? '.repeat(50_000), 'yaml'],
    [
      'deep lines',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'yaml',
    ],
    ['brackets that only open', '['.repeat(100_000), 'yaml'],
    ['brackets that only close', ']'.repeat(100_000), 'yaml'],
    ['colons', ': :\n'.repeat(50_000), 'yaml'],
    ['an alias bomb', `${bomb}\nResources: *a29`, 'yaml'],
    [
      'deep aliases',
      `${Array.from({ length: 200 }, (_, nth) => `a${nth}: &a${nth} ${nested('[', ']', 20).replace('1', nth === 0 ? '1' : `*a${nth - 1}`)}`).join('\n')}\nResources: *a199`,
      'yaml',
    ],
    [
      'texts that double',
      `Resources:\n  F: { Type: A::B::C, Properties: { V: ${doubling.replaceAll("'", '"').slice(0, 200_000)} } }`,
      'yaml',
    ],
  ])('%s', (_, text, code) => {
    const { notes } = read(text);
    expect(notes).toContainEqual(expect.objectContaining({ level: 'error', code }));
  });

  it('texts that double at each of 20 levels', () => {
    const text = Array.from({ length: 20 }).reduce<string>(
      (inner) => `!Sub ["\${x}\${x}", { x: ${inner} }]`,
      'ab',
    );
    const { notes } = read(`Resources:\n  F: { Type: A::B::C, Properties: { V: ${text} } }`);
    expect(notes).toContainEqual(expect.objectContaining({ code: 'too-long' }));
  });

  it.each<[what: string, text: string, codes: string[]]>([
    [
      'variables that never end',
      `Resources: { F: { Type: A::B::C, Properties: { V: !Sub "${'${'.repeat(500_000)}" } } }`,
      [],
    ],
    [
      'large texts put together often',
      `Mappings: { M: { a: { b: [${'a,'.repeat(100_000)}] } } }\nResources: { F: { Type: A::B::C, Properties: { V: [${'!Join ["", !FindInMap [M, a, b]],'.repeat(5000)}] } } }`,
      ['too-much'],
    ],
    [
      'slashes',
      `Resources: { A: { Type: AWS::Serverless::HttpApi, Properties: { Domain: { BasePath: "${'/'.repeat(500_000)}x${'/'.repeat(500_000)}x" } } } }\nTransform: x`,
      [],
    ],
    [
      'routes',
      `Transform: x\nResources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: ., Handler: a.b, Runtime: nodejs24.x, Events: { ${Array.from({ length: 10_000 }, (_, nth) => `E${nth}: { Type: Api, Properties: { Path: "/a${nth}/{p+}", Method: ANY } }`).join(', ')} } } } }`,
      ['root-route'],
    ],
    [
      'resources',
      `Resources: { ${Array.from({ length: 501 }, (_, nth) => `R${nth}: { Type: A::B::C }`).join(', ')} }`,
      ['template'],
    ],
    [
      'a large parameter',
      `Parameters: { P: { Type: CommaDelimitedList, Default: "${','.repeat(5000)}" } }\nResources: { F: { Type: A::B::C } }`,
      ['parameter'],
    ],
  ])('%s', (_, text, codes) => {
    const file = join(temporaryProject({ 'template.yaml': text }), 'template.yaml');
    const { findings } = checkTemplate(file);
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(codes));
  });

  it('sources made to break the look into them', () => {
    const template =
      'Resources: { F: { Type: AWS::Lambda::Function, Properties: { Code: ., Handler: app.handler, Runtime: nodejs24.x } } }';
    for (const piece of [
      '/*',
      '`',
      '"',
      "'",
      'export const handler ',
      'module.exports = {',
      'export {',
      'export const {',
      'import(',
      '${',
      'a as b ',
    ]) {
      const source = piece.repeat(Math.floor(250_000 / piece.length));
      const folder = temporaryProject({ 'template.yaml': template, 'app.mjs': source });
      const started = performance.now();
      checkTemplate(join(folder, 'template.yaml'));
      expect(performance.now() - started, piece).toBeLessThan(20_000);
    }
  }, 120_000);

  it('100000 keys and 100000 references', () => {
    const keys = Array.from({ length: 50_000 }, (_, nth) => `    K${nth}: !Ref P`).join('\n');
    const { notes } = read(
      `Parameters: { P: { Type: String, Default: ${'x'.repeat(4096)} } }\nResources:\n  F:\n   Type: A::B::C\n   Properties:\n${keys}`,
    );
    expect(notes).toEqual([]);
  }, 60_000);

  it('names of prototypes', () => {
    const { notes, functions } = read(
      `Transform: AWS::Serverless-2016-10-31
Parameters: { constructor: { Type: String, Default: a } }
Resources:
  __proto__: { Type: AWS::Serverless::Function, Properties: { CodeUri: ., Handler: a.b, Runtime: constructor } }
  toString: { Type: AWS::Serverless::HttpApi, Properties: { StageVariables: { __proto__: x }, Auth: { Authorizers: { valueOf: {} } } } }`,
    );
    expect(functions.map(({ id }) => id)).toEqual(['__proto__']);
    expect(notes.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

/** Words that mean something to the reader, so that random trees get somewhere. */
const TYPES = [
  'AWS::Serverless::Function',
  'AWS::Serverless::Api',
  'AWS::Serverless::HttpApi',
  'AWS::Lambda::Function',
  'AWS::Lambda::Url',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Resource',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Deployment',
  'AWS::ApiGateway::Stage',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
];
const KEYS = (
  'CodeUri Code Handler Runtime Events Environment Variables Timeout MemorySize FunctionUrlConfig AuthType InvokeMode Cors ' +
  'AllowOrigins Type Properties Path Method ApiId RestApiId StageName Auth Authorizers DefaultAuthorizer DefinitionBody ' +
  'paths / x-amazon-apigateway-integration BinaryMediaTypes Domain BasePath ResourceId ParentId Integration Uri RouteKey ' +
  'Target IntegrationUri DefaultActions Actions Conditions TargetGroupArn TargetType Targets Id Layers Metadata BuildMethod ' +
  'BuildProperties EntryPoints Loader OutExtension FunctionName Ref Fn::GetAtt Fn::Sub Fn::Join Fn::If Fn::Select Fn::Split ' +
  'Fn::FindInMap Fn::Equals Fn::Not Condition Fn::Transform Fn::Base64 Name Parameters Location'
).split(' ');
const WORDS = [
  ...TYPES,
  ...'A B C A.Arn B.RootResourceId integrations/A Api HttpApi esbuild nodejs24.x app.handler . .. /{proxy+} / ANY GET'.split(
    ' ',
  ),
  '${A}',
  '${A.Arn}-${B}',
  '${!x}',
  '*~1*',
  'NONE',
  'lambda',
  'forward',
  'AWS_PROXY',
  'AWS::NoValue',
  'AWS::Include',
];
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(...WORDS, null, true, 0, -1.5, ''),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('node'), { maxKeys: 5 }),
  ),
})).node;
const resource = fc.record(
  {
    Type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom<unknown>(...TYPES) }, tree),
    Properties: fc.oneof(
      { weight: 9, arbitrary: fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 8 }) },
      tree,
    ),
    Metadata: tree,
    Condition: fc.oneof(fc.constantFrom<unknown>('A', 'B'), tree),
    DependsOn: tree,
  },
  { requiredKeys: ['Type'] },
);
const template = fc.record(
  {
    Transform: fc.constantFrom<unknown>(
      'AWS::Serverless-2016-10-31',
      ['AWS::LanguageExtensions'],
      {},
    ),
    Globals: fc.dictionary(fc.constantFrom('Function', 'Api', 'HttpApi'), tree),
    Parameters: fc.oneof(fc.dictionary(fc.constantFrom('A', 'P'), tree), tree),
    Conditions: fc.oneof(fc.dictionary(fc.constantFrom('A', 'B'), tree), tree),
    Mappings: tree,
    Outputs: tree,
    Resources: fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D'), resource, { minKeys: 1 }),
  },
  { requiredKeys: ['Resources'] },
);

describe('a random template', () => {
  const folder = temporaryProject({ 'app.mjs': 'export const handler = async () => {};' });
  const file = join(folder, 'template.yaml');

  it('never throws, and every note says where', () => {
    let functions = 0;
    let fronts = 0;
    fc.assert(
      fc.property(template, (value) => {
        writeFileSync(file, JSON.stringify(value));
        const { project, findings } = checkTemplate(file);
        functions += project.functions.length;
        fronts += project.fronts.length;
        for (const { message, place } of [...project.notes, ...findings]) {
          expect(message).not.toMatch(/undefined|\[object/);
          expect(place === undefined || place.line >= 1).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    // Or the property would hold of a reader that reads nothing.
    expect(functions).toBeGreaterThan(100);
    expect(fronts).toBeGreaterThan(100);
  }, 120_000);

  it('never throws, whatever the characters', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              'Resources:',
              '\n',
              '\n  ',
              '- ',
              '{',
              '}',
              '[',
              ']',
              '"',
              "'",
              '!Ref ',
              '!',
              '&a ',
              '*a',
              ': ',
              '|\n',
              '? ',
              '#',
              '\t',
              '<<: ',
            ),
            fc.string({ unit: 'binary', maxLength: 5 }),
          ),
          { maxLength: 40 },
        ),
        (pieces) => {
          writeFileSync(file, pieces.join(''));
          const { notes } = readTemplate(file);
          expect(notes.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  }, 120_000);
});
