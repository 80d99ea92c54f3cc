/** The dialog with the keys and the words of the filter. */
import { byId, make } from './dom.js';

const KEYS = [
  ['j, ↓', 'next invocation'],
  ['k, ↑', 'previous invocation'],
  ['Enter', 'go to its details'],
  ['Esc', 'back to the list'],
  ['/', 'filter'],
  ['r', 'replay'],
  ['e', 'edit and replay'],
  ['c', 'copy as curl'],
  ['w', 'full width'],
  ['t', 'theme'],
  ['?', 'this help'],
];

const WORDS = [
  ['/items', 'path, front, function or id has it'],
  ['5xx  404', 'status'],
  ['>100ms  <1s', 'time in all'],
  ['cold  warm  failed  running', 'state'],
  ['warning  streamed  replay', 'such ones'],
  ['function:shop  source:alb', 'one column'],
  ['-/health', 'not'],
];

const KEY = 'gatecall-keys';

/**
 * Whether single letters are commands; who speaks to the machine may want them off (WCAG 2.1.4).
 */
export function keysAreOn() {
  return localStorage.getItem(KEY) !== 'off';
}

export function openHelp() {
  const dialog = byId('help', HTMLDialogElement);
  const toggle = make('input', {
    type: 'checkbox',
    checked: keysAreOn(),
    onchange: () => localStorage.setItem(KEY, toggle.checked ? 'on' : 'off'),
  });
  dialog.replaceChildren(
    make(
      'header',
      { class: 'dialog-head' },
      make('h2', { id: 'help-title' }, 'Help'),
      make('button', { type: 'button', onclick: () => dialog.close() }, 'Close'),
    ),
    make('h3', {}, 'Keys'),
    terms(KEYS, 'kbd'),
    make('label', { class: 'inline' }, toggle, ' Letters are commands'),
    make('h3', {}, 'Filter: all words have to match'),
    terms(WORDS, 'code'),
  );
  dialog.showModal();
}

/**
 * @param {string[][]} rows
 * @param {'kbd' | 'code'} tag
 */
function terms(rows, tag) {
  const entries = rows.flatMap(([name = '', meaning = '']) => [
    make('dt', {}, ...name.split(/, |  /).map((word) => make(tag, {}, word))),
    make('dd', {}, meaning),
  ]);
  return make('dl', { class: 'terms' }, ...entries);
}
