import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { rules } from '../../src/validator/rules.ts';
import { renderSpec } from '../../src/validator/spec.ts';

it('SPEC.md is what the table says', async () => {
  const spec = await readFile(new URL('../../SPEC.md', import.meta.url), 'utf8');
  expect(spec, 'SPEC.md is stale: write it again with `npm run spec`').toBe(renderSpec());
});

it('has a line for each rule, in the words of its message', () => {
  const lines = renderSpec().split('\n');
  for (const { id, sentence } of rules) {
    expect(lines.filter((line) => line.startsWith(`- **${id}** (`))).toEqual([
      expect.stringMatching(/\): /),
    ]);
    expect(lines.some((line) => line.endsWith(`): ${sentence}.`))).toBe(true);
  }
});
