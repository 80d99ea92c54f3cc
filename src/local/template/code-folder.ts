/** Finds a function's code inside the project. */
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Whether a path is in a folder or is the folder, by their names; links are not followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The absolute path of a `CodeUri`, and its problem. A path out of the project is not read at all;
 * a link out of the project counts as such a path.
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
