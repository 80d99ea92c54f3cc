/** Changes of a function's sources. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileWatcher } from '../../gateways/node/file-watcher.ts';

export interface Watcher {
  /** Watches other folders from now on. */
  set(folders: Iterable<string>): void;
  close(): void;
}

/** ms without a change, after which a save is over. */
const SETTLE = 20;
/** More folders than this are no function's sources. */
const MAX_FOLDERS = 2000;

/**
 * Calls `onChange` with the paths that changed, once for each burst. It watches folders, not files:
 * many editors put a new file in the place of the old one.
 */
export function watchFolders(
  folders: Iterable<string>,
  onChange: (files: readonly string[]) => void,
  concerns: (file: string) => boolean = isSource,
): Watcher {
  const watcher = new FileWatcher(SETTLE, onChange);
  let isClosed = false;
  const set = (wanted: Iterable<string>): void => {
    const keep = new Set(isClosed ? [] : wanted);
    watcher.keep(keep);
    for (const folder of keep) {
      try {
        watcher.add(folder, (name) => {
          const file = join(folder, name ?? '');
          if (concerns(file)) watcher.change(file);
        });
      } catch {
        // The system has no watchers left (ENOSPC): the function runs all the same.
      }
    }
  };
  set(folders);
  return {
    set,
    close: () => {
      isClosed = true;
      watcher.close();
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
