/** Notices that a source file has changed. */
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FileWatcher } from './file-watcher.ts';

/**
 * What a running application may consist of. Logs and databases that it writes itself must not
 * restart it for ever.
 */
const SOURCES: ReadonlySet<string> = new Set(
  ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'json'].map((name) => `.${name}`),
);
/** ms without a change, after which a burst of changes is over. */
const QUIET = 100;

/**
 * Calls `onChange` with a path after something under `paths` has changed. It watches folder by
 * folder: Node's own recursive watching goes through node_modules file by file.
 *
 * @returns a function that ends it
 */
export function watchSources(
  paths: readonly string[],
  onChange: (path: string) => void,
): () => void {
  const watcher = new FileWatcher(QUIET, (changed) => onChange(changed.at(-1) ?? ''));
  const addFolder = (folder: string): void => {
    watcher.add(folder, (name) => {
      const path = join(folder, name ?? '');
      if (isFolder(path)) {
        if (isWatched(name ?? '')) addFolder(path);
      } else if (SOURCES.has(extname(path))) watcher.change(path);
    });
    for (const entry of entries(folder)) {
      if (entry.isDirectory() && isWatched(entry.name)) addFolder(join(folder, entry.name));
    }
  };
  for (const path of paths) {
    if (isFolder(path)) addFolder(path);
    else watcher.add(path, () => watcher.change(path));
  }
  return () => watcher.close();
}

function isWatched(folder: string): boolean {
  return folder !== 'node_modules' && !folder.startsWith('.');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entries(folder: string): { name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
