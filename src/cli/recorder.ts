/** Writes events and replies to files for `start-api --record`; `replay` reads them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileNameOf } from '../local/file-name.ts';
import type { FrontsOptions } from '../local/fronts.ts';
import { UsageError } from './command.ts';

/** The content of `….reply.json`. */
export interface RecordedReply {
  /** The logical id. */
  functionId: string;
  /** The name of a source, as for `gatecall generate-event`. */
  source: string;
  /** What the function returned, or `{ errorType, errorMessage }`. */
  reply: unknown;
}

/** The file of a reply, beside its event's. */
export function replyFile(eventFile: string): string {
  return eventFile.replace(/\.json$/, '.reply.json');
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes each event to a file of its own, in the order in which they come.
 *
 * @throws {UsageError} when the folder cannot be made
 */
export function openRecorder(
  folder: string,
  say: (line: string) => void,
): NonNullable<FrontsOptions['onEvent']> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`cannot make the folder ${folder}: ${(error as Error).message}`);
  }
  const write = (file: string, value: unknown): void => {
    try {
      writeJson(file, value);
    } catch (error) {
      say(`cannot record: ${(error as Error).message}`);
    }
  };
  const start = new Date().toISOString().replace(/[-:]|\.\d+Z/g, '');
  let count = 0;
  return ({ functionId, source, event }) => {
    const number = String(++count).padStart(4, '0');
    const name = `${start}-${number}-${fileNameOf(functionId)}-${fileNameOf(source)}.json`;
    const file = join(folder, name);
    write(file, event);
    return (reply) => {
      write(replyFile(file), { functionId, source, reply } satisfies RecordedReply);
    };
  };
}
