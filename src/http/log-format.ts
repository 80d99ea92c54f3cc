/** The two log formats that every tool reads (Apache, "Log Files"; nginx's `combined`). */

export interface AccessLine {
  address: string | undefined;
  user: string | undefined;
  time: Date;
  /** The request line; `-` where none could be read. */
  request: string;
  status: number;
  /** Of the body. */
  bytes: number;
  referer: string | undefined;
  userAgent: string | undefined;
}

/** `%h %l %u %t "%r" %>s %b`, `-` for what is not there. */
export function formatCommon({ address, user, time, request, status, bytes }: AccessLine): string {
  return `${word(address)} - ${word(user)} [${clock(time)}] "${escapeLogText(request)}" ${status} ${bytes || '-'}`;
}

/** The common format, and after it the referer and the user agent. */
export function formatCombined(line: AccessLine): string {
  return `${formatCommon(line)} "${text(line.referer)}" "${text(line.userAgent)}"`;
}

/** A field without quotes around it must not have a space, or what follows it moves. */
function word(value: unknown): string {
  return text(value).replaceAll(' ', '\\x20');
}

/** An application may have put anything into its environ. */
function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? escapeLogText(value) : '-';
}

/**
 * As Apache does: a client's text must not end the field or the line, or send escape sequences to a
 * terminal.
 */
export function escapeLogText(value: string): string {
  return value.replace(/["\\]|[^\x20-\x7e]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

// The clock as it was last read: many requests have one second.
let second = NaN;
let reading = '';

/** `10/Oct/2000:13:55:36 +0000`, always UTC. */
function clock(time: Date): string {
  const now = Math.floor(time.getTime() / 1000);
  if (now === second) return reading;
  const [, day, month, year, hours] = time.toUTCString().split(' ');
  second = now;
  reading = `${day}/${month}/${year}:${hours} +0000`;
  return reading;
}
