/** JSON as a tree that opens and closes, and that stays usable for events of megabytes. */
import { make } from './dom.js';
import { count, size, visible } from './format.js';

/** Characters of one string; the rest is a body in base64, or something alike. */
const LONGEST = 600;
/** Members of one object or list. */
const MOST = 200;
/** Larger ones below the first level begin closed. */
const CLOSED_FROM = 12;

/**
 * @param {unknown} value
 * @param {boolean} [isClosed] begins as one line
 */
export function jsonTree(value, isClosed = false) {
  const tree = node(value, undefined, isClosed ? 1 : 0);
  if (isClosed && tree instanceof HTMLDetailsElement) tree.open = false;
  return make('div', { class: 'json' }, tree);
}

/**
 * @param {unknown} value
 * @param {string | undefined} name
 * @param {number} depth
 * @returns {HTMLElement}
 */
function node(value, name, depth) {
  const label =
    name === undefined ? [] : [make('span', { class: 'json-name' }, visible(name)), ': '];
  if (typeof value !== 'object' || value === null) {
    return make('div', { class: 'json-line' }, ...label, leaf(value));
  }
  const entries = Object.entries(value);
  if (Array.isArray(value) && isShort(value)) {
    const items = value.flatMap((item, index) => (index === 0 ? [leaf(item)] : [', ', leaf(item)]));
    return make('div', { class: 'json-line' }, ...label, '[', ...items, ']');
  }
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return make('div', { class: 'json-line' }, ...label, open + close);
  const children = entries
    .slice(0, MOST)
    .map(([key, child]) => node(child, Array.isArray(value) ? undefined : key, depth + 1));
  if (entries.length > MOST) {
    children.push(make('div', { class: 'dim' }, `${entries.length - MOST} more`));
  }
  if (depth === 0) return make('div', {}, ...children);
  const hint = Array.isArray(value)
    ? count(entries.length, 'item')
    : count(entries.length, 'member');
  return make(
    'details',
    { open: entries.length < CLOSED_FROM },
    make('summary', {}, ...label, open, make('span', { class: 'json-hint' }, ` ${hint} `, close)),
    make('div', { class: 'json-children' }, ...children),
    make('div', { class: 'json-close' }, close),
  );
}

/**
 * Whether a list fits on one line.
 *
 * @param {unknown[]} items
 */
function isShort(items) {
  const isFlat = items.every((item) => typeof item !== 'object' || item === null);
  return isFlat && (items.length === 1 || JSON.stringify(items).length < 40);
}

/** @param {unknown} value */
function leaf(value) {
  if (typeof value !== 'string') {
    return make(
      'span',
      { class: `json-${typeof value === 'number' ? 'number' : 'word'}` },
      String(value),
    );
  }
  const shown = make(
    'span',
    { class: 'json-string' },
    visible(JSON.stringify(value.slice(0, LONGEST))),
  );
  if (value.length <= LONGEST) return shown;
  return make('span', {}, shown, make('span', { class: 'dim' }, ` … ${size(value.length)} in all`));
}
