import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRecorder } from '../../src/cli/recorder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatecall-record-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each(['/../../x', '../x', '/../../../deep/x'])('%s writes nothing outside its folder', (id) => {
  const said: string[] = [];
  const record = openRecorder(join(folder, 'a/events'), (line) => said.push(line));
  record({ functionId: id, source: 'alb', event: {} })({ statusCode: 200 });
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readdirSync(join(folder, 'a'))).toEqual(['events']);
  const names = readdirSync(join(folder, 'a/events'));
  expect(names).toHaveLength(2);
  expect(names.every((name) => /^[\w-]+-alb(\.reply)?\.json$/.test(name))).toBe(true);
  expect(said).toEqual([]);
});
