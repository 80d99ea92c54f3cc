/** Text on its way to a terminal, which obeys what it finds in it. */

/**
 * Sequences that start with ESC, or with a C1 control that stands for `ESC [` and the like
 * (ECMA-48, section 5.3), then control characters that stand alone; but no colours (SGR). A string
 * without its end counts as its first two characters, so that no pattern reads on for another's
 * end.
 */
const CONTROL =
  /(?!\x1b\[[\d;:]*m)(?:(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c))?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f])/g;

/**
 * A text without what steers a terminal: other sequences move the cursor, set the window's title,
 * write to the clipboard (OSC 52) or make the terminal type an answer. Colours (SGR), tabs and line
 * ends stay.
 *
 * ```ts
 * terminalText('\x1b[31mred\x1b[39m \x1b]0;title\x07\x1b[2Jtext'); // '\x1b[31mred\x1b[39m text'
 * ```
 */
export function terminalText(text: string): string {
  return text.replace(CONTROL, '');
}

/** A value as JSON of one line. JSON itself escapes the controls below U+0020 alone. */
export function terminalJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Writes a line to standard error. */
export function say(line: string): void {
  process.stderr.write(`${terminalText(line)}\n`);
}

/** Writes lines to standard output. */
export function print(text: string): void {
  process.stdout.write(terminalText(text));
}

/** Writes a line of JSON to standard output. */
export function printJson(json: string): void {
  process.stdout.write(`${terminalJson(json)}\n`);
}
