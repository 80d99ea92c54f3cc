import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../src/local/template.ts';
import { temporaryProject } from './temporary-project.ts';

interface Given {
  /** Other sections of the template. */
  sections?: string;
  /** More resources. */
  resources?: string;
  parameters?: Record<string, string>;
}

/**
 * What becomes of an expression, as the value of an environment variable, and what is said about
 * it.
 */
function valueOf(
  expression: string,
  { sections = '', resources = '', parameters = {} }: Given = {},
): { value: string | undefined; notes: string[] } {
  const folder = temporaryProject({
    'app.mjs': '',
    'template.yaml': `Transform: AWS::Serverless-2016-10-31
${sections}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.handler
      Runtime: nodejs24.x
      Environment:
        Variables:
          V: ${expression}
${resources}`,
  });
  const { functions, notes } = readTemplate(join(folder, 'template.yaml'), { parameters });
  return {
    value: functions[0]?.environment['V'],
    notes: notes.map(({ level, code, message }) => `${level} ${code}: ${message}`),
  };
}

const SECTIONS = `Parameters:
  Stage: { Type: String, Default: dev, AllowedValues: [dev, prod] }
  Names: { Type: CommaDelimitedList, Default: 'a, b,c' }
  Nothing: { Type: String }
  Secret: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /path/secret }
Mappings:
  Sizes: { dev: { memory: 128 }, prod: { memory: 1024 }, us-east-1: { memory: 1 } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsDev, !Equals [a, a]]
  Either: !Or [!Condition IsProd, !Equals [a, b]]`;

describe('an expression that can be known', () => {
  it.each([
    ['!Ref Stage', 'dev'],
    ['{ Ref: Stage }', 'dev'],
    ['!Ref AWS::Region', 'us-east-1'],
    ['!Ref AWS::StackName', 'template'],
    ['!Ref F', 'F'],
    ['!GetAtt F.Arn', 'arn:aws:lambda:us-east-1:111122223333:function:F'],
    ['!GetAtt [F, Arn]', 'arn:aws:lambda:us-east-1:111122223333:function:F'],
    ['{ Fn::GetAtt: F.Arn }', 'arn:aws:lambda:us-east-1:111122223333:function:F'],
    ["!Sub '${Stage}-${AWS::Partition}-${!Stage}-$'", 'dev-aws-${Stage}-$'],
    ["!Sub ['${Stage}-${X}', { X: !Ref AWS::URLSuffix }]", 'dev-amazonaws.com'],
    ["!Join ['-', [a, !Ref Stage, 1]]", 'a-dev-1'],
    ["!Join ['', !Ref Names]", 'abc'],
    ['!Select [1, !Ref Names]', 'b'],
    ["!Select [2, !Split ['/', x/y/z]]", 'z'],
    ['!If [IsProd, yes-it-is, no-it-is-not]', 'no-it-is-not'],
    ['!If [IsDev, 1, 2]', '1'],
    ['!If [Both, 1, 2]', '1'],
    ['!If [Either, 1, 2]', '2'],
    ['!FindInMap [Sizes, !Ref Stage, memory]', '128'],
    ['!FindInMap [Sizes, !Ref AWS::Region, memory]', '1'],
    ['!FindInMap [Sizes, none, memory, { DefaultValue: 5 }]', '5'],
    ['!Base64 abc', 'YWJj'],
    ['{ Fn::Length: !Ref Names }', '3'],
    ['{ Fn::ToJsonString: { a: [1, "1", true, ~] } }', '{"a":[1,"1",true,null]}'],
    ['1.0', '1.0'],
    ['0o17', '0o17'],
    ['2012-10-17', '2012-10-17'],
    ['yes', 'yes'],
    ['"*anchor"', '*anchor'],
  ])('%s', (expression, value) => {
    const { notes, ...found } = valueOf(expression, { sections: SECTIONS });
    expect(found).toEqual({ value });
    // Of the parameter without a value.
    expect(notes).toHaveLength(1);
  });

  it('takes what the user gives for parameters, pseudo parameters too', () => {
    const parameters = { Stage: 'prod', Nothing: 'something', 'AWS::Region': 'eu-west-1' };
    const given = { sections: SECTIONS, parameters };
    const text = "!Sub '${Stage} ${Nothing} ${AWS::Region}'";
    expect(valueOf(text, given)).toEqual({ value: 'prod something eu-west-1', notes: [] });
  });

  it('leaves out what is AWS::NoValue', () => {
    const { value, notes } = valueOf('!Ref AWS::NoValue');
    expect({ value, notes }).toEqual({ value: undefined, notes: [] });
  });

  it('merges aliases', () => {
    const resources = `
  G:
    Type: AWS::Serverless::Function
    Properties:
      <<: &shared { CodeUri: ., Runtime: nodejs24.x }
      Handler: app.handler
      Environment: { Variables: { A: &a b, C: *a } }`;
    expect(valueOf('1', { resources }).notes).toEqual([]);
  });
});

describe('an expression that only AWS can know', () => {
  it.each([
    ['!Ref Table', 'Table', '!Ref Table'],
    ['!GetAtt Table.Arn', 'Table.Arn', '!GetAtt Table.Arn'],
    ["!Sub 'x-${Table}-${Table.Arn}'", 'x-Table-Table.Arn', '!Ref Table, !GetAtt Table.Arn'],
    ['!ImportValue other', 'Fn::ImportValue other', 'Fn::ImportValue other'],
    ["!Select [0, !GetAZs '']", 'Fn::Select Fn::GetAZs', 'Fn::Select Fn::GetAZs'],
    ['!Ref Secret', '/path/secret', '!Ref Secret'],
    ["'{{resolve:ssm:name}}'", '{{resolve:ssm:name}}', '{{resolve:ssm:name}}'],
    ['!Ref ServerlessHttpApi', 'ServerlessHttpApi', '!Ref ServerlessHttpApi'],
    ['!Ref FRole', 'FRole', '!Ref FRole'],
    ['{ Fn::Transform: { Name: Macro } }', 'Fn::Transform Macro', 'Fn::Transform Macro'],
  ])('%s is a placeholder, and said so', (expression, value, what) => {
    const resources = '  Table: { Type: AWS::DynamoDB::Table }';
    const found = valueOf(expression, { sections: SECTIONS, resources });
    expect(found.value).toBe(value);
    expect(found.notes).toContain(
      `info placeholder: Environment.Variables.V of F is ${what}, which only AWS knows; it is ${JSON.stringify(value)} here`,
    );
    expect(found.notes).toHaveLength(2);
  });

  it('is a parameter without a value', () => {
    const sections = 'Parameters: { Key: { Type: String }, Old: { Type: String, Default: a } }';
    expect(valueOf('!Ref Key', { sections, parameters: { Typo: 'x' } })).toEqual({
      value: 'Key',
      notes: [
        'info parameter: parameter Key has no default, and no value was given',
        'info placeholder: Environment.Variables.V of F is !Ref Key, which only AWS knows; it is "Key" here',
        'warning parameter: the template has no parameter Typo; it has Key, Old',
      ],
    });
  });
});

describe('an expression that is wrong', () => {
  it.each([
    ['!Ref Gone', 'reference: there is no parameter and no resource Gone'],
    ['!GetAtt Gone.Arn', 'reference: there is no parameter and no resource Gone'],
    ["!Sub '${Gone}'", 'reference: there is no parameter and no resource Gone'],
    ['!GetAtt F', 'malformed-function: Fn::GetAtt takes the name of a resource and an attribute'],
    ['!Ref [a]', 'malformed-function: Ref takes a name'],
    ['!Sub { a: b }', 'malformed-function: Fn::Sub takes a text, or a text and a map'],
    ['!Join [a]', 'malformed-function: Fn::Join takes a delimiter and a list'],
    ['!Join [",", [[a]]]', 'malformed-function: Fn::Join takes a list of texts'],
    ['!If [IsProd, 1]', 'malformed-function: Fn::If takes the name of a condition and two values'],
    ['!If [Gone, 1, 2]', 'reference: there is no condition Gone'],
    ['!FindInMap [Sizes, none, memory]', 'reference: Mappings have no Sizes.none.memory'],
    ['!Select [7, [a]]', 'reference: Fn::Select wants item 7 of a list of 1'],
    ["!Split ['', a]", 'malformed-function: Fn::Split takes a delimiter and a text'],
    ['!Base64 [a]', 'malformed-function: Fn::Base64 takes a text'],
    ['!Reff Stage', 'unknown-function: there is no function Fn::Reff in CloudFormation'],
  ])('%s', (expression, note) => {
    const { notes } = valueOf(expression, { sections: SECTIONS });
    expect(notes).toContain(`error ${note}`);
  });

  it('is a condition that goes round in a circle', () => {
    const sections = 'Conditions: { A: !Not [!Condition B], B: !Not [!Condition A] }';
    const { notes } = valueOf('!If [A, 1, 2]', { sections });
    expect(notes).toEqual(['error cycle: condition A depends on itself']);
  });

  it('is a name that goes round in a circle', () => {
    const resources = '  G: { Type: AWS::Lambda::Function, Properties: { FunctionName: !Ref G } }';
    const { notes } = valueOf('1', { resources });
    expect(notes).toContain('error cycle: the FunctionName of G depends on itself');
  });

  it('is a parameter that is not allowed, or has no type', () => {
    const sections = 'Parameters: { A: { Type: String, Default: x, AllowedValues: [y] }, B: {} }';
    expect(valueOf('1', { sections }).notes).toEqual([
      'error parameter: parameter A may be y; it is x',
      'error parameter: parameter B has no Type',
      'info parameter: parameter B has no default, and no value was given',
    ]);
  });

  it('is a type of SAM without its transform', () => {
    const folder = temporaryProject({
      'app.mjs': '',
      'template.yaml':
        'Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: ., Handler: app.handler, Runtime: nodejs24.x } } }',
    });
    expect(readTemplate(join(folder, 'template.yaml')).notes).toMatchObject([
      { code: 'transform', fix: 'Transform: AWS::Serverless-2016-10-31', place: { line: 1 } },
    ]);
  });
});

it('leaves out resources whose condition does not hold', () => {
  const resources = `
  G: { Type: AWS::Serverless::Function, Condition: IsProd, Properties: { CodeUri: ., Handler: app.handler, Runtime: nodejs24.x } }
  H: { Type: AWS::Serverless::Function, Condition: IsDev, Properties: { CodeUri: ., Handler: app.handler, Runtime: nodejs24.x } }
Outputs:
  Ours: { Condition: IsProd, Value: !Ref NotThere }`;
  const folder = temporaryProject({
    'app.mjs': '',
    'template.yaml': `Transform: AWS::Serverless-2016-10-31\n${SECTIONS}\nResources:${resources}`,
  });
  const { functions, notes } = readTemplate(join(folder, 'template.yaml'));
  expect(functions.map(({ id }) => id)).toEqual(['H']);
  expect(notes.filter(({ level }) => level === 'error')).toEqual([]);
});
