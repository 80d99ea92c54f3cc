/** Reads the section `Resources`. */
import type { Notes } from './notes.ts';
import { GLOBAL_SECTIONS, withGlobals } from './globals.ts';
import type { Resource } from './scope.ts';
import { child, entries, type Node } from './tree.ts';
import { textsAt } from './values.ts';

export function readResources(
  section: Node,
  globals: Node | undefined,
  notes: Notes,
): Map<string, Resource> {
  const found = new Map<string, Resource>();
  for (const [id, { place, value }] of entries(section)) {
    if (id.startsWith('Fn::')) {
      notes.warning('macro', `${id} is worked out by AWS alone; what it makes is left out here`, {
        place,
      });
      continue;
    }
    const type = child(value, 'Type');
    if (type?.kind !== 'scalar') {
      notes.error('type', `${id} has no Type`, { place, resource: id });
      continue;
    }
    const name = GLOBAL_SECTIONS[type.text];
    const own = child(value, 'Properties');
    found.set(id, {
      id,
      type: type.text,
      properties: name === undefined ? own : withGlobals(child(globals, name), own),
      metadata: child(value, 'Metadata'),
      condition: child(value, 'Condition'),
      dependsOn: textsAt({ notes, resource: id }, value, 'DependsOn'),
      place,
    });
  }
  return found;
}

/**
 * Returns whether a macro may generate a resource. SAM's begin with the id of the resource that
 * they belong to; other macros may generate any.
 */
export function generatedIds(
  resources: ReadonlyMap<string, Resource>,
  transform: Node | undefined,
): (id: string) => boolean {
  const macros = transform?.kind === 'list' ? transform.items : transform ? [transform] : [];
  const names = macros.map((macro) => (macro.kind === 'scalar' ? macro.text : 'Fn::Transform'));
  const others = names.some(
    (name) => !/^AWS::(Serverless|CodeDeployBlueGreen|SecretsManager)/.test(name),
  );
  const makers = [...resources.values()].flatMap(({ id, type }) =>
    type.startsWith('AWS::Serverless::') ? [id] : [],
  );
  makers.push('ServerlessRestApi', 'ServerlessHttpApi', 'ServerlessDeploymentApplication');
  return (id) =>
    others || makers.some((maker) => id.startsWith(maker)) || id === 'CodeDeployServiceRole';
}

/** Notes a missing transform, without which CloudFormation refuses SAM's types. */
export function checkTransform(
  resources: ReadonlyMap<string, Resource>,
  transform: Node | undefined,
  notes: Notes,
): void {
  if (transform) return;
  const [first] = [...resources.values()].filter(({ type }) =>
    type.startsWith('AWS::Serverless::'),
  );
  if (!first) return;
  notes.error('transform', `${first.id} is of ${first.type}, and the template has no Transform`, {
    place: first.place,
    resource: first.id,
    fix: 'Transform: AWS::Serverless-2016-10-31',
  });
}

const UNSERVED: Readonly<Record<string, string>> = {
  'AWS::Serverless::GraphQLApi': 'a GraphQL API',
  'AWS::AppSync::GraphQLApi': 'a GraphQL API',
  'AWS::VpcLattice::Service': 'a VPC Lattice service',
};

/** Notes fronts that are not served here. */
export function sayUnserved(resources: ReadonlyMap<string, Resource>, notes: Notes): void {
  for (const { id, type, place } of resources.values()) {
    const what = UNSERVED[type];
    if (what === undefined) continue;
    notes.warning('not-served', `${id} is ${what}, which is not served here`, {
      place,
      resource: id,
    });
  }
}
