/** Bytes: what counts as a block of bytes, and joining blocks. */

/**
 * Whether a value is a `Uint8Array` (a `Buffer` is one). Not `instanceof`: an array from another
 * realm (Jest, `vm`) would fail it.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array || (ArrayBuffer.isView(value) && classOf(value) === 'Uint8Array')
  );
}

/** `Object`, `Map`, `Uint8Array`: what a value is, in whatever realm it was made. */
export function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** All blocks as one; a single block is handed on without a copy. */
export function joinBytes(blocks: readonly Uint8Array[]): Uint8Array {
  const [first] = blocks;
  if (first && blocks.length === 1) return first;
  const joined = new Uint8Array(lengthOf(blocks));
  let position = 0;
  for (const block of blocks) {
    joined.set(block, position);
    position += block.length;
  }
  return joined;
}

/** Bytes in all blocks together. */
export function lengthOf(blocks: readonly Uint8Array[]): number {
  let length = 0;
  for (const block of blocks) length += block.length;
  return length;
}

/**
 * Says in a few words what a value is, for error messages; never throws, never prints contents at
 * length.
 */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 60))}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') {
    const name = classOf(value);
    return name === 'Object' ? 'a plain object' : `a ${name}`;
  }
  if (typeof value === 'function') return 'a function';
  return value === undefined ? 'undefined' : `the ${typeof value} ${String(value)}`;
}
