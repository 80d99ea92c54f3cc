/** `Range: bytes=…` (RFC 9110 section 14). */

/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/** More parts than this are an attack rather than a reader; the whole file is the answer. */
const MOST_RANGES = 16;

/**
 * The ranges to send, in the order asked for; overlapping and adjoining ones are one, at the place of the first. An empty list
 * means that none can be satisfied (416), `undefined` that the header does not count: another unit, malformed, or too
 * many ranges (section 14.2).
 */
export function parseRange(header: string, size: number): ByteRange[] | undefined {
  const [, set] = /^bytes=([\d\s,-]+)$/i.exec(header) ?? [];
  if (set === undefined) return undefined;
  const ranges: ByteRange[] = [];
  const specs = set.split(',').map((spec) => spec.trim());
  // An empty item counts for nothing (section 5.6.1).
  const asked = specs.filter((spec) => spec !== '');
  if (asked.length === 0 || asked.length > MOST_RANGES) return undefined;
  for (const spec of asked) {
    const [, from = '', to = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
    if (from === '' && to === '') return undefined;
    if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
    const first = from === '' ? Math.max(size - Number(to), 0) : Number(from);
    const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
    if (first <= last) ranges.push({ first, last });
  }
  return merge(ranges);
}

function merge(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of ranges) {
    let { first, last } = range;
    let place = merged.length;
    // It may join several that did not touch before.
    for (let index = merged.length - 1; index >= 0; index--) {
      const other = merged[index];
      if (!other || other.first > last + 1 || first > other.last + 1) continue;
      first = Math.min(first, other.first);
      last = Math.max(last, other.last);
      merged.splice(index, 1);
      place = index;
      index = merged.length;
    }
    merged.splice(place, 0, { first, last });
  }
  return merged;
}
