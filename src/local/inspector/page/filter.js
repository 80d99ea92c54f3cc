/**
 * The words of the filter. All have to match: `5xx`, `404`, `>100ms`, `<1s`, `cold`, `warm`,
 * `failed`, `warning`, `streamed`, `replay`, `get`; a word with a colon asks one column,
 * `function:shop`; any other is looked for everywhere. `-` turns a word around.
 *
 * @import { Summary } from '../summary.ts'
 * @typedef {(line: Summary) => boolean} Test
 */
import { sourceName } from './format.js';

/**
 * @param {string} text
 * @returns {Test}
 */
export function filterOf(text) {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return (line) => tests.every((test) => test(line));
}

/** @type {Record<string, Test>} */
const STATES = {
  cold: (line) => line.cold,
  warm: (line) => !line.cold,
  failed: (line) => line.state === 'failed',
  running: (line) => line.state === 'running' || line.state === 'waiting',
  warning: (line) => line.warnings > 0,
  streamed: (line) => line.streamed,
  replay: (line) => line.replayOf !== undefined,
};

/** @type {Record<string, (line: Summary) => string>} */
const COLUMNS = {
  front: (line) => line.frontId,
  function: (line) => line.functionId,
  source: (line) => `${line.source} ${sourceName(line.source)}`,
  method: (line) => line.method,
  path: (line) => line.target,
  status: (line) => String(line.status ?? ''),
  id: (line) => line.id,
};

/**
 * @param {string} word
 * @returns {Test}
 */
function testOf(word) {
  if (word.startsWith('-') && word.length > 1) {
    const test = testOf(word.slice(1));
    return (line) => !test(line);
  }
  const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
  if (state) return state;
  if (/^[1-5](?:\d\d|xx)$/.test(word)) {
    return ({ status }) => String(status ?? '').startsWith(word.replace('xx', ''));
  }
  const limit = /^([<>])(\d+(?:\.\d+)?)(ms|s)$/.exec(word);
  if (limit) {
    const ms = Number(limit[2]) * (limit[3] === 's' ? 1000 : 1);
    return (line) => line.ms !== undefined && (limit[1] === '>' ? line.ms > ms : line.ms < ms);
  }
  const [name = '', ...rest] = word.split(':');
  const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
  if (column && rest.length > 0) {
    return (line) => column(line).toLowerCase().includes(rest.join(':'));
  }
  return (line) =>
    Object.values(COLUMNS).some((textOf) => textOf(line).toLowerCase().includes(word));
}
