/**
 * The way of one request, one panel a step: request, event, environ, startResponse, reply, HTTP
 * answer.
 *
 * @import { InvocationTrace, TracedHead } from '../../trace.ts'
 * @typedef {{ name: string, note: string, content: (HTMLElement | string)[] }} Stage
 */
import { bodyPreview } from './body.js';
import { make } from './dom.js';
import { count, size, sourceName, visible } from './format.js';
import { jsonTree } from './json.js';

/**
 * @param {InvocationTrace} trace
 * @returns {HTMLElement[]}
 */
export function stagesView(trace) {
  const stages = stagesOf(trace);
  const panels = stages.map(({ name, note, content }) =>
    make(
      'section',
      { class: 'panel', 'aria-label': name, tabindex: '0' },
      make(
        'header',
        { class: 'panel-head' },
        make('h4', {}, name),
        make('span', { class: 'dim' }, note),
      ),
      make('div', { class: 'panel-body' }, ...content),
    ),
  );
  const steps = stages.map(({ name }, index) => {
    const go = () => {
      panels[index]?.scrollIntoView({ block: 'nearest', inline: 'start', behavior: 'smooth' });
      panels[index]?.focus({ preventScroll: true });
    };
    return make(
      'li',
      {},
      make(
        'button',
        { type: 'button', class: 'quiet', 'data-key': `step-${index}`, onclick: go },
        name,
      ),
    );
  });
  return [
    make('ol', { class: 'steps', 'aria-label': 'Go to a step' }, ...steps),
    make('div', { class: 'panels' }, ...panels),
  ];
}

/**
 * @param {InvocationTrace} trace
 * @returns {Stage[]}
 */
function stagesOf(trace) {
  const { request, event, environ, startResponse, reply, response, warnings } = trace;
  const suspect = new Set(
    warnings.map(({ header }) => header).filter((name) => name !== undefined),
  );
  const isDone = trace.state === 'done' || trace.state === 'failed';
  const notYet = isDone ? 'There was none.' : 'Not yet.';
  const foreign = isDone ? 'Only functions made with gatecall tell.' : 'Not yet.';
  return [
    {
      name: 'Request',
      note: 'from the client',
      content: [
        startLine(`${request.method} ${request.target}`),
        headerTable(request.headers, suspect),
        bodyPreview(request.body, contentType(request)),
      ],
    },
    {
      name: 'Event',
      note: `${sourceName(trace.source)}, ${jsonSize(event)}`,
      content: [jsonTree(event)],
    },
    {
      name: 'Environ',
      note: environ ? count(Object.keys(environ).length, 'key') : '',
      content: environ ? environGroups(environ) : [missing(foreign)],
    },
    {
      name: 'startResponse',
      note: startResponse ? count(startResponse.length, 'call') : '',
      content: startResponse?.length
        ? startResponse.map((call) => callView(call, suspect))
        : [missing(foreign)],
    },
    {
      name: 'Reply',
      note:
        reply === undefined ? '' : `${trace.streamed ? 'prelude' : 'returned'}, ${jsonSize(reply)}`,
      content: reply === undefined ? [missing(notYet)] : [jsonTree(reply)],
    },
    {
      name: 'HTTP answer',
      note: 'to the client',
      content: response
        ? [
            startLine(String(response.status)),
            headerTable(response.headers, suspect),
            bodyPreview(response.body, contentType(response)),
          ]
        : [missing(notYet)],
    },
  ];
}

/** @param {unknown} value */
function jsonSize(value) {
  return size(new TextEncoder().encode(JSON.stringify(value) ?? '').length);
}

/** @param {TracedHead} head */
function contentType({ headers }) {
  return headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
}

/** @param {string} text */
function missing(text) {
  return make('p', { class: 'dim' }, text);
}

/** @param {string} text */
function startLine(text) {
  return make('p', { class: 'start-line' }, visible(text));
}

/**
 * @param {readonly (readonly [name: string, value: string])[]} headers
 * @param {ReadonlySet<string>} suspect
 */
function headerTable(headers, suspect) {
  if (headers.length === 0) return missing('No headers');
  return pairs(headers, (name) => suspect.has(name.toLowerCase()));
}

/**
 * @param {readonly (readonly [name: string, value: unknown])[]} entries
 * @param {(name: string) => boolean} [isSuspect]
 */
function pairs(entries, isSuspect = () => false) {
  const rows = entries.map(([name, value]) => {
    const mark =
      isSuspect(name) && make('span', { class: 'mark', title: 'See the warnings above' }, ' ▲');
    const shown =
      typeof value === 'object' && value !== null
        ? jsonTree(value, true)
        : visible(String(value ?? ''));
    return make(
      'div',
      {},
      make('dt', {}, visible(name), mark),
      make('dd', {}, shown, decoded(value)),
    );
  });
  return make('dl', { class: 'pairs' }, ...rows);
}

/**
 * What a string of bytes as code points says, where it says more than ASCII (PEP 3333, "Unicode
 * Issues").
 *
 * @param {unknown} value
 */
function decoded(value) {
  if (typeof value !== 'string' || !/^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(value))
    return undefined;
  try {
    const bytes = Uint8Array.from(value, (unit) => unit.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return make('span', { class: 'dim', title: 'decoded as UTF-8' }, ` = ${visible(text)}`);
  } catch {
    return undefined;
  }
}

/** @param {Readonly<Record<string, unknown>>} environ */
function environGroups(environ) {
  /** @type {[title: string, pattern: RegExp][]} */
  const groups = [
    ['Request', /^(?!HTTP_|wsgi\.|gatecall\.)/],
    ['Headers', /^HTTP_/],
    ['wsgi', /^wsgi\./],
    ['gatecall', /^gatecall\./],
  ];
  return groups.flatMap(([title, pattern]) => {
    const entries = Object.entries(environ).filter(([name]) => pattern.test(name));
    return entries.length === 0 ? [] : [make('h5', {}, title), pairs(entries)];
  });
}

/**
 * @param {NonNullable<InvocationTrace['startResponse']>[number]} call
 * @param {ReadonlySet<string>} suspect
 */
function callView({ status, headers, error }, suspect) {
  return make(
    'div',
    {},
    startLine(status),
    error !== undefined && make('p', { class: 'bad-text' }, visible(error)),
    headerTable(headers, suspect),
  );
}
