/** The maps of an event: headers and query parameters, with one value a name or with several. */
import type { HeaderMap } from '../../core/request/environ-keys.ts';
import { lowerCase } from '../../http/headers.ts';
import { isObject } from './source.ts';

/** name → value, or → values. Only its own members count: `Object.prototype` may be polluted. */
export type EventMap = HeaderMap;

const EMPTY: EventMap = Object.freeze(Object.create(null) as EventMap);

/** A map of an event. Any other value in its place counts as an empty map. */
export function mapOf(value: unknown): EventMap {
  return isObject(value) && !Array.isArray(value) ? (value as EventMap) : EMPTY;
}

/** Whether a map has a text under this very name. */
export function hasValue(map: EventMap, name: string): boolean {
  const value: unknown = map[name];
  const found =
    typeof value === 'string' ||
    // Nearly every list begins with a text.
    (Array.isArray(value) && (typeof value[0] === 'string' || value.some(isText)));
  return found && Object.hasOwn(map, name);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Query parameters of both maps. Their names differ where their case does. */
export function completeQuery(multi: unknown, single: unknown): EventMap {
  return complete(multi, single, (name) => name);
}

/** Headers of both maps, whatever the case of their names. */
export function completeHeaders(multi: unknown, single: unknown): EventMap {
  return complete(multi, single, lowerCase);
}

/**
 * The multi-value map, with the names that only the single-value map has. On AWS the multi-value
 * map has all of them. Tests fill one map and leave the other empty (jeremydaly/lambda-api#275);
 * emulators and wrappers, such as serverless-offline and middy, add a header to one of them.
 */
function complete(multi: unknown, single: unknown, fold: (name: string) => string): EventMap {
  const many = mapOf(multi);
  const ones = mapOf(single);
  if (many === EMPTY) return ones;
  let missing: string[] | undefined;
  for (const name of Object.keys(ones)) if (!hasValue(many, name)) (missing ??= []).push(name);
  if (!missing) return many;
  const all = Object.create(null) as Record<string, EventMap[string]>;
  const known = new Set<string>();
  for (const name of Object.keys(many)) {
    if (!hasValue(many, name)) continue;
    all[name] = many[name];
    known.add(fold(name));
  }
  for (const name of missing) if (!known.has(fold(name))) all[name] = ones[name];
  return all;
}
