import { describe, expect, it } from 'vitest';
import {
  decodeNative,
  encodeNative,
  latin1Bytes,
  latin1String,
  nativeToText,
  percentDecode,
  percentEncode,
} from '../../src/base/native.ts';

describe('encodeNative', () => {
  it.each([
    ['', ''],
    ['plain /?&', 'plain /?&'],
    ['é', '\u00c3\u00a9'],
    ['あ', '\u00e3\u0081\u0082'],
    ['😀', '\u00f0\u009f\u0098\u0080'],
    ['\u010d\u010a', '\u00c4\u008d\u00c4\u008a'],
    ['\ufeffx', '\u00ef\u00bb\u00bfx'],
  ])('%j is %j', (text, native) => {
    expect(encodeNative(text)).toBe(native);
    expect(decodeNative(native)).toBe(text);
  });

  it.each(['\ud800', '\udc00', 'a\ud83d'])('has U+FFFD for the lone surrogate in %j', (text) => {
    expect(encodeNative(text)).toBe(text.replace(/[\ud800-\udfff]/, '\u00ef\u00bf\u00bd'));
  });
});

describe('decodeNative and nativeToText', () => {
  it('part over bytes that are not UTF-8: U+FFFD or latin-1', () => {
    expect(decodeNative('caf\u00e9')).toBe('caf\ufffd');
    expect(nativeToText('caf\u00e9')).toBe('café');
  });

  it('agree on what is UTF-8, a byte order mark included', () => {
    for (const text of ['plain', 'café', '\ufeffx', '😀', '\u0000']) {
      expect(decodeNative(encodeNative(text))).toBe(text);
      expect(nativeToText(encodeNative(text))).toBe(text);
    }
  });

  it('take an encoded surrogate or an overlong form for no UTF-8', () => {
    expect(nativeToText('\u00ed\u00a0\u0080')).toBe('\u00ed\u00a0\u0080');
    expect(nativeToText('\u00c0\u00af')).toBe('\u00c0\u00af');
  });

  it('throw on what is no native string', () => {
    expect(() => decodeNative('\u0100')).toThrow(RangeError);
  });
});

describe('percentDecode', () => {
  it.each([
    ['/a%2Cb', '/a,b'],
    ['/a%252Cb', '/a%2Cb'],
    ['/%e3%81%82', '/\u00e3\u0081\u0082'],
    ['/%E9', '/\u00e9'],
    ['/%2F%2f', '///'],
    ['/%00', '/\u0000'],
    ['/100%', '/100%'],
    ['/%', '/%'],
    ['/%zz%4', '/%zz%4'],
    ['/%%41', '/%A'],
    ['/pa2%Fth', '/pa2%Fth'],
    // `unescape` would read it.
    ['/%u0041', '/%u0041'],
    ['/é', '/\u00c3\u00a9'],
    ['//a/./../b', '//a/./../b'],
    ['/a+b', '/a+b'],
  ])('%j is %j', (encoded, native) => {
    expect(percentDecode(encoded)).toBe(native);
  });
});

describe('percentEncode', () => {
  it('quotes bytes as urllib.parse.quote does on latin-1', () => {
    expect(percentEncode('/sp\u00e4m ~a-b_c.d/%?#\u0000')).toBe('/sp%E4m%20~a-b_c.d/%25%3F%23%00');
  });

  it('leaves what is said to be safe', () => {
    expect(percentEncode('/a;b=c', '/;=')).toBe('/a;b=c');
    expect(percentEncode('/a', '')).toBe('%2Fa');
  });

  it('refuses what is no byte', () => {
    expect(() => percentEncode('/\u0100')).toThrow(RangeError);
    expect(() => percentEncode('/😀')).toThrow(RangeError);
  });
});

describe('latin1Bytes', () => {
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  it('is the inverse of latin1String', () => {
    expect(latin1Bytes(latin1String(every))).toEqual(every);
    expect(latin1String(every)).toHaveLength(256);
  });

  it('holds for megabytes', () => {
    const many = new Uint8Array(1_000_001).fill(0xe9);
    expect(latin1String(many)).toBe('\u00e9'.repeat(1_000_001));
    expect(Buffer.compare(latin1Bytes(latin1String(many)), many)).toBe(0);
  });

  it('throws instead of truncating to CR LF, saying where and what to do', () => {
    expect(() => latin1Bytes('ab\u010d\u010a')).toThrow(RangeError);
    expect(() => latin1Bytes('ab\u010d\u010a')).toThrow(/"č" at index 2 .* encodeNative/);
  });
});
