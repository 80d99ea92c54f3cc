import { describe, expect, it } from 'vitest';
import { isBodiless, isStatus, statusCode } from '../../src/http/status.ts';

describe('isStatus', () => {
  it.each([
    '200 OK',
    '404 Not Found',
    '599 x',
    '999 Beyond',
    '200 ',
    '200 d\u00e9j\u00e0',
    '200 a  b',
  ])('takes %j', (status) => {
    expect(isStatus(status)).toBe(true);
  });

  it.each([
    '',
    '200',
    '20 OK',
    '2000 OK',
    ' 200 OK',
    '200  OK',
    '200 OK ',
    '200  ',
    '200\tOK',
    '200 OK\n',
    '200 OK\r\nX-Evil: 1',
    '200 \u007f',
    '200 \u0100',
    '100 Continue',
    '199 x',
    '099 x',
    '2e2 OK',
    '٢٠٠ OK',
    200,
    null,
    undefined,
    ['200 OK'],
  ])('refuses %j', (status) => {
    expect(isStatus(status)).toBe(false);
  });

  it('is quick with a long reason that ends badly', () => {
    expect(isStatus(`200 ${'x '.repeat(100_000)}`)).toBe(false);
  });
});

it('statusCode reads the digits', () => {
  expect(statusCode('404 Not Found')).toBe(404);
  expect(statusCode('200 ')).toBe(200);
});

it('204 and 304 have no body', () => {
  expect([200, 204, 205, 304, 404].filter(isBodiless)).toEqual([204, 304]);
});
