/**
 * A request as a command for a shell (bash, zsh). Each piece came from a client, so that nothing in
 * it may end its quotes, nor reach a terminal as a control character when the command is pasted.
 *
 * @import { TracedRequest } from '../../trace.ts'
 */

/** What curl writes by itself. */
const OWN = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'accept-encoding',
]);

/**
 * @param {TracedRequest} request
 * @param {string} [origin] `http://127.0.0.1:3000`. Default: the Host header
 */
export function toCurl({ method, target, headers, body }, origin) {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? 'localhost';
  const url = `${origin ?? `http://${host}`}${target}`;
  const bytes = Uint8Array.from(atob(body.base64), (unit) => unit.charCodeAt(0));
  const parts = ['curl'];
  if (method === 'HEAD') parts.push('--head');
  else if (method !== (bytes.length > 0 ? 'POST' : 'GET'))
    parts.push(`--request ${quoted(method)}`);
  // Or curl would read brackets as ranges, and take `..` out of the path.
  if (/[[\]{}]/.test(url)) parts.push('--globoff');
  if (/\/\.\.?(?:[/?]|$)/.test(url)) parts.push('--path-as-is');
  parts.push(quoted(url));
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  if (bytes.length > 0 && !hasType) parts.push("--header 'Content-Type:'");
  for (const [name, value] of headers) {
    if (OWN.has(name.toLowerCase())) continue;
    // `Name:` would take the header away; `Name;` sends it empty.
    parts.push(`--header ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (bytes.length === 0) return parts.join(' \\\n  ');
  const text = textOf(bytes);
  if (text !== undefined) return [...parts, `--data-raw ${quoted(text, true)}`].join(' \\\n  ');
  const command = [...parts, '--data-binary @-'].join(' \\\n  ');
  return `base64 --decode <<< ${quoted(body.base64)} | ${command}`;
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text; // no shell has a string with that
  } catch {
    return undefined;
  }
}

/**
 * `'text'`, and for whatever could surprise a terminal `$'te\x1bxt'`.
 *
 * @param {string} text
 * @param {boolean} [isUnicode] otherwise its characters are bytes, as header values are
 */
function quoted(text, isUnicode = false) {
  if (/^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const units = isUnicode
    ? new TextEncoder().encode(text)
    : Uint8Array.from(text, (unit) => unit.charCodeAt(0));
  return `$'${Array.from(units, escaped).join('')}'`;
}

/** @param {number} byte */
function escaped(byte) {
  if (byte === 0x0a) return '\\n';
  if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
