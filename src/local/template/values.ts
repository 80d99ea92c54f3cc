/** Reads properties by their types. A value of another type is noted and left out. */
import type { Cors, Place } from '../project.ts';
import type { Notes } from './notes.ts';
import { child, isNull, type Node, type Scalar } from './tree.ts';

/** The resource whose properties are read. */
export interface Owner {
  readonly notes: Notes;
  /** The logical id. */
  readonly resource: string;
}

/** The text at the end of a path of keys. */
export function textAt(
  owner: Owner,
  node: Node | undefined,
  ...path: string[]
): string | undefined {
  return scalarAt(owner, node, path)?.text;
}

export function scalarAt(
  owner: Owner,
  node: Node | undefined,
  path: readonly string[],
): Scalar | undefined {
  const value = child(node, ...path);
  if (!value || isNull(value)) return undefined;
  if (value.kind === 'scalar') return value;
  noteWrongType(owner, path, 'a text', value);
  return undefined;
}

export function numberAt(
  owner: Owner,
  node: Node | undefined,
  ...path: string[]
): number | undefined {
  const value = scalarAt(owner, node, path);
  if (!value) return undefined;
  const number = value.text.trim() === '' ? Number.NaN : Number(value.text);
  if (Number.isFinite(number)) return number;
  if (value.unknown) {
    placeholderNote(owner, path, value, 'its default is taken');
    return undefined;
  }
  noteWrongType(owner, path, 'a number', value);
  return undefined;
}

export function flagAt(
  owner: Owner,
  node: Node | undefined,
  ...path: string[]
): boolean | undefined {
  const value = scalarAt(owner, node, path);
  if (!value) return undefined;
  if (/^(true|yes|on)$/i.test(value.text)) return true;
  if (/^(false|no|off)$/i.test(value.text)) return false;
  if (!value.unknown) noteWrongType(owner, path, 'true or false', value);
  return undefined;
}

/** A list of texts; one alone counts as a list of it. */
export function textsAt(owner: Owner, node: Node | undefined, ...path: string[]): string[] {
  const value = child(node, ...path);
  if (!value || isNull(value)) return [];
  if (value.kind === 'scalar') return [value.text];
  if (value.kind === 'map') {
    noteWrongType(owner, path, 'a list', value);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.kind === 'scalar') return [item.text];
    noteWrongType(owner, path, 'a list of texts', item);
    return [];
  });
}

export function listAt(node: Node | undefined, ...path: string[]): readonly Node[] {
  const value = child(node, ...path);
  return value?.kind === 'list' ? value.items : [];
}

export function noteWrongType(
  owner: Owner,
  path: readonly string[],
  wanted: string,
  value: Node,
): void {
  const { notes, resource } = owner;
  const got = value.kind === 'scalar' ? `"${value.text.slice(0, 80)}"` : `a ${value.kind}`;
  const name = path.length > 0 ? path.join('.') : 'this';
  const message = `${name} of ${resource} must be ${wanted}; it is ${got}`;
  notes.error('type', message, { place: value.place, resource });
}

export function placeholderNote(
  { notes, resource }: Owner,
  path: readonly string[],
  value: Scalar,
  instead: string,
): void {
  const what = [...new Set(value.unknown)].join(', ');
  const message = `${path.join('.')} of ${resource} is ${what}, which only AWS knows; ${instead}`;
  notes.info('placeholder', message, { place: value.place, resource });
}

/** The places of some properties. */
export function placesOf(node: Node | undefined, ...names: string[]): Record<string, Place> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = child(node, name);
      return value ? [[name, value.place]] : [];
    }),
  );
}

/** Reads the CORS settings of HTTP APIs and function URLs. */
export function corsAt(owner: Owner, node: Node | undefined): Cors | undefined {
  if (node?.kind !== 'map') return undefined;
  const maxAge = numberAt(owner, node, 'MaxAge');
  return {
    allowOrigins: textsAt(owner, node, 'AllowOrigins'),
    allowMethods: textsAt(owner, node, 'AllowMethods'),
    allowHeaders: textsAt(owner, node, 'AllowHeaders'),
    exposeHeaders: textsAt(owner, node, 'ExposeHeaders'),
    allowCredentials: flagAt(owner, node, 'AllowCredentials') ?? false,
    ...(maxAge !== undefined && { maxAge }),
  };
}
