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
  it.each([null, undefined, '', 7, {}])('%j is none', (body) => {
    expect(decodeBody(body, false)).toBeUndefined();
    expect(decodeBody(body, true)).toBeUndefined();
  });

  it('reads text as UTF-8, and base64 where the flag is true and nothing else', () => {
    expect(decode(decodeBody('λ', false) ?? encode(''))).toBe('λ');
    expect(decode(decodeBody('aGk=', true) ?? encode(''))).toBe('hi');
    expect(decode(decodeBody('aGk=', 'true') ?? encode(''))).toBe('aGk=');
    expect(decode(decodeBody('aGk=', undefined) ?? encode(''))).toBe('aGk=');
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
