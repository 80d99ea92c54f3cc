/** The two log formats that every tool reads (Apache, "Log Files"; nginx's `combined`). */
import type { AccessEntry } from '../access-log.ts';

/** `%h %l %u %t "%r" %>s %b`, `-` for what is not there. */
export function formatCommon(entry: AccessEntry): string {
  const { address, user, time, method, target, protocol, status, bytes } = entry;
  const request = `${escape(method)} ${escape(target)} ${escape(protocol)}`;
  return `${word(address)} - ${word(user)} [${clock(time)}] "${request}" ${status} ${bytes || '-'}`;
}

/** The common format, and after it the referer and the user agent. */
export function formatCombined(entry: AccessEntry): string {
  const { referer = '-', userAgent = '-' } = entry;
  return `${formatCommon(entry)} "${escape(referer)}" "${escape(userAgent)}"`;
}

/** A field without quotes around it must not have a space, or what follows it moves. */
function word(value: string | undefined): string {
  return value ? escape(value).replaceAll(' ', '\\x20') : '-';
}

/** As Apache: what a client wrote must neither end the field nor the line, nor speak to a terminal. */
function escape(value: string): string {
  return value.replace(/["\\]|[^\x20-\x7e]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `10/Oct/2000:13:55:36 +0000`, always UTC. */
function clock(time: Date): string {
  const [, day, month, year, hours] = time.toUTCString().split(' ');
  return `${day}/${month}/${year}:${hours} +0000`;
}
