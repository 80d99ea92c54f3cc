/** Comments keep the 100 columns that the formatter keeps for code; it leaves comments alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../nodes.ts';

const FOLDERS = ['src', 'test', 'examples', 'bench', 'scripts'];
const COLUMNS = 100;
/** A line that is a comment, and neither an address, a rule between sections nor the linter's. */
const COMMENT = /^\s*(?:\/\/|\/\*|\*)(?!.*(?:https?:|──|oxlint))/;

it.each(FOLDERS)('%s: comments end at column 100', (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      /\.(?:ts|mjs|cjs)$/.test(file) && !/node_modules|dist|\.aws-sam|\.d\.m?ts$/.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  const long = files.flatMap((file) =>
    readFileSync(join(root, folder, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        line.length > COLUMNS && COMMENT.test(line) ? [`${folder}/${file}:${index + 1}`] : [],
      ),
  );
  expect(long).toEqual([]);
});
