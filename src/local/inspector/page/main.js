/**
 * The inspector's page: what is known of the invocations, which one is selected, and who is told of
 * a change. The address says what is selected (`#/<id>`), so that going back works.
 *
 * @import { InvocationTrace } from '../../trace.ts'
 * @import { Summary } from '../summary.ts'
 */
import { clear, listen, loadTrace, replay } from './api.js';
import { toCurl } from './curl.js';
import { detailView } from './detail.js';
import { byId, make, toast } from './dom.js';
import { openEditor } from './editor.js';
import { filterOf } from './filter.js';
import { duration, visible } from './format.js';
import { keysAreOn, openHelp } from './help.js';
import { listView, statusText } from './list.js';
import { nextTheme, theme } from './theme.js';

/** As many as the server keeps. */
const KEPT = 500;

const list = listView(byId('list', HTMLOListElement));
const detail = byId('detail', HTMLElement);
const panes = byId('panes', HTMLElement);
const filter = byId('filter', HTMLInputElement);

/** @type {Map<string, Summary>} */
const lines = new Map();
/** @type {{ id: string, url: string }[]} */
let fronts = [];
let canReplay = false;
/** @type {string | undefined} */
let selected;
/** @type {InvocationTrace | undefined} */
let shown;
/** Whether the title shall have the focus once it is there. */
let entering = false;
/** How many traces have been asked for, and which of them is shown. */
let asked = 0;
let answered = 0;

// The list.

listen({
  sync(all) {
    lines.clear();
    for (const line of all.traces) lines.set(line.id, line);
    ({ fronts, canReplay } = all);
    list.reset(all.traces);
    list.select(selected);
    refresh();
    if (selected !== undefined) void load(selected);
  },
  trace(line) {
    const before = lines.get(line.id);
    lines.set(line.id, line);
    list.put(line);
    for (const id of lines.keys()) {
      if (lines.size <= KEPT) break;
      lines.delete(id);
      list.remove(id);
    }
    if (line.id === selected) {
      list.select(selected);
      void load(line.id);
    }
    if (before?.state !== line.state) tell(line);
    refresh();
  },
  state(live) {
    const element = byId('connection', HTMLElement);
    element.dataset['state'] = live ? 'live' : 'lost';
    element.textContent = live ? 'Live' : 'Reconnecting';
  },
});

function refresh() {
  const isShown = filterOf(filter.value);
  const number = list.filter((id) => {
    const line = lines.get(id);
    return line !== undefined && isShown(line);
  });
  const all = lines.size;
  byId('count', HTMLElement).textContent = number === all ? String(all) : `${number} of ${all}`;
  const empty = byId('empty', HTMLElement);
  empty.hidden = number > 0;
  if (!empty.hidden) empty.replaceChildren(...(all === 0 ? firstHint() : nothingFound()));
}

function firstHint() {
  return [
    make('p', { class: 'empty-title' }, 'Waiting for the first request'),
    make('p', { class: 'dim' }, 'Each invocation appears here as it happens.'),
    ...fronts.map(({ id, url }) =>
      make(
        'p',
        {},
        make('span', { class: 'dim' }, id),
        make('br'),
        make('code', {}, `curl ${url}/`),
      ),
    ),
  ];
}

function nothingFound() {
  const reset = () => {
    filter.value = '';
    refresh();
    filter.focus();
  };
  return [
    make('p', { class: 'empty-title' }, 'Nothing matches the filter'),
    make('button', { type: 'button', onclick: reset }, 'Show all'),
  ];
}

/**
 * For those who do not see the list: what ended, and no more often than it can be said.
 *
 * @param {Summary} line
 */
function tell(line) {
  if (line.state !== 'done' && line.state !== 'failed') return;
  const time = line.ms === undefined ? '' : ` in ${duration(line.ms)}`;
  const text = `${line.method} ${visible(line.target)}: ${statusText(line)}${time}`;
  byId('news', HTMLElement).replaceChildren(make('span', {}, text));
}

// The selected one.

addEventListener('hashchange', () => {
  entering = false;
  route();
});
route();

function route() {
  const id = /^#\/(.+)$/.exec(location.hash)?.[1];
  if (id === selected && id !== undefined) return;
  selected = id;
  shown = undefined;
  panes.classList.toggle('open', id !== undefined);
  list.select(id);
  if (id === undefined) showNothing();
  else void load(id);
}

function showNothing() {
  detail.replaceChildren(
    make(
      'p',
      { class: 'nothing dim' },
      'Select an invocation to see its way from request to answer.',
    ),
  );
}

/** @param {string} id */
async function load(id) {
  const turn = ++asked;
  const trace = await loadTrace(id).catch(() => undefined);
  // Another was selected meanwhile, or a later answer has overtaken this one.
  if (id !== selected || turn < answered) return;
  answered = turn;
  if (trace) show(trace);
  else if (!shown)
    detail.replaceChildren(
      make('p', { class: 'nothing dim' }, 'This invocation is not kept any more.'),
    );
}

/** @param {InvocationTrace} trace */
function show(trace) {
  const isSame = shown?.id === trace.id;
  const kept = isSame ? keptState() : undefined;
  shown = trace;
  detail.replaceChildren(...detailView(trace, actionsFor(trace)));
  if (kept) kept();
  else detail.scrollTop = 0;
  // Who has begun to write meanwhile goes on writing.
  if (entering && document.activeElement !== filter)
    document.getElementById('detail-title')?.focus();
  entering = false;
}

/** What a reader has done to the details so far; the result does it again, to new ones. */
function keptState() {
  const focused = document.activeElement;
  const key =
    focused instanceof HTMLElement && detail.contains(focused) ? focused.dataset['key'] : undefined;
  const wasTitle = focused?.id === 'detail-title';
  const top = detail.scrollTop;
  const left = detail.querySelector('.panels')?.scrollLeft ?? 0;
  const source = detail.querySelector('select')?.value;
  return () => {
    detail.scrollTop = top;
    const panels = detail.querySelector('.panels');
    if (panels) panels.scrollLeft = left;
    const select = detail.querySelector('select');
    if (select && source !== undefined) select.value = source;
    const again = wasTitle
      ? detail.querySelector('h2')
      : detail.querySelector(`[data-key="${key}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  };
}

/**
 * @param {InvocationTrace} trace
 * @returns {import('./detail.js').Actions}
 */
function actionsFor(trace) {
  const origin = fronts.find(({ id }) => id === trace.frontId)?.url;
  return {
    canReplay,
    isWide: panes.classList.contains('wide'),
    replayAs: (source) => void sendAgain({ id: trace.id, source }),
    edit: () => openEditor(trace, enter),
    copyCurl: () => void copy(toCurl(trace.request, origin), 'curl command copied'),
    copyEvent: () => void copy(`${JSON.stringify(trace.event, null, 2)}\n`, 'Event copied'),
    back: leave,
    widen: () => widen(!panes.classList.contains('wide')),
  };
}

/** @param {{ id: string, source?: string }} wish */
async function sendAgain(wish) {
  try {
    enter(await replay(wish));
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} text
 * @param {string} done
 */
async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast('The browser does not let this page copy');
  }
}

/**
 * Goes to the details of an invocation.
 *
 * @param {string} id
 */
function enter(id) {
  if (id === selected) {
    document.getElementById('detail-title')?.focus();
    return;
  }
  entering = true;
  history.pushState(null, '', `#/${id}`);
  route();
}

/** Goes back to the line in the list; from there, to none selected. */
function leave() {
  const id = selected;
  if (id === undefined) return;
  const isInList = document.activeElement?.closest('#list') !== null;
  widen(false);
  if (isNarrow() || isInList) {
    history.pushState(null, '', '#/');
    route();
  }
  list.focus(id);
}

/** @param {boolean} isWide */
function widen(isWide) {
  panes.classList.toggle('wide', isWide);
  if (shown) show(shown);
}

function isNarrow() {
  return matchMedia('(max-width: 860px)').matches;
}

/**
 * Goes up or down in the list. Where there is room for both, the details follow.
 *
 * @param {number} step
 */
function move(step) {
  const ids = list.shown();
  if (ids.length === 0) return;
  const focused =
    document.activeElement instanceof HTMLElement
      ? document.activeElement.dataset['id']
      : undefined;
  const at = ids.indexOf(focused ?? selected ?? '');
  const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + step))];
  if (next === undefined) return;
  if (!isNarrow()) {
    // Not one step back for each line passed.
    history.replaceState(null, '', `#/${next}`);
    entering = false;
    route();
  }
  list.focus(next);
}

// Hands.

byId('list', HTMLElement).addEventListener('click', (event) => {
  const line = event.target instanceof Element ? event.target.closest('a') : null;
  if (!line || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  enter(line.dataset['id'] ?? '');
});
filter.addEventListener('input', refresh);
byId('clear', HTMLElement).addEventListener('click', () => void clear());
byId('theme', HTMLElement).addEventListener('click', changeTheme);
byId('help-button', HTMLElement).addEventListener('click', openHelp);

showTheme();

function changeTheme() {
  nextTheme();
  showTheme();
}

function showTheme() {
  const name = theme();
  byId('theme-name', HTMLElement).textContent = name.charAt(0).toUpperCase() + name.slice(1);
}

/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  '/': () => filter.focus(),
  r: () => press('replay'),
  e: () => press('edit'),
  c: () => press('curl'),
  w: () => press('widen'),
  t: changeTheme,
  '?': openHelp,
};

/** @param {string} key */
function press(key) {
  const button = detail.querySelector(`[data-key="${key}"]`);
  if (button instanceof HTMLElement) button.click();
}

addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]'))
    return;
  if (!(target instanceof HTMLElement)) return;
  if (target === filter) {
    if (key === 'Escape') {
      filter.value = '';
      refresh();
      filter.blur();
    } else if (key === 'Enter' || key === 'ArrowDown') {
      event.preventDefault();
      filter.blur();
      move(0);
    }
    return;
  }
  if (key === 'Escape') {
    leave();
    return;
  }
  if (target.matches('input, select, textarea')) return;
  // In a box that scrolls, the arrows are for scrolling.
  const isFree = target === document.body || target.closest('.list-pane') !== null;
  const command =
    key === 'ArrowDown' && isFree
      ? KEYS['j']
      : key === 'ArrowUp' && isFree
        ? KEYS['k']
        : keysAreOn() && Object.hasOwn(KEYS, key)
          ? KEYS[key]
          : undefined;
  if (!command) return;
  event.preventDefault();
  command();
});
