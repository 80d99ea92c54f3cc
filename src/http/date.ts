/** Dates as HTTP writes them (RFC 9110 section 5.6.7). */

/** `'Sun, 06 Nov 1994 08:49:37 GMT'`; what is less than a second is cut off. */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d\\d:\\d\\d:\\d\\d';
/** The one form that is written, and the two that recipients still have to read. */
const FORMS = [
  new RegExp(`^${DAY}, \\d\\d ${MONTH} \\d{4} ${TIME} GMT$`),
  new RegExp(`^${DAY}[a-z]+, \\d\\d-${MONTH}-\\d\\d ${TIME} GMT$`),
  new RegExp(`^${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`),
];

/** Milliseconds since 1970; undefined for what is no HTTP date, which then has to be ignored. */
export function parseHttpDate(text: string): number | undefined {
  const form = FORMS.findIndex((one) => one.test(text));
  if (form < 0) return undefined;
  // asctime's form names no zone, and means GMT.
  const ms = Date.parse(form === 2 ? `${text} GMT` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
