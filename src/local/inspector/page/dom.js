/**
 * Elements, made of text only: what was traced came from anywhere, and no string here is ever read
 * as markup.
 *
 * @typedef {Node | string | undefined | false} Child
 * @typedef {string | number | boolean | undefined | ((event: any) => void)} Attribute
 */

/**
 * `make('a', { href: '#/1', onclick: open }, 'text', other)`
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes] `true` sets one without value; `on…` listens
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/**
 * An element that `index.html` has.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`index.html has no ${kind.name} called ${id}`);
}

let toastTimer = 0;

/**
 * Says something in passing, to eyes and to screen readers.
 *
 * @param {string} text
 */
export function toast(text) {
  const element = byId('toast', HTMLElement);
  element.textContent = text;
  element.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => element.classList.remove('shown'), 2500);
}
