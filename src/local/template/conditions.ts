/** Evaluates the section `Conditions`, which `Fn::If` names. */
import type { Place } from '../project.ts';
import { evaluate } from './intrinsics.ts';
import type { Scope } from './scope.ts';
import { child, type Node } from './tree.ts';

type Holds = Scope['holds'];

/** Returns a function that evaluates conditions on demand. */
export function conditionsOf(section: Node | undefined, scope: () => Scope): Holds {
  const decided = new Map<string, boolean | 'open'>();
  return (name, place) => {
    const known = decided.get(name);
    if (known === 'open') {
      scope().notes.error('cycle', `condition ${name} depends on itself`, { place });
      return true;
    }
    if (known !== undefined) return known;
    const condition = child(section, name);
    decided.set(name, 'open');
    const result = condition
      ? decide(scope(), condition)
      : undefinedCondition(scope(), name, place);
    decided.set(name, result);
    return result;
  };
}

/** An unknown condition holds: an extra resource is better than a missing one. */
function undefinedCondition(scope: Scope, name: string, place: Place): boolean {
  scope.notes.error('reference', `there is no condition ${name}`, { place });
  return true;
}

function decide(scope: Scope, node: Node): boolean {
  if (node.kind === 'scalar' && /^(true|false)$/.test(node.text)) return node.text === 'true';
  const [[name, entry] = []] = node.kind === 'map' ? node.entries : [];
  const argument = entry?.value;
  const parts = argument?.kind === 'list' ? argument.items : [];
  switch (name) {
    case 'Condition':
      if (argument?.kind === 'scalar') return scope.holds(argument.text, node.place);
      break;
    case 'Fn::And':
      return parts.map((part) => decide(scope, part)).every(Boolean);
    case 'Fn::Or':
      return parts.map((part) => decide(scope, part)).some(Boolean);
    case 'Fn::Not':
      if (parts[0]) return !decide(scope, parts[0]);
      break;
    case 'Fn::Equals':
      if (parts.length === 2) return equal(scope, parts);
      break;
    case undefined:
    default:
  }
  scope.notes.error(
    'malformed-function',
    'a condition is made of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition',
    { place: node.place },
  );
  return true;
}

function equal(scope: Scope, parts: readonly Node[]): boolean {
  const [one, other] = parts.map((part) => {
    const value = evaluate(scope, part);
    return value?.kind === 'scalar' ? value.text : undefined;
  });
  return one === other;
}
