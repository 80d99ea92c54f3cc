/** `Range: bytes=…` (RFC 9110 section 14). */

/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/** More parts than this are an attack rather than a reader; the whole file is the answer. */
const MOST_RANGES = 16;

/**
 * The ranges to send, in the order asked for; overlapping and adjoining ones are one, at the place
 * of the first. An empty list means that none can be satisfied (416), `undefined` that the header
 * does not count: another unit, malformed, or too many ranges (section 14.2).
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
  for (const { first, last } of ranges) {
    const touches = (other: ByteRange): boolean =>
      other.first <= last + 1 && first <= other.last + 1;
    const place = merged.findIndex(touches);
    const whole = { first, last };
    // Those in the list do not touch each other, so what the whole touches, the range touches.
    for (const other of merged.filter(touches)) {
      whole.first = Math.min(whole.first, other.first);
      whole.last = Math.max(whole.last, other.last);
      merged.splice(merged.indexOf(other), 1);
    }
    merged.splice(place < 0 ? merged.length : place, 0, whole);
  }
  return merged;
}
