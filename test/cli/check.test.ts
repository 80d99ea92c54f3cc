/** `gatecall check`, as a shell starts it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parameterOverrides } from '../../src/cli/parameters.ts';
import type { Report } from '../../src/cli/check.ts';
import { sam, samFunction, temporaryProject } from '../local/temporary-project.ts';
import { requireDist, root } from '../nodes.ts';

beforeAll(requireDist);

function run(folder: string, ...args: string[]): { code: number | null; out: string; log: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/command/cli.js'), 'check', ...args],
    { cwd: folder, encoding: 'utf8', timeout: 20_000, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return { code: status, out: stdout, log: stderr };
}

const HANDLER = 'export const handler = async () => ({ statusCode: 200 });';
const URL = 'FunctionUrlConfig: { AuthType: NONE, InvokeMode: !Ref Mode }';
const PARAMETERS = 'Parameters: { Mode: { Type: String, Default: BUFFERED } }';
const FILES = { 'app.mjs': HANDLER, 'template.yaml': sam(samFunction('F', URL), PARAMETERS) };

describe('gatecall check', () => {
  it('says that all is well, and exits with 0', () => {
    expect(run(temporaryProject(FILES))).toEqual({
      code: 0,
      out: 'template.yaml: 1 function, 1 front: 0 errors, 0 warnings\n',
      log: '',
    });
  });

  it('says what is wrong, where, and what to do, and exits with 1', () => {
    expect(run(temporaryProject(FILES), '--parameter-overrides', 'Mode=RESPONSE_STREAM')).toEqual({
      code: 1,
      out: `template.yaml:10:61: error: the function URL of F streams, and app.handler answers in one piece: the client gets the reply's JSON in place of the page [streaming]
    export toStreamingLambdaHandler(application), or set InvokeMode: BUFFERED
template.yaml: 1 function, 1 front: 1 error, 0 warnings
`,
      log: '',
    });
  });

  it('exits with 0 on warnings alone', () => {
    const files = {
      ...FILES,
      'template.yml': FILES['template.yaml'].replace('nodejs24', 'nodejs99'),
    };
    const { code, out } = run(temporaryProject(files), 'template.yml');
    expect(code).toBe(0);
    expect(out).toMatch(/^template\.yml:9:16: warning: .* \[runtime\]\n {4}Runtime: nodejs24\.x\n/);
  });

  it('prints JSON for programs', () => {
    const folder = temporaryProject({ 'infra/template.json': '{ "Resources": { "F": {} } }' });
    const { code, out } = run(folder, 'infra/template.json', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out) as Report).toEqual({
      template: 'infra/template.json',
      functions: 0,
      fronts: 0,
      errors: 1,
      warnings: 0,
      findings: [
        {
          level: 'error',
          code: 'type',
          message: 'F has no Type',
          file: 'infra/template.json',
          line: 1,
          column: 18,
          resource: 'F',
        },
      ],
    });
  });

  it('takes the current folder for the project if the template lies in it', () => {
    const template = FILES['template.yaml'].replace('CodeUri: .', 'CodeUri: ../src');
    const folder = temporaryProject({ 'src/app.mjs': HANDLER, 'infra/template.yaml': template });
    expect(run(folder, 'infra/template.yaml')).toMatchObject({ code: 0 });
    const { code, out } = run(join(folder, 'infra'));
    expect(code).toBe(1);
    expect(out).toContain('leads out of the project');
  });

  it('says what is wrong with a text that is no template, and exits with 1', () => {
    expect(run(temporaryProject({ 'template.yaml': 'Resources:\n  "a' }))).toMatchObject({
      code: 1,
      out: expect.stringContaining('template.yaml:2:5: error: missing closing "quote [yaml]'),
    });
  });

  it.each([
    [[], 'there is no template.yaml, template.yml, template.json here'],
    [['gone.yaml'], 'there is no file gone.yaml'],
    [['.'], '. is no file'],
    [['a', 'b'], 'one template at a time; what is "b"?'],
    [['--jsno'], "Unknown option '--jsno'"],
    [['--parameter-overrides', 'Mode'], '--parameter-overrides takes Name=value; got "Mode"'],
  ])('exits with 2 for %j', (args, message) => {
    const { code, out, log } = run(temporaryProject({}), ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(log).toContain(message);
  });

  it('says of examples/check what its README.md shows', () => {
    const folder = join(root, 'examples/check');
    const { code, out } = run(folder);
    expect(code).toBe(1);
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toContain(out.trimEnd().replace(/^/gm, '    '));
  });

  it('has a help', () => {
    const { code, out } = run(temporaryProject({}), '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: gatecall check /);
  });
});

describe('--parameter-overrides', () => {
  it.each<[values: string[], expected: object]>([
    [[], {}],
    [['A=1'], { A: '1' }],
    [['A=1 B=two', 'C='], { A: '1', B: 'two', C: '' }],
    [['A="two words" B="a \\"quote\\""'], { A: 'two words', B: 'a "quote"' }],
    [['A=x=y,z AWS::Region=eu-west-1'], { A: 'x=y,z', 'AWS::Region': 'eu-west-1' }],
    [['ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue="b c"'], { A: '1', B: 'b c' }],
  ])('%j', (values, expected) => {
    expect(parameterOverrides(values)).toEqual(expected);
  });
});
