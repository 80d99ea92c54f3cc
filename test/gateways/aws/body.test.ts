import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { BufferedResponse } from '../../../src/core/transport.ts';
import { decodeBody, encodeBody } from '../../../src/gateways/aws/body.ts';
import { isTextType } from '../../../src/gateways/aws/text.ts';
import type { HeaderList } from '../../../src/types.ts';
import { decode, encode } from './support.ts';

function encoded(
  body: Uint8Array | string,
  headers: HeaderList,
  isText: (type: string) => boolean = isTextType,
): ReturnType<typeof encodeBody> {
  const response = new BufferedResponse();
  response.begin('200 OK', headers);
  response.send(typeof body === 'string' ? encode(body) : body);
  return encodeBody(response, isText);
}

describe('decodeBody', () => {
  it.each([null, undefined, ''])('%j is none', (body) => {
    expect(decodeBody(body, false)).toBeUndefined();
    expect(decodeBody(body, true)).toBeUndefined();
  });

  it('reads text as UTF-8, and base64 where the flag is true and nothing else', () => {
    expect(decode(decodeBody('λ', false) ?? encode(''))).toBe('λ');
    expect(decode(decodeBody('aGk=', true) ?? encode(''))).toBe('hi');
    expect(decode(decodeBody('aGk=', 'true') ?? encode(''))).toBe('aGk=');
    expect(decode(decodeBody('aGk=', undefined) ?? encode(''))).toBe('aGk=');
  });

  const bytes = Uint8Array.of(0, 255, 10);
  const within = Uint8Array.of(1, 2, 0, 255, 10, 3);
  it.each<[string, unknown]>([
    ['a Buffer', Buffer.from(bytes)],
    ['a Uint8Array', bytes],
    ['a view of a larger buffer', within.subarray(2, 5)],
    ['a typed array of another kind', new Uint8ClampedArray(bytes)],
    ['a DataView', new DataView(within.buffer, 2, 3)],
    ['an ArrayBuffer', bytes.slice().buffer],
    ['an ArrayBuffer of another realm', runInNewContext('Uint8Array.of(0, 255, 10).buffer')],
    ['a Buffer that went through JSON', JSON.parse(JSON.stringify(Buffer.from(bytes)))],
  ])('takes the bytes of %s as they are, whatever the flag', (_, body) => {
    for (const flag of [true, false])
      expect([...(decodeBody(body, flag) ?? [])]).toEqual([...bytes]);
  });

  it('takes the bytes of wider numbers as they lie in memory', () => {
    const wide = Float64Array.of(1.5);
    expect(decodeBody(wide, false)).toHaveLength(8);
  });

  it.each<unknown>([
    { a: 1, b: [null, 'é\ud800'] },
    {},
    [],
    [1, 2],
    7,
    0,
    true,
    false,
    { type: 'Buffer', data: [256] },
    { type: 'Buffer', data: 'text' },
    Object.assign(Object.create(null) as object, { x: 1 }),
    new Date(0),
    new (class Pet {
      name = 'Rex';
    })(),
  ])('takes %j as its JSON', (body) => {
    expect(decode(decodeBody(body, true) ?? encode(''))).toBe(JSON.stringify(body));
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each<[string, unknown, RegExp]>([
    ['a cycle', cycle, /a plain object/],
    ['a BigInt', 1n, /the bigint 1/],
    ['one inside', { n: 1n }, /a plain object/],
    ['a function', () => 'x', /a function/],
    ['a symbol', Symbol('s'), /the symbol Symbol\(s\)/],
    ['a Map', new Map([['a', 1]]), /a Map/],
    ['a Set', new Set([1]), /a Set/],
    ['a FormData', new FormData(), /a FormData/],
    ['a URLSearchParams', new URLSearchParams('a=1'), /a URLSearchParams/],
    ['a Blob', new Blob(['x']), /a Blob/],
    ['a promise', Promise.resolve('x'), /a Promise/],
    ['a web stream', new ReadableStream(), /a ReadableStream/],
    ['a Node stream', Readable.from(['x']), /a plain object/],
    ['what JSON leaves out', { toJSON: () => undefined }, /a plain object/],
  ])('refuses %s by name', (_, body, name) => {
    expect(() => decodeBody(body, false)).toThrow(TypeError);
    expect(() => decodeBody(body, false)).toThrow(/^the body of the event is /);
    expect(() => decodeBody(body, false)).toThrow(name);
  });

  it('never throws, whatever comes as base64 or text', () => {
    expect(decodeBody('%%%', true)).toHaveLength(0);
    expect([...(decodeBody('\ud800', false) ?? [])]).toEqual([0xef, 0xbf, 0xbd]);
  });
});

describe('encodeBody', () => {
  const text = (type: string): HeaderList => [['Content-Type', type]];

  it.each([
    'text/plain',
    'TEXT/HTML; charset=utf-8',
    ' text/css',
    'application/json',
    'application/json;charset=utf-8',
    'application/problem+json',
    'application/atom+xml; q=1',
    'application/xml',
    'application/javascript',
    'application/x-www-form-urlencoded',
    'application/x-ndjson',
    'image/svg+xml',
  ])('sends %s as a string', (type) => {
    expect(encoded('é\n', text(type))).toEqual({ body: 'é\n', isBase64Encoded: false });
  });

  it.each([
    'image/png',
    'application/octet-stream',
    'application/jsonp',
    'application/vnd.x+jsonx',
    'multipart/form-data; boundary=text/plain',
    'application/pdf; x=+json',
    '',
  ])('sends %j as base64', (type) => {
    expect(encoded('é', text(type))).toEqual({ body: 'w6k=', isBase64Encoded: true });
  });

  it('sends base64 without a type, with a content coding, and for bytes that are no UTF-8', () => {
    expect(encoded('x', [])).toMatchObject({ isBase64Encoded: true });
    expect(encoded('x', [...text('text/plain'), ['Content-Encoding', 'gzip']])).toMatchObject({
      isBase64Encoded: true,
    });
    expect(encoded('x', [...text('text/plain'), ['content-encoding', 'Identity']])).toMatchObject({
      isBase64Encoded: false,
    });
    const latin1 = Uint8Array.of(0x63, 0xe9);
    expect(encoded(latin1, text('text/html; charset=iso-8859-1'))).toEqual({
      body: 'Y+k=',
      isBase64Encoded: true,
    });
  });

  it('takes U+FFFD and a byte order mark of the text’s own for text', () => {
    for (const content of ['a\ufffdb', '\ufeffx', '\u0000']) {
      expect(encoded(content, text('text/plain'))).toEqual({
        body: content,
        isBase64Encoded: false,
      });
    }
  });

  it('sends an empty body as no base64', () => {
    expect(encoded('', text('image/png'))).toEqual({ body: '', isBase64Encoded: false });
  });

  it('encodes a view of a larger buffer, and nothing around it', () => {
    const view = encode('before-hi-after').subarray(7, 9);
    expect(encoded(view, text('image/png')).body).toBe('aGk=');
  });
});
