/**
 * Lists to which each proxy has appended: the `X-Forwarded-*` headers, and `Forwarded` (RFC 7239).
 */

/**
 * The entry that the proxy so many hops away wrote; undefined for a shorter list, or for 0 hops.
 */
export function hop(list: string | undefined, hops: number): string | undefined {
  if (list === undefined || hops === 0) return undefined;
  return list.split(',').at(-hops)?.trim() || undefined;
}

// A token, or a string in quotes (RFC 9110 section 5.6). Sticky: no text between two pairs is
// skipped.
const PAIR =
  /[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w:[\]-]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)/y;

/** By name in lower case. Without a prototype, so that only what a proxy wrote is found. */
type Parameters = Readonly<Record<string, string | undefined>>;

const NONE: Parameters = Object.freeze({ __proto__: null as never });

/** The parameters that the proxy so many hops away wrote; none where the header is malformed. */
export function readForwarded(header: string | undefined, hops: number): Parameters {
  const elements = header === undefined || hops === 0 ? [] : parse(header);
  return elements.at(-hops) ?? NONE;
}

function parse(header: string): Parameters[] {
  const elements: Parameters[] = [];
  let element: Record<string, string> = { __proto__: null as never };
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < header.length) {
    const [, name, token, quoted = '', end] = PAIR.exec(header) ?? [];
    if (name === undefined) return [];
    element[name.toLowerCase()] = token ?? quoted.replace(/\\(.)/g, '$1');
    if (end === ';') continue;
    elements.push(element);
    element = { __proto__: null as never };
  }
  return elements;
}
