/**
 * Where the time went.
 *
 * @import { TracedTimings } from '../../trace.ts'
 * @typedef {{ name: string, kind: string, from: number, to: number }} Phase
 */
import { make } from './dom.js';
import { duration } from './format.js';

/**
 * What happened, in order; what did not, or is not known, is left out.
 *
 * @param {TracedTimings} timings
 * @returns {Phase[]}
 */
export function phases({ dequeued, initialized, invoked, started, firstByte, ended }) {
  /** @type {Phase[]} */
  const found = [];
  /**
   * @param {string} name
   * @param {string} kind
   * @param {number | undefined} from
   * @param {number | undefined} to
   */
  const add = (name, kind, from, to) => {
    if (from !== undefined && to !== undefined && to >= from) found.push({ name, kind, from, to });
  };
  add('Queue', 'queue', 0, dequeued ?? initialized ?? invoked);
  add('Init', 'init', dequeued, initialized);
  add('App to startResponse', 'app', invoked, started);
  add(
    started === undefined ? 'App' : 'App to first byte',
    'app',
    started ?? invoked,
    firstByte ?? ended,
  );
  add('Answer to end', 'send', firstByte, ended);
  return found;
}

/** @param {TracedTimings} timings */
export function waterfall(timings) {
  const found = phases(timings);
  const total = Math.max(...found.map(({ to }) => to), 0.001);
  const rows = found.map((phase) => {
    const bar = make('span', { class: `bar-fill ${phase.kind}` });
    // By the object model: the page's policy knows no style attributes.
    bar.style.left = `min(${(phase.from / total) * 100}%, 100% - 2px)`;
    bar.style.width = `${((phase.to - phase.from) / total) * 100}%`;
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, phase.name),
      make('td', { class: 'track', 'aria-hidden': 'true' }, bar),
      make('td', { class: 'number' }, duration(phase.to - phase.from)),
    );
  });
  return make(
    'table',
    { class: 'waterfall' },
    make('caption', { class: 'hidden' }, 'Phases and how long they took'),
    make('tbody', {}, ...rows),
  );
}
