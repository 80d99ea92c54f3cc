/** Finds the template and the project's folder. */
import { existsSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { UsageError } from './command.ts';
import { TEMPLATES } from './project-options.ts';

/**
 * The path of a template: as given, or one of the usual names in the folder.
 *
 * @throws {UsageError} when there is none
 */
export function templateFile(given: string | undefined, folder: string): string {
  const found = given ?? TEMPLATES.find((name) => existsSync(resolve(folder, name)));
  if (found === undefined) {
    throw new UsageError(`there is no ${TEMPLATES.join(', ')} here; say which template: a file`);
  }
  const stat = statSync(resolve(folder, found), { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`there is no file ${found}`);
  if (!stat.isFile()) throw new UsageError(`${found} is no file`);
  return found;
}

/** The folder the command was started in, if the template lies in it; else the template's own. */
export function projectFolder(template: string, folder: string): string {
  const own = dirname(resolve(folder, template));
  return relative(folder, own).startsWith('..') ? own : folder;
}
