/** Access log lines in Apache's combined format, which every log reader knows. */
import { statusCode } from '../../status.ts';
import type { Exchanged } from './listener.ts';

/** What nginx logs for a client that left before its response had begun. */
const CLIENT_CLOSED = 499;

export function accessLine({ request, environ, status, bytes }: Exchanged, now: Date): string {
  const { method = '-', url = '-', httpVersion, headers, socket } = request;
  const code = status === '' ? CLIENT_CLOSED : statusCode(status);
  return [
    text(environ?.REMOTE_ADDR ?? socket?.remoteAddress),
    '-',
    text(environ?.REMOTE_USER),
    `[${clock(now)}]`,
    `"${escape(`${method} ${url} HTTP/${httpVersion}`)}"`,
    code,
    bytes === 0 ? '-' : bytes,
    `"${text(headers.referer)}"`,
    `"${text(headers['user-agent'])}"`,
  ].join(' ');
}

/** Of a request that could not even be read. */
export function unreadableLine(address: string | undefined, code: number, now: Date): string {
  return `${text(address)} - - [${clock(now)}] "-" ${code} - "-" "-"`;
}

/** An application may have put anything into its environ. */
function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? escape(value) : '-';
}

/** A quote would end the field, a line break the line, and what a terminal obeys has no place in a log (as Apache writes them). */
function escape(value: string): string {
  return value.replace(/["\\\x00-\x1f\x7f-\uffff]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `10/Oct/2000:13:55:36 +0000` */
function clock(now: Date): string {
  const iso = now.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[now.getUTCMonth()] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
