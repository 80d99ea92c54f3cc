/** Changed files, told once for each burst of events. */
import { type FSWatcher, watch } from 'node:fs';

/**
 * Watches files and folders, and calls `onChange` with the paths that changed once nothing has
 * changed for `quietMs`: editors write a file in several steps.
 *
 * ```ts
 * const watcher = new FileWatcher(20, (paths) => console.log(paths));
 * watcher.add('src', (name) => watcher.change(join('src', name ?? '')));
 * watcher.close();
 * ```
 */
export class FileWatcher {
  readonly #quietMs: number;
  readonly #onChange: (paths: readonly string[]) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(quietMs: number, onChange: (paths: readonly string[]) => void) {
    this.#quietMs = quietMs;
    this.#onChange = onChange;
  }

  /**
   * Watches a path, if it is there. `onEvent` gets the name of what changed in a folder. A path
   * that is deleted has no more events; the folder above it has one.
   */
  add(path: string, onEvent: (name: string | null) => void): void {
    if (this.#watchers.has(path)) return;
    try {
      const watcher = watch(path, (_event, name) => onEvent(name));
      watcher.on('error', () => this.#remove(path));
      this.#watchers.set(path, watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Adds a path to those that `onChange` is called with. */
  change(path: string): void {
    this.#changed.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const paths = [...this.#changed];
      this.#changed.clear();
      this.#onChange(paths);
    }, this.#quietMs);
  }

  /** Stops watching every path but these. */
  keep(paths: ReadonlySet<string>): void {
    for (const path of this.#watchers.keys()) if (!paths.has(path)) this.#remove(path);
  }

  /** Stops watching; a change that waits is not told any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.keep(new Set());
  }

  #remove(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }
}
