/** Collects notes about a template. */
import type { Note, Place } from '../project.ts';

export interface Notes {
  readonly all: readonly Note[];
  error(code: string, message: string, about?: About): void;
  warning(code: string, message: string, about?: About): void;
  info(code: string, message: string, about?: About): void;
}

export interface About {
  readonly place?: Place | undefined;
  readonly resource?: string | undefined;
  /** What to do. */
  readonly fix?: string | undefined;
}

/** Equal notes about one place are kept once. */
export function collectNotes(earlier: readonly Note[] = []): Notes {
  const found = new Map<string, Note>();
  const put = (note: Note): void => {
    const { code, message, place } = note;
    found.set(`${code} ${place?.file}:${place?.line}:${place?.column} ${message}`, note);
  };
  earlier.forEach(put);
  const add = (level: Note['level'], code: string, message: string, about: About = {}): void => {
    const { place, resource, fix } = about;
    put({
      level,
      code,
      message,
      ...(fix !== undefined && { fix }),
      ...(place && { place }),
      ...(resource !== undefined && { resource }),
    });
  };
  return {
    get all() {
      return [...found.values()].sort(byPlace);
    },
    error: (code, message, about) => add('error', code, message, about),
    warning: (code, message, about) => add('warning', code, message, about),
    info: (code, message, about) => add('info', code, message, about),
  };
}

function byPlace(one: Note, other: Note): number {
  const [a, b] = [one.place, other.place];
  if (!a || !b) return Number(!a) - Number(!b);
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}
