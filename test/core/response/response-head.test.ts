import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ContractError } from '../../../src/core/errors.ts';
import { checkHead } from '../../../src/core/response/response-head.ts';
import type { HeaderList } from '../../../src/types.ts';

const headOf = (headers: unknown): ReturnType<typeof checkHead> =>
  checkHead('200 OK', headers as HeaderList);

describe('checkHead', () => {
  it('keeps order, spelling and repeats', () => {
    const headers: HeaderList = [
      ['X-Tag', 'one'],
      ['x-tag', 'two'],
      ['Content-Length', '12'],
      ['X-Tag', ''],
    ];
    expect(checkHead('404 Not Found', headers)).toEqual({
      status: '404 Not Found',
      code: 404,
      headers,
      declared: 12,
    });
  });

  it('copies, so that the application may go on with its list', () => {
    const pair: [string, string] = ['X-Tag', 'one'];
    const list = [pair];
    const head = headOf(list);
    pair[1] = 'changed';
    list.push(['X-More', 'late']);
    expect(head.headers).toEqual([['X-Tag', 'one']]);
  });

  it('takes frozen lists, and lists of another realm', () => {
    expect(headOf(Object.freeze([Object.freeze(['A', 'b'])])).headers).toEqual([['A', 'b']]);
    expect(headOf(runInNewContext(`[['A', 'b']]`)).headers).toEqual([['A', 'b']]);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'treats the header %s like any other',
    (name) => {
      expect(headOf([[name, 'v']]).headers).toEqual([[name, 'v']]);
    },
  );

  it('takes every byte that may stand in a value', () => {
    let value = '';
    for (let code = 0x20; code <= 0xff; code++)
      if (code !== 0x7f) value += String.fromCharCode(code);
    expect(headOf([['X', value]]).headers[0]?.[1]).toBe(value);
  });

  it('reads a tab as a space', () => {
    expect(headOf([['X', 'a\tb']]).headers).toEqual([['X', 'a b']]);
  });
});

describe('what is refused', () => {
  it.each(['200', '', '100 Continue', '200 OK\r\nX: y', 200, undefined])('status %j', (status) => {
    expect(() => checkHead(status as string, [])).toThrow(ContractError);
    expect(() => checkHead(status as string, [])).toThrow(/three digits.*got/);
  });

  it.each([
    ['no list', {}, /list of \[name, value\] pairs; got a plain object: use/],
    ['nothing', undefined, /got undefined/],
    ['a Map', new Map([['a', 'b']]), /got a Map/],
    ['fetch Headers', new Headers(), /got a Headers/],
    ['a string in the list', ['ab'], /pair \[name, value\]; got the string "ab"/],
    ['a triple', [['a', 'b', 'c']], /got an array of 3/],
    ['a hole', Array.from({ length: 1 }), /got undefined/],
    ['a number as value', [['X', 1]], /strings; got the string "X" and the number 1/],
    ['a String object', [['X', Object('x')]], /strings/],
    ['a value list', [['Set-Cookie', ['a', 'b']]], /an array of 2/],
    ['an empty name', [['', 'v']], /HTTP token; got the string ""/],
    ['a name with a space', [['X Y', 'v']], /HTTP token/],
    ['a name with CR LF', [['X\r\nY', 'v']], /HTTP token/],
    ['a name with a Kelvin sign', [['\u212aey', 'v']], /HTTP token/],
    ['CR', [['X', 'a\rb']], /header X has a control character/],
    ['LF', [['X', 'a\nb']], /control character/],
    ['NUL', [['X', 'a\0b']], /control character/],
    ['DEL', [['X', 'a\u007fb']], /control character/],
    ['CR LF above U+00FF', [['X', 'a\u010d\u010aSet-Cookie: x']], /encodeNative/],
    ['a lone surrogate', [['X', '\ud800']], /encodeNative/],
    ['Connection', [['Connection', 'close']], /Connection speaks of the connection/],
    ['Transfer-Encoding', [['TRANSFER-ENCODING', 'chunked']], /speaks of the connection/],
    ['Trailer', [['Trailer', 'x']], /speaks of the connection/],
    ['Status', [['status', '200 OK']], /no header Status/],
    [
      'two lengths',
      [
        ['Content-Length', '1'],
        ['content-length', '1'],
      ],
      /given once/,
    ],
    ['a negative length', [['Content-Length', '-1']], /in digits; got the string "-1"/],
    ['a length with a sign', [['Content-Length', '+5']], /in digits/],
    ['a hexadecimal length', [['Content-Length', '0x10']], /in digits/],
    ['an empty length', [['Content-Length', '']], /in digits/],
    ['a length beyond reason', [['Content-Length', '9'.repeat(16)]], /in digits/],
  ])('%s', (_, headers, message) => {
    expect(() => headOf(headers)).toThrow(ContractError);
    expect(() => headOf(headers)).toThrow(message);
  });
});
