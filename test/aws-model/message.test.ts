import { describe, expect, test } from 'vitest';
import { header, headerLines, testRequest } from '../../src/aws-model/message.ts';

describe('http', () => {
  test('a request has defaults, and text becomes bytes', () => {
    expect(testRequest()).toEqual({ method: 'GET', target: '/', headers: [] });
    expect(testRequest({ body: 'é' }).body).toEqual(Uint8Array.of(0xc3, 0xa9));
  });

  test('headers are found in any case', () => {
    const message = { headers: [['x-tag', 'a'] as const, ['X-Tag', 'b'] as const] };
    expect(header(message, 'X-TAG')).toBe('a, b');
    expect(header(message, 'x-none')).toBeUndefined();
    expect(headerLines(message, 'X-Tag')).toEqual(['a', 'b']);
  });
});
