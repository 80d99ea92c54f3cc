import { describe, expect, it } from 'vitest';
import {
  conditionsOf,
  isNotModified,
  isPreconditionFailed,
  isRangeCurrent,
  type Validators,
} from '../../src/http/conditional.ts';
import { environOf } from '../middleware/support.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const LATER = 'Mon, 07 Nov 1994 08:49:37 GMT';
const EARLIER = 'Sat, 05 Nov 1994 08:49:37 GMT';
const asked = (headers: Record<string, string>): ReturnType<typeof conditionsOf> =>
  conditionsOf(environOf({ headers }));

describe('isNotModified', () => {
  it.each<[Record<string, string>, Validators, boolean]>([
    [{}, { etag: '"a"' }, false],
    [{ 'If-None-Match': '"a"' }, { etag: '"a"' }, true],
    [{ 'If-None-Match': '"b"' }, { etag: '"a"' }, false],
    [{ 'If-None-Match': 'W/"a"' }, { etag: '"a"' }, true],
    [{ 'If-None-Match': '"a"' }, { etag: 'W/"a"' }, true],
    [{ 'If-None-Match': '"x", W/"y,z" , "a"' }, { etag: '"a"' }, true],
    [{ 'If-None-Match': '"x,y"' }, { etag: '"y"' }, false],
    [{ 'If-None-Match': '*' }, {}, true],
    [{ 'If-None-Match': 'a' }, { etag: '"a"' }, false],
    [{ 'If-None-Match': '"a"' }, {}, false],
    [{ 'If-Modified-Since': DATE }, { lastModified: DATE }, true],
    [{ 'If-Modified-Since': LATER }, { lastModified: DATE }, true],
    [{ 'If-Modified-Since': EARLIER }, { lastModified: DATE }, false],
    [{ 'If-Modified-Since': 'yesterday' }, { lastModified: DATE }, false],
    [{ 'If-Modified-Since': DATE }, {}, false],
    // If-None-Match beats the date, whatever it says.
    [
      { 'If-None-Match': '"b"', 'If-Modified-Since': DATE },
      { etag: '"a"', lastModified: DATE },
      false,
    ],
    [
      { 'If-None-Match': '"a"', 'If-Modified-Since': EARLIER },
      { etag: '"a"', lastModified: DATE },
      true,
    ],
  ])('%j of %j is %s', (headers, validators, expected) => {
    expect(isNotModified(asked(headers), validators)).toBe(expected);
  });
});

describe('isPreconditionFailed', () => {
  it.each<[Record<string, string>, Validators, boolean]>([
    [{}, {}, false],
    [{ 'If-Match': '"a"' }, { etag: '"a"' }, false],
    [{ 'If-Match': '"x", "a"' }, { etag: '"a"' }, false],
    [{ 'If-Match': '*' }, { etag: '"a"' }, false],
    [{ 'If-Match': '"b"' }, { etag: '"a"' }, true],
    [{ 'If-Match': 'W/"a"' }, { etag: 'W/"a"' }, true],
    [{ 'If-Match': '"a"' }, {}, true],
    [{ 'If-Unmodified-Since': DATE }, { lastModified: DATE }, false],
    [{ 'If-Unmodified-Since': EARLIER }, { lastModified: DATE }, true],
    [{ 'If-Unmodified-Since': 'nonsense' }, { lastModified: DATE }, false],
    [{ 'If-Unmodified-Since': EARLIER }, {}, false],
    [
      { 'If-Match': '"a"', 'If-Unmodified-Since': EARLIER },
      { etag: '"a"', lastModified: DATE },
      false,
    ],
  ])('%j of %j is %s', (headers, validators, expected) => {
    expect(isPreconditionFailed(asked(headers), validators)).toBe(expected);
  });
});

describe('isRangeCurrent', () => {
  it.each<[string | undefined, Validators, boolean]>([
    [undefined, {}, true],
    ['"a"', { etag: '"a"' }, true],
    ['"b"', { etag: '"a"' }, false],
    ['W/"a"', { etag: 'W/"a"' }, false],
    ['"a"', { etag: 'W/"a"' }, false],
    [DATE, { lastModified: DATE }, true],
    [LATER, { lastModified: DATE }, false],
    [DATE, {}, false],
  ])('%j of %j is %s', (range, validators, expected) => {
    const headers: Record<string, string> = range === undefined ? {} : { 'If-Range': range };
    expect(isRangeCurrent(asked(headers), validators)).toBe(expected);
  });
});
