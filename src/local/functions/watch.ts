/** Word of changed files. */
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

export interface Watcher {
  /** Watches other folders from now on. */
  set(folders: Iterable<string>): void;
  close(): void;
}

/** Editors write a file in several steps; those of one save come within this many ms. */
const SETTLE = 20;
/** More folders than this are no function's sources. */
const MAX_FOLDERS = 2000;

/**
 * Calls `onChange` with the paths that changed, once for each burst. Folders are watched, not files: many editors put a new
 * file in the place of the old one.
 */
export function watchFolders(
  folders: Iterable<string>,
  onChange: (files: readonly string[]) => void,
  concerns: (file: string) => boolean = isSource,
): Watcher {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const settled = (): void => {
    const files = [...changed];
    changed.clear();
    onChange(files);
  };
  const open = (folder: string): void => {
    try {
      const watcher = watch(folder, (_event, name) => {
        const file = join(folder, name ?? '');
        if (!concerns(file)) return;
        changed.add(file);
        clearTimeout(timer);
        timer = setTimeout(settled, SETTLE);
      });
      // A folder that is deleted has no more news; whoever needed it says so.
      watcher.on('error', () => watcher.close());
      watchers.set(folder, watcher);
    } catch {
      // Gone since it was listed.
    }
  };
  let isClosed = false;
  const set = (wanted: Iterable<string>): void => {
    const keep = new Set(isClosed ? [] : wanted);
    for (const [folder, watcher] of watchers) {
      if (keep.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of keep) if (!watchers.has(folder)) open(folder);
  };
  set(folders);
  return {
    set,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      set([]);
    },
  };
}

/** A folder and those below it in which a function's own sources can lie. */
export function sourceFolders(folder: string): string[] {
  const found = [folder];
  for (const at of found) {
    if (found.length > MAX_FOLDERS) break;
    try {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        if (entry.isDirectory() && isSource(entry.name)) found.push(join(at, entry.name));
      }
    } catch {
      // Not ours to read.
    }
  }
  return found;
}

/** Neither hidden nor installed; an editor's own files do not count. */
function isSource(file: string): boolean {
  return !/(?:^|[\\/])(?:node_modules|\.[^\\/]*|[^\\/]*~|4913)$/.test(file);
}
