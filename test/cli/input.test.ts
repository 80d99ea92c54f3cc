import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { parseJson } from '../../src/cli/input.ts';

describe('parseJson', () => {
  it('gives the value, with or without a byte order mark', () => {
    expect(parseJson('{"a":[1,null]}', 'event')).toEqual({ a: [1, null] });
    expect(parseJson('\uFEFF 5 ', 'event')).toBe(5);
  });

  it.each([
    ['', '1:1: not JSON: it is empty'],
    ['  \n', '2:1: not JSON: it ends too early'],
    ['{', '1:2: not JSON: it ends too early'],
    ['{"a"', '1:5: not JSON: it ends too early'],
    ['{"a":', '1:6: not JSON: it ends too early'],
    ['[1,', '1:4: not JSON: it ends too early'],
    ['[1', '1:3: not JSON: it ends too early'],
    ['"a', '1:3: not JSON: it ends too early'],
    ['hello', '1:1: not JSON: unexpected "h"'],
    ['"hello', '1:7: not JSON: it ends too early'],
    ["{'a':1}", '1:2: not JSON: unexpected "\'"'],
    ['{\n  "a": 1,\n}', '3:1: not JSON: unexpected "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3: not JSON: unexpected "\\""'],
    ['{"a" 1}', '1:6: not JSON: unexpected "1"'],
    ['{"a":1,,}', '1:8: not JSON: unexpected ","'],
    ['[1,]', '1:4: not JSON: unexpected "]"'],
    ['[1}', '1:3: not JSON: unexpected "}"'],
    ['[,1]', '1:2: not JSON: unexpected ","'],
    ['{}}', '1:3: not JSON: unexpected "}"'],
    ['1 2', '1:3: not JSON: unexpected "2"'],
    ['01', '1:2: not JSON: unexpected "1"'],
    ['"a\nb"', '1:3: not JSON: unexpected "\\n"'],
    ['"\\x"', '1:2: not JSON: unexpected "\\\\"'],
    ['{"a":undefined}', '1:6: not JSON: unexpected "u"'],
    ['[1 /* one */]', '1:4: not JSON: unexpected "/"'],
    ['😀', '1:1: not JSON: unexpected "😀"'],
  ])('says where %j goes wrong', (text, message) => {
    const parse = (): unknown => parseJson(text, 'event.json');
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(expect.objectContaining({ message: `event.json:${message}` }));
  });

  it('finds a place in whatever JSON.parse refuses', () => {
    const cutAndDamaged = fc
      .tuple(fc.json(), fc.nat(40), fc.constantFrom('', ',', '}', ']', ':', '"', '\\', 'x', '\t'))
      .map(([json, at, extra]) => json.slice(0, at) + extra + json.slice(at + 1));
    fc.assert(
      fc.property(cutAndDamaged, (text) => {
        fc.pre(!isJson(text));
        expect(() => parseJson(text, 'e')).toThrow(/^e:\d+:\d+: not JSON: (unexpected|it )/);
      }),
    );
  });

  it('is not slow nor out of stack on a large event', () => {
    const deep = '['.repeat(100_000);
    expect(() => parseJson(deep, 'e')).toThrow('e:1:100001: not JSON: it ends too early');
    const long = `{"a":"${'\\n'.repeat(1_000_000)}`;
    expect(() => parseJson(long, 'e')).toThrow('e:1:2000007: not JSON: it ends too early');
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
