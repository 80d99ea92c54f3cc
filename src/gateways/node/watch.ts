/** Notices that a source file has changed. */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { extname, join } from 'node:path';

/** What a running application may consist of. Logs and databases that it writes itself must not restart it for ever. */
const SOURCES: ReadonlySet<string> = new Set(
  ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'json'].map((name) => `.${name}`),
);
/** Editors write a file in several steps. */
const QUIET = 100;

/**
 * Calls `onChange` with a path after something under `paths` has changed, and things are quiet again. A folder at a time: Node's own
 * recursive watching would go through node_modules file by file.
 *
 * @returns a function that ends it
 */
export function watchSources(
  paths: readonly string[],
  onChange: (path: string) => void,
): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const changed = (path: string): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET, path);
  };
  const add = (path: string, onEvent: (name: string | null) => void): void => {
    if (watchers.has(path)) return;
    try {
      const watcher = watch(path, (_event, name) => onEvent(name));
      const forget = (): void => {
        watcher.close();
        watchers.delete(path);
      };
      watcher.on('error', forget);
      watchers.set(path, watcher);
    } catch (error) {
      // Gone between two looks, which its parent folder tells.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  };
  const addFolder = (folder: string): void => {
    add(folder, (name) => {
      const path = join(folder, name ?? '');
      if (isFolder(path)) {
        if (isWatched(name ?? '')) addFolder(path);
      } else if (SOURCES.has(extname(path))) changed(path);
    });
    for (const entry of entries(folder)) {
      if (entry.isDirectory() && isWatched(entry.name)) addFolder(join(folder, entry.name));
    }
  };

  for (const path of paths) {
    if (isFolder(path)) addFolder(path);
    else add(path, () => changed(path));
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
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
