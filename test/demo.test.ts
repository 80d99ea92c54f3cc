/** `npm start`, as far as it goes beyond `npm run build`. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { lambdaSources } from '../src/aws-model.ts';
import { root } from './nodes.ts';

const run = promisify(execFile);
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: { start: string };
};
// The script itself but for its first step: a build would pull dist/ from under the other tests.
const [build, bundle = '', start] = scripts.start.split(' && ');

beforeAll(async () => {
  const [tool = '', ...args] = bundle.split(' ');
  await run(join(root, 'node_modules/.bin', tool), args, { cwd: root });
});

describe('npm start', () => {
  it('builds, bundles the demo and runs it', () => {
    expect(build).toBe('npm run -s build');
    expect(start).toBe('node dist/demo.js');
  });

  it('has one line for each source, all of them fine', async () => {
    const { stdout } = await run(process.execPath, ['dist/demo.js'], { cwd: root });
    const [request, heading, ...lines] = stdout.trimEnd().split('\n');
    expect(request).toMatch(/^POST \/echo\//);
    expect(heading).toMatch(/^source +status +type +bytes +cookies +ms$/);
    expect(lines.map((line) => line.split(/ +/).slice(0, 5))).toEqual(
      [...lambdaSources].sort().map((source) => [source, '200', 'image/png', '70', '0']),
    );
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('shows the replies when asked to', async () => {
    const { stdout } = await run(process.execPath, ['dist/demo.js', '--verbose'], { cwd: root });
    expect(stdout.match(/^\{\n(?: .*\n)+\}$/gm)).toHaveLength(lambdaSources.length);
    expect(stdout).toContain('"isBase64Encoded": true');
  });
});
