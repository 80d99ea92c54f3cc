/**
 * One invocation in full.
 *
 * @import { InvocationTrace, Limit, TracedLog, Warning } from '../../trace.ts'
 * @typedef {{
 *   canReplay: boolean,
 *   isWide: boolean,
 *   replayAs: (source: string) => void,
 *   edit: () => void,
 *   copyCurl: () => void,
 *   copyEvent: () => void,
 *   back: () => void,
 *   widen: () => void,
 * }} Actions
 */
import { eventAddress } from './api.js';
import { make } from './dom.js';
import { clock, duration, outcome, size, sourceName, sources, visible } from './format.js';
import { statusText } from './list.js';
import { stagesView } from './stages.js';
import { waterfall } from './waterfall.js';

/**
 * @param {InvocationTrace} trace
 * @param {Actions} actions
 * @returns {HTMLElement[]}
 */
export function detailView(trace, actions) {
  return [
    head(trace, actions),
    problems(trace),
    make(
      'div',
      { class: 'measures' },
      block('Timing', waterfall(trace.timings)),
      block('Size and limits', limits(trace)),
    ),
    make(
      'section',
      { class: 'block stages' },
      make('h3', {}, 'From request to answer'),
      ...stagesView(trace),
    ),
    block('Logs', logs(trace.logs)),
  ].filter((part) => part !== undefined);
}

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function block(title, content) {
  return make('section', { class: 'block' }, make('h3', {}, title), content);
}

/**
 * @param {InvocationTrace} trace
 * @param {Actions} actions
 */
function head(trace, actions) {
  const { request, response, state } = trace;
  const kind = outcome(response?.status, state);
  return make(
    'header',
    { class: 'detail-head' },
    make(
      'div',
      { class: 'title-row' },
      make(
        'button',
        { type: 'button', class: 'quiet back', 'data-key': 'back', onclick: actions.back },
        '← List',
      ),
      make(
        'span',
        { class: `status ${kind}` },
        statusText({ ...(response && { status: response.status }), state }),
      ),
      make(
        'h2',
        { id: 'detail-title', tabindex: '-1' },
        make('span', { class: 'method' }, visible(request.method)),
        ' ',
        visible(request.target),
      ),
      make(
        'button',
        { type: 'button', class: 'quiet widen', 'data-key': 'widen', onclick: actions.widen },
        actions.isWide ? 'Show list' : 'Full width',
      ),
    ),
    facts(trace),
    toolbar(trace, actions),
  );
}

/** @param {InvocationTrace} trace */
function facts(trace) {
  const { timings, response, replayOf } = trace;
  const start = [trace.cold ? 'cold' : 'warm', ...(trace.streamed ? ['streamed'] : [])].join(', ');
  /** @type {[string, string | HTMLElement][]} */
  const found = [
    ['Front', `${trace.frontId}, ${sourceName(trace.source)}`],
    ['Function', trace.functionId],
    ['Start', start],
    ['Total', timings.ended === undefined ? trace.state : duration(timings.ended)],
    ['Answer', response ? size(response.body.length) : 'none'],
    ['Time', clock(trace.time, true)],
    ['Id', make('span', { class: 'mono', title: trace.id }, trace.id.slice(0, 8))],
  ];
  if (replayOf !== undefined) {
    found.push(['Replay of', make('a', { href: `#/${replayOf}` }, replayOf.slice(0, 8))]);
  }
  return make(
    'dl',
    { class: 'facts' },
    ...found.map(([name, value]) =>
      make(
        'div',
        {},
        make('dt', {}, name),
        make('dd', {}, typeof value === 'string' ? visible(value) : value),
      ),
    ),
  );
}

/**
 * @param {InvocationTrace} trace
 * @param {Actions} actions
 */
function toolbar(trace, actions) {
  const select = make(
    'select',
    { id: 'replay-source', 'data-key': 'source' },
    ...sources.map((source) =>
      make('option', { value: source, selected: source === trace.source }, sourceName(source)),
    ),
  );
  const replays = [
    make(
      'button',
      {
        type: 'button',
        class: 'primary',
        'data-key': 'replay',
        onclick: () => actions.replayAs(select.value),
      },
      'Replay',
    ),
    make('label', { for: 'replay-source' }, 'as'),
    select,
    make(
      'button',
      { type: 'button', 'data-key': 'edit', onclick: actions.edit },
      'Edit and replay…',
    ),
    make('span', { class: 'gap' }),
  ];
  return make(
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': 'Actions' },
    ...(actions.canReplay ? replays : []),
    make(
      'button',
      { type: 'button', 'data-key': 'curl', onclick: actions.copyCurl },
      'Copy as curl',
    ),
    make(
      'button',
      { type: 'button', 'data-key': 'event', onclick: actions.copyEvent },
      'Copy event',
    ),
    make(
      'a',
      { class: 'button', 'data-key': 'file', href: eventAddress(trace.id), download: true },
      'Event file',
    ),
  );
}

/** @param {InvocationTrace} trace */
function problems({ error, warnings }) {
  if (!error && warnings.length === 0) return undefined;
  return make(
    'div',
    { class: 'problems' },
    error &&
      make(
        'div',
        { class: 'problem bad' },
        make('p', {}, make('strong', {}, visible(error.type)), ' ', visible(error.message)),
        error.stack &&
          error.stack.length > 0 &&
          make(
            'details',
            { open: true },
            make('summary', {}, 'Stack'),
            make('pre', { tabindex: '0' }, visible(error.stack.join('\n'))),
          ),
      ),
    warnings.length > 0 &&
      make('ul', { class: 'problem warn', 'aria-label': 'Warnings' }, ...warnings.map(warning)),
  );
}

/** @param {Warning} warning */
function warning({ message, fix, code }) {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return make(
    'li',
    { 'data-code': code },
    `${visible(sentence)}.`,
    fix !== undefined &&
      make('span', { class: 'fix' }, ` ${fix.charAt(0).toUpperCase()}${visible(fix.slice(1))}.`),
  );
}

/** @param {InvocationTrace} trace */
function limits({ limits }) {
  if (limits.length === 0) return make('p', { class: 'dim' }, 'Nothing measured.');
  return make('ul', { class: 'limits' }, ...limits.map(meter));
}

/** @param {Limit} limit */
function meter({ name, used, limit, unit }) {
  const share = limit > 0 ? used / limit : 0;
  const level = share > 1 ? 'bad' : share >= 0.8 ? 'warn' : 'ok';
  const text = `${amount(used, unit)} of ${amount(limit, unit)}`;
  const label = name.charAt(0).toUpperCase() + name.slice(1);
  const fill = make('span', { class: `meter-fill ${level}` });
  fill.style.width = `${Math.min(share, 1) * 100}%`;
  return make(
    'li',
    {},
    make('span', { class: 'meter-name' }, visible(label)),
    make('span', { class: 'number' }, text),
    make(
      'span',
      {
        class: 'meter',
        role: 'meter',
        'aria-label': name,
        'aria-valuemin': 0,
        'aria-valuemax': limit,
        'aria-valuenow': Math.min(used, limit),
        'aria-valuetext': `${text}, ${Math.round(share * 100)} %`,
      },
      fill,
    ),
  );
}

/**
 * @param {number} value
 * @param {Limit['unit']} unit
 */
function amount(value, unit) {
  if (unit === 'bytes') return size(value);
  return unit === 'ms' ? duration(value) : `${Math.round(value)} ${unit}`;
}

/** @param {readonly TracedLog[]} lines */
function logs(lines) {
  if (lines.length === 0) return make('p', { class: 'dim' }, 'Nothing was written.');
  return make(
    'ol',
    { class: 'logs', tabindex: '0', 'aria-label': 'Log lines' },
    ...lines.map(({ at, stream, text }) =>
      make(
        'li',
        { class: stream },
        make('span', { class: 'log-at' }, `+${duration(at)}`),
        ' ',
        make('span', { class: 'log-stream' }, stream),
        ' ',
        make('span', { class: 'log-text' }, visible(plain(text))),
      ),
    ),
  );
}

/**
 * Without the colours of a terminal (ECMA-48, "Control sequences").
 *
 * @param {string} text
 */
function plain(text) {
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '').replace(/\r?\n$/, '');
}
