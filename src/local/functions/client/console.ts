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
 * Everything goes to standard output, as on Lambda. Entries stay on their lines; Lambda writes `\r`
 * for each `\n`.
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
