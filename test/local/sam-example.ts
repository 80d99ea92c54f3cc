/** examples/sam in a folder of its own, with what `npm install` would bring. */
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../nodes.ts';
import { makeProject, type TestProject } from './support.ts';

const folder = join(root, 'examples/sam');

export function samExample(): TestProject {
  const names = readdirSync(folder).filter((name) => name.includes('.') && !name.includes('lock'));
  const files = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
  const project = makeProject(Object.fromEntries(files));
  const express = join(root, 'test/frameworks/node_modules/express');
  symlinkSync(express, join(project.folder, 'node_modules/express'), 'dir');
  return project;
}
