/** File names made of names that a template or an event chose. */
import { createHash } from 'node:crypto';

/** Most file systems take 255 bytes; a name is a part of a file's. */
const MAX_LENGTH = 100;

/**
 * The name itself where it is letters, digits, `_` and `-`, as CloudFormation demands of a logical
 * id. Any other name becomes one that stays in its folder, and differs for each: `/../../x` made
 * `--record` write outside its folder.
 */
export function fileNameOf(name: string): string {
  if (/^[\w-]+$/.test(name) && name.length <= MAX_LENGTH) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_LENGTH).replace(/[^\w-]/g, '_')}-${digest}`;
}
