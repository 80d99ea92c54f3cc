/**
 * A body, in the way that suits it best and in every other that is possible.
 *
 * @import { TracedBody } from '../../trace.ts'
 */
import { make } from './dom.js';
import { size, visible } from './format.js';
import { jsonTree } from './json.js';

/** Images a browser draws without running anything; in an `img`, SVG has no scripts. */
const IMAGE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml|x-icon|bmp)$/;
const TEXT_SHOWN = 64 * 1024;
const HEX_SHOWN = 2048;

/**
 * @param {TracedBody} body
 * @param {string} contentType
 */
export function bodyPreview(body, contentType) {
  if (body.length === 0) return make('p', { class: 'dim' }, 'No body');
  const bytes = Uint8Array.from(atob(body.base64), (unit) => unit.charCodeAt(0));
  const views = viewsOf(bytes, body.base64, contentType);
  const shown = make('div', { class: 'body-view' });
  const buttons = [...views].map(([name, view]) =>
    make(
      'button',
      { type: 'button', 'aria-pressed': 'false', onclick: () => show(name, view) },
      name,
    ),
  );
  /**
   * @param {string} name
   * @param {() => HTMLElement} view
   */
  const show = (name, view) => {
    shown.replaceChildren(view());
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.textContent === name));
    }
  };
  for (const [name, view] of [...views].slice(0, 1)) show(name, view);
  const note = body.truncated
    ? `${size(body.length)}, the first ${size(bytes.length)} kept`
    : size(body.length);
  return make(
    'div',
    { class: 'body' },
    make(
      'div',
      { class: 'body-head' },
      make('h5', {}, 'Body'),
      make('span', { class: 'dim' }, note),
      make('div', { class: 'segments', role: 'group', 'aria-label': 'Show body as' }, ...buttons),
    ),
    shown,
  );
}

/**
 * The best first.
 *
 * @param {Uint8Array} bytes
 * @param {string} base64
 * @param {string} contentType
 */
function viewsOf(bytes, base64, contentType) {
  /** @type {Map<string, () => HTMLElement>} */
  const views = new Map();
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (IMAGE.test(type)) views.set('Image', () => image(type, base64));
  const text = textOf(bytes);
  const json = text === undefined ? undefined : parsed(text);
  if (json !== undefined) views.set('JSON', () => jsonTree(json));
  if (text !== undefined) views.set('Text', () => textView(text));
  views.set('Hex', () => hexView(bytes));
  return views;
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    // `stream`, because what is kept may end in the middle of a character.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

/**
 * Objects and lists; of a bare number there is nothing to unfold.
 *
 * @param {string} text
 * @returns {object | undefined}
 */
function parsed(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return /** @type {object} */ (JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} type
 * @param {string} base64
 */
function image(type, base64) {
  const element = make('img', {
    src: `data:${type};base64,${base64}`,
    alt: 'The body as an image',
  });
  const facts = make('figcaption', { class: 'dim' }, type);
  element.addEventListener('load', () => {
    facts.textContent = `${type}, ${element.naturalWidth} × ${element.naturalHeight}`;
    // An icon is easier to judge when it is larger than it is.
    element.classList.toggle('tiny', element.naturalWidth <= 64);
  });
  element.addEventListener('error', () => {
    facts.textContent = `${type}, but no image the browser can show`;
  });
  return make('figure', {}, element, facts);
}

/** @param {string} text */
function textView(text) {
  const rest = text.length - TEXT_SHOWN;
  const shown = visible(text.slice(0, TEXT_SHOWN));
  return scrollable('Body as text', rest > 0 ? `${shown}\n… ${size(rest)} more` : shown);
}

/** @param {Uint8Array} bytes */
function hexView(bytes) {
  const lines = [];
  for (let offset = 0; offset < Math.min(bytes.length, HEX_SHOWN); offset += 8) {
    const row = [...bytes.subarray(offset, offset + 8)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'));
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${hex.padEnd(23)}  ${text.join('')}`);
  }
  if (bytes.length > HEX_SHOWN) lines.push(`… ${size(bytes.length - HEX_SHOWN)} more`);
  return scrollable('Body in hexadecimal', lines.join('\n'));
}

/**
 * With a place in the order of Tab, or the keyboard could not scroll it.
 *
 * @param {string} label
 * @param {string} text
 */
function scrollable(label, text) {
  return make('pre', { tabindex: '0', role: 'region', 'aria-label': label }, text);
}
