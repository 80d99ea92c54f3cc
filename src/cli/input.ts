/** Reads files, standard input, and the JSON in them. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './command.ts';

/**
 * The bytes of a file, or of standard input for `-`.
 *
 * @throws {UsageError} when it cannot be read
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await (path === '-' ? buffer(process.stdin) : readFile(path));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reason(error as NodeJS.ErrnoException)}`);
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return message;
}

/**
 * The value of a JSON text; `name` is where it came from.
 *
 * @throws {UsageError} with line and column, which V8's own message lacks as often as not
 */
export function parseJson(text: string, name: string): unknown {
  const json = text.replace(/^\uFEFF/, ''); // Windows editors write it, and JSON.parse refuses it
  try {
    return JSON.parse(json) as unknown;
  } catch {
    const offset = errorOffset(json);
    const before = json.slice(0, offset).split('\n');
    const place = `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
    const [found] = json.slice(offset);
    throw new UsageError(
      found === undefined
        ? `${place}: not JSON: ${offset === 0 ? 'it is empty' : 'it ends too early'}`
        : `${place}: not JSON: unexpected ${JSON.stringify(found)}`,
    );
  }
}

const SPACE = /[\t\n\r ]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

/**
 * The offset where a text stops being JSON; its length if it ends too early. Not the YAML reader:
 * YAML takes trailing commas, comments and single quotes, which are the usual errors.
 */
function errorOffset(text: string): number {
  let at = 0;
  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const length = pattern.exec(text)?.[0].length;
    at += length ?? 0;
    return length !== undefined;
  };
  const string = (): boolean => {
    at++;
    do eat(PLAIN);
    while (eat(ESCAPE));
    if (text[at] !== '"') return false;
    at++;
    return true;
  };
  const key = (): boolean => {
    if (text[at] !== '"' || !string()) return false;
    eat(SPACE);
    if (text[at] !== ':') return false;
    at++;
    return true;
  };

  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'first' | 'key' | 'after' = 'value';
  for (;;) {
    eat(SPACE);
    const character = text[at];
    const inside = open.at(-1);
    const closes = character === (inside === '{' ? '}' : ']') && inside !== undefined;
    if (closes && (expected === 'first' || expected === 'after')) {
      at++;
      open.pop();
      expected = 'after';
    } else if (expected === 'after') {
      if (character !== ',' || inside === undefined) return at;
      at++;
      expected = inside === '{' ? 'key' : 'value';
    } else if (expected === 'key' || (expected === 'first' && inside === '{')) {
      if (!key()) return at;
      expected = 'value';
    } else if (character === '{' || character === '[') {
      at++;
      open.push(character);
      expected = 'first';
    } else {
      if (character === '"' ? !string() : !eat(SCALAR)) return at;
      expected = 'after';
    }
  }
}
