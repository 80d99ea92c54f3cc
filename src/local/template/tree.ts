/** A template as data: what YAML and JSON have in common, each piece with its place. */
import type { Place } from '../project.ts';

/** All values of a template. Short tags are written out: `!Ref A` is a map of one key, `Ref`. */
export type Node = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly place: Place;
  /**
   * As it is written: `PayloadFormatVersion: 1.0` is `'1.0'`. What type it has is the property's
   * affair.
   */
  readonly text: string;
  /** Not quoted, so that `true`, `12` and nothing at all are not texts. */
  readonly plain: boolean;
  /** The expressions whose values only AWS knows; in `text` stands something else for each. */
  readonly unknown?: readonly string[];
}

export interface List {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
}

export interface Mapping {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key stands. */
  readonly place: Place;
  readonly value: Node;
}

export function scalar(place: Place, text: string, unknown?: readonly string[]): Scalar {
  const rest = unknown && unknown.length > 0 ? { unknown } : {};
  return { kind: 'scalar', place, text, plain: false, ...rest };
}

export function list(place: Place, items: readonly Node[]): List {
  return { kind: 'list', place, items };
}

export function mapping(place: Place, entries: Iterable<readonly [string, Entry]>): Mapping {
  return { kind: 'map', place, entries: new Map(entries) };
}

/** The value at the end of a path of keys; undefined where the path ends early. */
export function child(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  let here = node;
  for (const key of path) here = here?.kind === 'map' ? here.entries.get(key)?.value : undefined;
  return here;
}

/** The keys and values of a map; none of anything else. */
export function entries(node: Node | undefined): [key: string, entry: Entry][] {
  return node?.kind === 'map' ? [...node.entries] : [];
}

/** `Key:` with nothing behind it, which CloudFormation takes for nothing at all. */
export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.plain && /^(~|null|Null|NULL)?$/.test(node.text);
}

/** What the pieces of a text leave unknown. */
export function unknowns(nodes: Iterable<Node>): string[] {
  return [...nodes].flatMap((node) => (node.kind === 'scalar' ? (node.unknown ?? []) : []));
}
