/** `--parameter-overrides`, spelled as for sam. */
import { UsageError } from './command.ts';

const LONG = /^ParameterKey=([^,\s]+),ParameterValue=("(?:\\.|[^"\\])*"|\S*)(?:\s+|$)/;
const SHORT = /^([A-Za-z][\w:]*)=("(?:\\.|[^"\\])*"|\S*)(?:\s+|$)/;

/**
 * Reads `A=1 B="two words"` and `ParameterKey=A,ParameterValue=1`, in one argument or in several.
 *
 * @throws {UsageError} for anything else
 */
export function parameterOverrides(values: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const value of values) {
    let rest = value.trim();
    while (rest !== '') {
      const [whole, name, text] = LONG.exec(rest) ?? SHORT.exec(rest) ?? [];
      if (whole === undefined || name === undefined || text === undefined) {
        throw new UsageError(`--parameter-overrides takes Name=value; got ${JSON.stringify(rest)}`);
      }
      found[name] = unquote(text);
      rest = rest.slice(whole.length);
    }
  }
  return found;
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
