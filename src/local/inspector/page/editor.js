/**
 * The dialog to change a request, or an event, before it is sent again.
 *
 * @import { InvocationTrace } from '../../trace.ts'
 */
import { replay } from './api.js';
import { byId, make } from './dom.js';
import { sourceName, sources } from './format.js';

/**
 * @param {InvocationTrace} trace
 * @param {(id: string) => void} done
 */
export function openEditor(trace, done) {
  const dialog = byId('editor', HTMLDialogElement);
  const { request } = trace;
  const text = request.body.truncated ? undefined : textOf(request.body.base64);
  const method = field('input', 'Method', request.method);
  const target = field('input', 'Path and query', request.target);
  const headers = field(
    'textarea',
    'Headers, one a line',
    request.headers.map((pair) => pair.join(': ')).join('\n'),
  );
  const body = field(
    'textarea',
    text === undefined ? 'Body, in base64' : 'Body',
    text ?? request.body.base64,
  );
  const event = field('textarea', 'Event', JSON.stringify(trace.event, null, 2));
  const source = make(
    'select',
    { id: 'editor-source' },
    ...sources.map((id) =>
      make('option', { value: id, selected: id === trace.source }, sourceName(id)),
    ),
  );
  const requestFields = make(
    'div',
    { class: 'fields' },
    make('div', { class: 'field-row' }, method.label, target.label),
    headers.label,
    body.label,
    make('label', { for: 'editor-source', class: 'inline' }, 'Send as ', source),
  );
  const eventFields = make('div', { class: 'fields', hidden: true }, event.label);
  headers.input.classList.add('tall');
  event.input.classList.add('very-tall');

  const problem = make('p', { role: 'alert', class: 'bad-text' });
  const tabs = ['Request', 'Event'].map((name) =>
    make(
      'button',
      { type: 'button', 'aria-pressed': String(name === 'Request'), onclick: () => show(name) },
      name,
    ),
  );
  /** @param {string} name */
  const show = (name) => {
    requestFields.hidden = name !== 'Request';
    eventFields.hidden = name !== 'Event';
    for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.textContent === name));
  };
  if (request.body.truncated) {
    show('Event');
    const [first] = tabs;
    if (first) first.disabled = true;
    problem.textContent =
      'Only the beginning of this body was kept, so that its request cannot be edited.';
  }

  const wish = () => {
    if (!eventFields.hidden) return { id: trace.id, event: parse(event.input.value) };
    const lines = headers.input.value.split('\n').filter((line) => line.trim() !== '');
    return {
      id: trace.id,
      source: source.value,
      request: {
        method: method.input.value.trim(),
        target: target.input.value.trim(),
        headers: lines.map(headerOf),
        body: text === undefined ? body.input.value.trim() : base64Of(body.input.value),
      },
    };
  };
  const send = async () => {
    problem.textContent = '';
    try {
      done(await replay(wish()));
      dialog.close();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  };

  const form = make(
    'form',
    {
      onsubmit: (/** @type {SubmitEvent} */ submit) => {
        submit.preventDefault();
        void send();
      },
    },
    make(
      'header',
      { class: 'dialog-head' },
      make('h2', { id: 'editor-title' }, 'Edit and replay'),
      make('div', { class: 'segments', role: 'group', 'aria-label': 'What to edit' }, ...tabs),
    ),
    requestFields,
    eventFields,
    problem,
    make(
      'div',
      { class: 'dialog-foot' },
      make('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      make('button', { type: 'submit', class: 'primary' }, 'Replay'),
    ),
  );
  dialog.replaceChildren(form);
  dialog.showModal();
}

/**
 * @template {'input' | 'textarea'} Tag
 * @param {Tag} tag
 * @param {string} name
 * @param {string} value
 */
function field(tag, name, value) {
  const input = make(tag, { spellcheck: 'false', autocomplete: 'off' });
  input.value = value;
  return { input, label: make('label', {}, name, input) };
}

/** @param {string} line */
function headerOf(line) {
  const at = line.indexOf(':');
  if (at < 1) throw new Error(`A header has a name and a colon, not: ${line}`);
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The event is no JSON: ${String(error).replace('SyntaxError: ', '')}`, {
      cause: error,
    });
  }
}

/**
 * Text that an editor gives back as it was; undefined for any other bytes.
 *
 * @param {string} base64
 */
function textOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\0\r]/.test(text) ? undefined : text; // a textarea makes \r\n of \n, and \n of \r
  } catch {
    return undefined;
  }
}

/** @param {string} text */
function base64Of(text) {
  const bytes = new TextEncoder().encode(text);
  let units = '';
  for (const byte of bytes) units += String.fromCharCode(byte);
  return btoa(units);
}
