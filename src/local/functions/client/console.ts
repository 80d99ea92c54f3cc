/**
 * `console` as Lambda's text log format has it: time, request id and level in front of each entry.
 */
import { format } from 'node:util';

const LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
} as const;

/**
 * Writes all levels to standard output, as Lambda does. Line ends stay; Lambda turns `\n` into
 * `\r`.
 */
export function logAs(requestId: () => string | undefined): void {
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method as keyof typeof LEVELS] = (...values: unknown[]): void => {
      const time = new Date().toISOString();
      const id = requestId() ?? 'undefined';
      process.stdout.write(`${time}\t${id}\t${level}\t${format(...values)}\n`);
    };
  }
}
