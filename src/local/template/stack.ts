/** The template with every expression evaluated. */
import type { Place } from '../project.ts';
import type { Notes } from './notes.ts';
import { child, type Node } from './tree.ts';
import type { Owner } from './values.ts';

export interface Evaluated {
  readonly id: string;
  readonly type: string;
  readonly properties: Node | undefined;
  readonly metadata: Node | undefined;
  readonly dependsOn: readonly string[];
  readonly place: Place;
}

export interface Stack {
  readonly notes: Notes;
  /** The project's folder. */
  readonly project: string;
  readonly resources: ReadonlyMap<string, Evaluated>;
  /** `Globals`, evaluated. */
  readonly globals: Node | undefined;
  /** The logical id of the function that a name, an ARN or the URI of an integration names. */
  functionOf(text: string): string | undefined;
  /** The file of an OpenAPI definition, as a tree with every expression worked out. */
  include(uri: Node): Node | undefined;
}

export function ofType(stack: Stack, ...types: string[]): Evaluated[] {
  return [...stack.resources.values()].filter(({ type }) => types.includes(type));
}

/** SAM's implicit API, for events that name no API. */
export function implicitApi(id: string, properties: Node | undefined, place: Place): Evaluated {
  return { id, type: '', properties, metadata: undefined, dependsOn: [], place };
}

export function ownerOf({ notes }: Stack, { id }: { id: string }): Owner {
  return { notes, resource: id };
}

/** An event of a `AWS::Serverless::Function`. */
export interface FunctionEvent {
  readonly functionId: string;
  readonly name: string;
  readonly properties: Node | undefined;
  readonly place: Place;
}

/** The events of one type, `Api` or `HttpApi`, of all functions. */
export function eventsOf(stack: Stack, type: string): FunctionEvent[] {
  return ofType(stack, 'AWS::Serverless::Function').flatMap(({ id, properties }) => {
    const events = child(properties, 'Events');
    if (events?.kind !== 'map') return [];
    return [...events.entries].flatMap(([name, { place, value }]) => {
      const kind = child(value, 'Type');
      if (kind?.kind !== 'scalar' || kind.text !== type) return [];
      return [{ functionId: id, name, place, properties: child(value, 'Properties') }];
    });
  });
}

/** The function of a route; undefined, with a note, if there is none. */
export function targetOf(
  stack: Stack,
  owner: Owner,
  what: string,
  node: Node | undefined,
  place: Place,
): string | undefined {
  const id = node?.kind === 'scalar' ? stack.functionOf(node.text) : undefined;
  if (id !== undefined) return id;
  const got = node?.kind === 'scalar' ? node.text : 'nothing';
  stack.notes.warning('route-target', `${what} leads to no function of this template: ${got}`, {
    place: node?.place ?? place,
    resource: owner.resource,
    fix: 'it is left out here',
  });
  return undefined;
}
