import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/aws-model/base64.ts';
import { lambdaEvent, lambdaResponse } from '../../src/aws-model.ts';

describe('base64', () => {
  test('is Node’s, both ways', () => {
    assert(
      property(uint8Array(), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(bytes);
        expect(decodeBase64(encoded.replace(/=+$/, ''))).toEqual(bytes);
      }),
    );
  });

  test('refuses other text', () => {
    for (const text of ['a', 'ab=', 'a===', '====', 'ab\n=', 'a-_b', 'é==', '\u0141AAA']) {
      expect(decodeBase64(text)).toBeUndefined();
    }
  });

  test('carries 6 MB there and back', () => {
    const body = new Uint8Array(4_000_000).map((_, index) => index % 251);
    const { body: text } = lambdaEvent('function-url', { method: 'POST', body });
    const response = lambdaResponse('function-url', {
      statusCode: 200,
      body: text,
      isBase64Encoded: true,
    });
    expect(Buffer.compare(response.body, body)).toBe(0);
  });
});
