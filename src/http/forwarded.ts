/** Lists to which each proxy has appended: the `X-Forwarded-*` headers, and `Forwarded` (RFC 7239). */

/** The entry that the proxy so many hops away wrote; undefined where there are fewer, or for no hops. */
export function hop(list: string | undefined, hops: number): string | undefined {
  if (list === undefined || hops === 0) return undefined;
  return list.split(',').at(-hops)?.trim() || undefined;
}

// A token, or a string in quotes (RFC 9110 section 5.6): sticky, so that nothing between two pairs is passed over.
const PAIR =
  /[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w:[\]-]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)/y;

/** The parameters that the proxy so many hops away wrote, names in lower case; none where the header is malformed. */
export function readForwarded(
  header: string | undefined,
  hops: number,
): Readonly<Record<string, string | undefined>> {
  const elements = header === undefined || hops === 0 ? [] : parse(header);
  return elements.at(-hops) ?? {};
}

function parse(header: string): Record<string, string>[] {
  const elements: Record<string, string>[] = [];
  let element: Record<string, string> = {};
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < header.length) {
    const [, name, token, quoted = '', end] = PAIR.exec(header) ?? [];
    if (name === undefined) return [];
    element[name.toLowerCase()] = token ?? quoted.replace(/\\(.)/g, '$1');
    if (end === ';') continue;
    elements.push(element);
    element = {};
  }
  return elements;
}
