/** Numbers, times and names as people read them. */

/** @type {Record<string, string>} */
const SOURCES = {
  'rest-api': 'REST API',
  'http-api-1': 'HTTP API 1.0',
  'http-api-2': 'HTTP API 2.0',
  'function-url': 'Function URL',
  alb: 'ALB',
  'alb-multi': 'ALB multi-value',
  'lattice-1': 'Lattice V1',
  'lattice-2': 'Lattice V2',
  'edge-viewer': 'Edge viewer',
  'edge-origin': 'Edge origin',
};

export const sources = Object.keys(SOURCES);

/** @param {string} source */
export function sourceName(source) {
  return SOURCES[source] ?? source;
}

/**
 * `0.4 ms`, `12 ms`, `1.25 s`
 *
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/**
 * `512 B`, `1.2 KB`, `5.9 MB`, in powers of 1024 as AWS counts its limits.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value < 100 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
}

/**
 * `09:30:00`, and with `exact` `09:30:00.123`
 *
 * @param {number} time ms since 1970
 * @param {boolean} [exact]
 */
export function clock(time, exact = false) {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return exact ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/**
 * `1 warning`, `2 warnings`
 *
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * What a status means, for its colour.
 *
 * @param {number | undefined} status
 * @param {string} state
 */
export function outcome(status, state) {
  if (state === 'waiting' || state === 'running') return 'busy';
  if (status === undefined || status >= 500) return 'bad';
  if (status >= 400) return 'warn';
  return status >= 300 ? 'info' : 'ok';
}

/**
 * Text with the characters spelt out that would change how what surrounds them is shown: a file
 * called `exe.gpj` must not read `jpg.exe`.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
