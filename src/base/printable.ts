/** Text that a client wrote, for one line of a log. */

// C0, DEL and C1 move a terminal's cursor or end the line; so do the two separators of Unicode.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/**
 * The text with `\u000a` and the like in place of what would end the line or speak to a terminal.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
