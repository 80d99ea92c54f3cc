/** The common and the combined log format (Apache, "Log Files"; nginx's `combined`). */

export interface AccessLine {
  address: string | undefined;
  user: string | undefined;
  time: Date;
  /** The request line; `-` if none could be read. */
  request: string;
  status: number;
  /** Of the body. */
  bytes: number;
  referer: string | undefined;
  userAgent: string | undefined;
}

/** `%h %l %u %t "%r" %>s %b`, with `-` for a missing value. */
export function formatCommon({ address, user, time, request, status, bytes }: AccessLine): string {
  return `${word(address)} - ${word(user)} [${clock(time)}] "${escapeLogText(request)}" ${status} ${bytes || '-'}`;
}

/** The common format, and after it the referer and the user agent. */
export function formatCombined(line: AccessLine): string {
  return `${formatCommon(line)} "${text(line.referer)}" "${text(line.userAgent)}"`;
}

/** A field without quotes must not contain a space, or the fields after it move. */
function word(value: unknown): string {
  return text(value).replaceAll(' ', '\\x20');
}

/** Not only strings: an application may put any value into its environ. */
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

// The last result: many requests have the same second.
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
