/**
 * What the page asks of its server.
 *
 * @import { InvocationTrace } from '../../trace.ts'
 * @import { Summary } from '../summary.ts'
 * @typedef {{ traces: Summary[], fronts: { id: string, url: string }[], canReplay: boolean }}
 * Everything
 */

/** Shows the server that a request comes from this page and from no other site. */
const token = document.querySelector('meta[name=gatecall-token]')?.getAttribute('content') ?? '';

/**
 * Everything at first and after each break, then each line that is new or changes. `EventSource`
 * comes back by itself.
 *
 * @param {{ sync: (all: Everything) => void, trace: (line: Summary) => void, state: (live: boolean)
 * => void }} on
 */
export function listen(on) {
  const events = new EventSource('api/events');
  events.addEventListener('open', () => on.state(true));
  events.addEventListener('error', () => on.state(false));
  events.addEventListener('sync', (event) => on.sync(/** @type {Everything} */ (dataOf(event))));
  events.addEventListener('trace', (event) => on.trace(/** @type {Summary} */ (dataOf(event))));
}

/**
 * @param {{ data: unknown }} event a MessageEvent
 * @returns {unknown}
 */
function dataOf({ data }) {
  return JSON.parse(String(data));
}

/**
 * A whole trace; undefined when it is not kept any more, or not yet.
 *
 * @param {string} id
 * @returns {Promise<InvocationTrace | undefined>}
 */
export async function loadTrace(id) {
  const response = await fetch(`api/traces/${encodeURIComponent(id)}`);
  return response.ok ? /** @type {InvocationTrace} */ (await response.json()) : undefined;
}

/** @param {string} id */
export function eventAddress(id) {
  return `api/traces/${encodeURIComponent(id)}/event`;
}

/**
 * @param {{ id: string, source?: string, request?: object, event?: unknown }} wish
 * @returns {Promise<string>} the id of the new invocation
 * @throws {Error} whose message is for the user
 */
export async function replay(wish) {
  const response = await post('api/replay', wish);
  if (response.headers.get('Content-Type') !== 'application/json') {
    throw new Error(await response.text());
  }
  const { id, message } = /** @type {{ id: string, message?: string }} */ (await response.json());
  if (!response.ok) throw new Error(message);
  return id;
}

export async function clear() {
  await post('api/clear', {});
}

/**
 * @param {string} path
 * @param {object} body
 */
function post(path, body) {
  const headers = { 'Content-Type': 'application/json', 'X-Gatecall-Token': token };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}
