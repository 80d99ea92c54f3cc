import { describe, expect, it } from 'vitest';
import { parameterOverrides } from '../../src/cli/parameters.ts';
import { differences } from '../../src/cli/replay/differences.ts';

describe('parameterOverrides', () => {
  it.each<[string[], Record<string, string>]>([
    [['A=1 B=2'], { A: '1', B: '2' }],
    [['A=1', 'B='], { A: '1', B: '' }],
    [['A="two words" B=a=b'], { A: 'two words', B: 'a=b' }],
    [[String.raw`A="a \"quoted\" word"`], { A: 'a "quoted" word' }],
    [['ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue="x y"'], { A: '1', B: 'x y' }],
    [['AWS::Region=eu-west-1'], { 'AWS::Region': 'eu-west-1' }],
  ])('reads %j', (given, expected) => {
    expect(parameterOverrides(given)).toEqual(expected);
  });

  it.each(['A', 'A=1 B', '=1'])('refuses %s', (text) => {
    expect(() => parameterOverrides([text])).toThrow(/takes Name=value; got/);
  });
});

describe('differences', () => {
  it('names each place', () => {
    const old = { statusCode: 200, headers: { a: '1', b: '2' }, body: '{"n":[1,2],"same":true}' };
    const now = { statusCode: 201, headers: { a: '1', c: '3' }, body: '{"n":[1,3],"same":true}' };
    expect(differences(old, now)).toEqual([
      '  - statusCode: 200',
      '  + statusCode: 201',
      '  - headers.b: "2"',
      '  + headers.c: "3"',
      '  - body.n.1: 2',
      '  + body.n.1: 3',
    ]);
    expect(differences(old, structuredClone(old))).toEqual([]);
    expect(differences('a', null)).toEqual(['  - reply: "a"', '  + reply: null']);
    expect(differences([1], { 0: 1 })).toHaveLength(2);
  });
});
