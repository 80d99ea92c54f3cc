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
/** The most folders that are watched for a function. */
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

/** A folder and the folders below it that can hold a function's sources. */
export function sourceFolders(folder: string): string[] {
  const found = [folder];
  for (const at of found) {
    if (found.length > MAX_FOLDERS) break;
    try {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        if (entry.isDirectory() && isSource(entry.name)) found.push(join(at, entry.name));
      }
    } catch {
      // The folder cannot be read.
    }
  }
  return found;
}

/** Whether a file is neither hidden, nor installed, nor an editor's backup. */
function isSource(file: string): boolean {
  return !/(?:^|[\\/])(?:node_modules|\.[^\\/]*|[^\\/]*~|4913)$/.test(file);
}
