/** Query strings, made from the maps that some sources have in their place. */
import type { EventMap } from './event-maps.ts';

/**
 * A query string from decoded parameters, which it encodes. What the client wrote for a blank (`+`
 * or `%20`) and the order of different names are not in the event.
 */
export function encodeQuery(parameters: EventMap): string {
  return joinQuery(parameters, encodePart);
}

/**
 * A query string from parameters that were never decoded, which it joins. Encoding or decoding them
 * was a fault of nearly every other adapter (CodeGenieApp/serverless-express#219,
 * dougmoscrop/serverless-http#74).
 */
export function joinRawQuery(parameters: EventMap): string {
  return joinQuery(parameters, asIs);
}

/**
 * A query string from parameters of VPC Lattice, whose coding is documented nowhere. A text with a
 * valid escape counts as undecoded, and only what a query cannot hold is encoded.
 */
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
