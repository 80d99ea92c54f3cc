/**
 * `BuildProperties` of SAM's esbuild build method, from its spelling to that of esbuild's own
 * interface.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
 */
import type { EsbuildProperties } from '../project.ts';
import { toJson } from './intrinsics.ts';
import { entries, type Node } from './tree.ts';
import { textsAt, type Owner } from './values.ts';

/** Lists of `name=value` for the command, objects for the interface. */
const PAIRS = new Set([
  'alias',
  'banner',
  'define',
  'footer',
  'loader',
  'logOverride',
  'supported',
]);
const EXTENSIONS = 'outExtension';
const LISTS = new Set([
  'conditions',
  'external',
  'inject',
  'mainFields',
  'resolveExtensions',
  'target',
]);
/** Of npm and of sam itself, none of esbuild's. */
const NOT_ESBUILD = new Set(['entryPoints', 'useNpmCi']);

export function esbuildProperties(owner: Owner, properties: Node | undefined): EsbuildProperties {
  const options: Record<string, unknown> = {};
  for (const [key, { value }] of entries(properties)) {
    const name = optionName(key);
    if (!NOT_ESBUILD.has(name)) options[name] = optionValue(name, toJson(value));
  }
  return { entryPoints: textsAt(owner, properties, 'EntryPoints'), options };
}

/** `MainFields` is `mainFields`, `JSX` is `jsx`. */
function optionName(key: string): string {
  return key.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (start) => start.toLowerCase());
}

function optionValue(name: string, value: unknown): unknown {
  if (PAIRS.has(name) || name === EXTENSIONS) return pairs(value);
  if (LISTS.has(name) && typeof value === 'string') return value.split(',').map((it) => it.trim());
  // Quoted, because sam would leave out a plain `false`, and esbuild's default is the other one.
  if (value === 'true' || value === 'false') return value === 'true';
  return value;
}

/** `['.png=file']` and `{ '.png': 'file' }` are the same. */
function pairs(value: unknown): unknown {
  if (typeof value === 'string') return pairs([value]);
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map((item) => {
      const [, name = String(item), text = ''] = /^([^=]*)=(.*)$/s.exec(String(item)) ?? [];
      return [name, text];
    }),
  );
}
