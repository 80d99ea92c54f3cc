import { expect, it } from 'vitest';
import { html, text } from '../../src/core/response/answers.ts';
import { securityHeaders } from '../../src/middleware.ts';
import { ask } from './support.ts';

it('adds them, and the one for https over https', async () => {
  const secure = await ask(securityHeaders(text('')), { scheme: 'https' });
  expect(Object.fromEntries(secure.headers)).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'self'"),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
  });
  const plain = await ask(securityHeaders(text('')), { scheme: 'http' });
  expect(plain.header('strict-transport-security')).toBeUndefined();
  expect(plain.headers).toHaveLength(secure.headers.length - 1);
});

it("leaves the application's own alone", async () => {
  const own = html('', { headers: [['x-frame-options', 'DENY']] });
  expect((await ask(securityHeaders(own))).header('x-frame-options')).toBe('DENY');
});

it('has other values, or none', async () => {
  const options = {
    'X-Frame-Options': false,
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': undefined!,
  } as const;
  const answer = await ask(securityHeaders(text(''), options));
  expect(answer.header('x-frame-options')).toBeUndefined();
  expect(answer.header('referrer-policy')).toBe('no-referrer');
  expect(answer.header('permissions-policy')).toContain('camera=()');
});

it('is there on error pages', async () => {
  const answer = await ask(
    securityHeaders((_environ, startResponse) => {
      startResponse('200 OK', []);
      startResponse('500 Sorry', [], new Error('the reason'));
      return [];
    }),
  );
  expect([answer.status, answer.header('x-content-type-options')]).toEqual([500, 'nosniff']);
});

it.each([
  [{ 'X-Frame': 'DENY' }, /securityHeaders has no option X-Frame; it has Content-Security-Policy/],
  [{ 'X-Frame-Options': 'a\r\nb' }, /as option X-Frame-Options/],
  [{ 'X-Frame-Options': true }, /as option/],
])('refuses %j', (options, message) => {
  expect(() => securityHeaders(text(''), options as never)).toThrow(message);
});
