/** Light or dark: what the system says, until the user says otherwise. */

/** @typedef {'auto' | 'light' | 'dark'} Theme */

const KEY = 'gatecall-theme';
/** @type {Theme[]} */
const THEMES = ['auto', 'light', 'dark'];

/** @returns {Theme} */
export function theme() {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((name) => name === stored) ?? 'auto';
}

/** @returns {Theme} */
export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'auto';
  localStorage.setItem(KEY, next);
  apply();
  return next;
}

function apply() {
  document.documentElement.dataset['theme'] = theme();
}

apply();
