/** What the expressions of a template refer to. */
import type { Place } from '../project.ts';
import type { Notes } from './notes.ts';
import type { Node } from './tree.ts';

export interface Scope {
  readonly notes: Notes;
  /** Parameters and pseudo parameters. */
  readonly parameters: ReadonlyMap<string, Node>;
  readonly mappings: Node | undefined;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Whether SAM or another macro may add a resource. */
  readonly isGenerated: (id: string) => boolean;
  /** Whether a condition holds. */
  readonly holds: (name: string, place: Place) => boolean;
  /** Reads another file of the project, and evaluates its expressions. */
  readonly include: (location: Node) => Node | undefined;
  /** The names of functions; undefined while a name is being evaluated. */
  readonly names: Map<string, string | undefined>;
  /** The steps that are left: a few lines could need more time than there is. */
  readonly work: { left: number };
}

/** A resource before its expressions are evaluated, with Globals. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Node | undefined;
  readonly metadata: Node | undefined;
  readonly condition: Node | undefined;
  readonly dependsOn: readonly string[];
  readonly place: Place;
}

export const REGION = 'us-east-1';
/** The account of AWS's own examples. */
export const ACCOUNT = '111122223333';

/** The ARN of a function on this machine. Its last part is the logical id. */
export function localArn(id: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}`;
}

export function isFunction(type: string): boolean {
  return type === 'AWS::Serverless::Function' || type === 'AWS::Lambda::Function';
}
