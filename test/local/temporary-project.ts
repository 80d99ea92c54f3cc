/** Projects of a template and some files, in folders that go when the tests have ended. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

export type Files = Readonly<Record<string, string>>;

const folders: string[] = [];
// Once for the file that imports this: in the middle of a test it would be too late to ask for it.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The path of a new folder with these files. */
export function temporaryProject(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatecall-local-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

/** A template of SAM with these resources. */
export function sam(resources: string, rest = ''): string {
  return `Transform: AWS::Serverless-2016-10-31\n${rest}\nResources:\n${indent(resources, 2)}`;
}

/** A function whose code is app.mjs beside the template. */
export function samFunction(name: string, properties = ''): string {
  return `${name}:
  Type: AWS::Serverless::Function
  Properties:
    CodeUri: .
    Handler: app.handler
    Runtime: nodejs24.x
${indent(properties, 4)}`;
}

export function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}
