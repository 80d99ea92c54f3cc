/** What an expression of a template can see. */
import type { Place } from '../project.ts';
import type { Notes } from './notes.ts';
import type { Node } from './tree.ts';

export interface Scope {
  readonly notes: Notes;
  /** Parameters and pseudo parameters. */
  readonly parameters: ReadonlyMap<string, Node>;
  readonly mappings: Node | undefined;
  readonly resources: ReadonlyMap<string, Resource>;
  /** SAM or another macro adds resources that stand in no line of the template. */
  readonly isGenerated: (id: string) => boolean;
  /** Whether a condition holds. */
  readonly holds: (name: string, place: Place) => boolean;
  /** The values in another file of the project, with every expression in them worked out. */
  readonly include: (location: Node) => Node | undefined;
  /** The names of functions; undefined while one is being worked out. */
  readonly names: Map<string, string | undefined>;
  /**
   * How many steps the expressions may still take: few lines can ask for more than a machine has.
   */
  readonly work: { left: number };
}

/** A resource as it is written, Globals merged in. */
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

/**
 * The ARN that a function has on this machine. Its last part is the logical id, by which it is
 * found again.
 */
export function localArn(id: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}`;
}

export function isFunction(type: string): boolean {
  return type === 'AWS::Serverless::Function' || type === 'AWS::Lambda::Function';
}
