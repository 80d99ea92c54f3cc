/** Where a function's code lies: inside the project, or nowhere. */
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Whether a path lies in a folder, or is it; by their names alone. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The absolute path of a `CodeUri`, and what is wrong with it. Of a path that leads out of the
 * project nothing is looked at, not even whether it is there; a link that leads out counts as one.
 */
export function codeFolder(
  project: string,
  templateFolder: string,
  uri: string,
): { folder: string; problem?: 'outside' | 'missing' | 'file' } {
  const folder = resolve(templateFolder, uri);
  if (uri.includes('\0') || !isInside(project, folder)) {
    return { folder: project, problem: 'outside' };
  }
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat) return { folder, problem: 'missing' };
  if (!isInside(realpathSync(project), realpathSync(folder))) {
    return { folder: project, problem: 'outside' };
  }
  return stat.isDirectory() ? { folder } : { folder, problem: 'file' };
}
