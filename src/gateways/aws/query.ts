/** Query strings out of the maps that some sources give instead. */
import type { EventMap } from './event-maps.ts';

/**
 * A query string from decoded parameters, encoded anew. The bytes the client chose (`+` or `%20`) and the order between
 * different names are lost before Lambda.
 */
export function encodeQuery(parameters: EventMap): string {
  return joinQuery(parameters, encodePart);
}

/** A query string from parameters that were never decoded: joined as they are. Encoding or decoding either is the classic bug. */
export function joinRawQuery(parameters: EventMap): string {
  return joinQuery(parameters, asIs);
}

/** Where nobody documents which it is (Lattice): what has valid escapes is raw, and only what a query cannot hold is encoded. */
export function encodeUnlessRaw(parameters: EventMap): string {
  return joinQuery(parameters, (part) =>
    /%[0-9A-Fa-f]{2}/.test(part)
      ? part.replace(/[^\x21-\x25\x27-\x3c\x3e-\x7e]/gu, encodePart)
      : part.replace(NOT_QUERY, encodePart),
  );
}
const NOT_QUERY = /[^A-Za-z0-9\-._~!$'()*+,;:@/?]+/gu;

function joinQuery(parameters: EventMap, part: (text: string) => string): string {
  let query = '';
  for (const name of Object.keys(parameters)) {
    const value = parameters[name];
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof one !== 'string') continue;
      query += `${query === '' ? '' : '&'}${part(name)}=${part(one)}`;
    }
  }
  return query;
}

function asIs(text: string): string {
  return text;
}

function encodePart(text: string): string {
  // A lone surrogate, which JSON can hold, makes encodeURIComponent throw.
  return encodeURIComponent(text.isWellFormed() ? text : text.toWellFormed());
}
