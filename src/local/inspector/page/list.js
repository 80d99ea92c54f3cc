/**
 * The lines of the list: links, newest first, so that a browser's own ways to follow, copy and
 * focus them work.
 *
 * @import { Summary } from '../summary.ts'
 */
import { make } from './dom.js';
import { clock, count, duration, outcome, size, sourceName, visible } from './format.js';

/**
 * @param {HTMLOListElement} list
 */
export function listView(list) {
  /** @type {Map<string, HTMLLIElement>} */
  const items = new Map();

  return {
    /** @param {Summary[]} lines oldest first */
    reset(lines) {
      const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
      items.clear();
      for (const line of lines) items.set(line.id, make('li', {}, link(line)));
      list.replaceChildren(...[...items.values()].toReversed());
      if (focused instanceof HTMLElement) this.focus(focused.dataset['id'] ?? '');
    },

    /** @param {Summary} line */
    put(line) {
      const known = items.get(line.id)?.firstElementChild;
      if (known) {
        // The link stays, and with it the focus.
        known.className = `line ${outcome(line.status, line.state)}`;
        known.replaceChildren(...cells(line));
        return;
      }
      const item = make('li', { class: 'fresh' }, link(line));
      // Or it would arrive again each time the list is shown again.
      item.addEventListener('animationend', () => item.classList.remove('fresh'));
      items.set(line.id, item);
      list.prepend(item);
    },

    /** @param {string} id */
    remove(id) {
      items.get(id)?.remove();
      items.delete(id);
    },

    /**
     * @param {(id: string) => boolean} isShown
     * @returns {number} how many are
     */
    filter(isShown) {
      let shown = 0;
      for (const [id, item] of items) {
        item.hidden = !isShown(id);
        if (!item.hidden) shown++;
      }
      return shown;
    },

    /** @param {string | undefined} id */
    select(id) {
      list.querySelector('[aria-current]')?.removeAttribute('aria-current');
      items.get(id ?? '')?.firstElementChild?.setAttribute('aria-current', 'true');
    },

    /** @param {string} id */
    focus(id) {
      const line = items.get(id)?.firstElementChild;
      if (!(line instanceof HTMLElement)) return;
      line.focus({ preventScroll: true });
      line.scrollIntoView({ block: 'nearest' });
    },

    /** The ids that are shown, from top to bottom. */
    shown() {
      return [...items]
        .filter(([, item]) => !item.hidden)
        .map(([id]) => id)
        .toReversed();
    },
  };
}

/** @param {Summary} line */
function link(line) {
  return make(
    'a',
    { href: `#/${line.id}`, class: `line ${outcome(line.status, line.state)}`, 'data-id': line.id },
    ...cells(line),
  );
}

/** @param {Summary} line */
function cells(line) {
  const parts = [
    make('span', { class: 'line-status' }, statusText(line)),
    make(
      'span',
      { class: 'line-target' },
      make('span', { class: 'method' }, visible(line.method)),
      ' ',
      visible(line.target),
    ),
    make('span', { class: 'line-ms' }, line.ms === undefined ? '' : duration(line.ms)),
    make('span', { class: 'line-facts' }, ...facts(line)),
    make('span', { class: 'line-bytes' }, line.bytes === undefined ? '' : size(line.bytes)),
  ];
  // Spaces for ears; a grid does not show them.
  return parts.flatMap((part) => [part, ' ']);
}

/** @param {Summary} line */
function facts(line) {
  const { time, source, frontId, cold, streamed, replayOf, warnings } = line;
  return [
    make('time', { datetime: new Date(time).toISOString() }, clock(time)),
    ` ${sourceName(source)} `,
    make('span', { class: 'front' }, visible(frontId)),
    make('span', { class: cold ? 'tag cold' : 'hidden' }, cold ? 'cold' : ' warm'),
    streamed && make('span', { class: 'tag' }, 'streamed'),
    replayOf !== undefined && make('span', { class: 'tag' }, 'replay'),
    warnings > 0 && make('span', { class: 'tag warned' }, count(warnings, 'warning')),
  ]
    .filter((part) => part !== false)
    .flatMap((part) => [part, ' ']);
}

/** @param {Pick<Summary, 'status' | 'state'>} line */
export function statusText({ status, state }) {
  if (status !== undefined) return String(status);
  return state === 'failed' ? 'ERR' : '···';
}
