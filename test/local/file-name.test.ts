import { expect, it } from 'vitest';
import { fileNameOf } from '../../src/local/file-name.ts';

it('a logical id is its own file name', () => {
  expect(fileNameOf('HelloFunction2')).toBe('HelloFunction2');
});

it.each(['/../../x', '..', '.', '', 'a/b', 'a\\b', 'C:', 'a\0b', 'é', 'x'.repeat(300)])(
  '%j becomes one that stays in its folder',
  (name) => {
    const file = fileNameOf(name);
    expect(file).toMatch(/^[\w-]{1,120}$/);
    expect(file).not.toBe(fileNameOf(`${name}/`));
  },
);
