/** Reads the section `Parameters` with the user's values, and adds pseudo parameters. */
import { basename } from 'node:path';
import type { Place } from '../project.ts';
import type { Notes } from './notes.ts';
import { ACCOUNT, REGION } from './scope.ts';
import { child, entries, list, type Node, scalar } from './tree.ts';

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
 */
function pseudoParameters(file: string, given: Readonly<Record<string, string>>): [string, Node][] {
  const place = { file, line: 1, column: 1 };
  const region = given['AWS::Region'] ?? REGION;
  const stack = given['AWS::StackName'] ?? (basename(file).replace(/\.[^.]*$/, '') || 'local');
  const values = {
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${stack}/00000000-0000-0000-0000-000000000000`,
    'AWS::StackName': stack,
    'AWS::URLSuffix': 'amazonaws.com',
    ...Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('AWS::'))),
  };
  return [
    ...Object.entries(values).map(([name, value]): [string, Node] => [name, scalar(place, value)]),
    ['AWS::NotificationARNs', list(place, [])],
  ];
}

/**
 * In bytes,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const MAX_VALUE = 4096;

/** The value of each parameter: the user's, else its default, else a placeholder. */
export function readParameters(
  file: string,
  section: Node | undefined,
  given: Readonly<Record<string, string>>,
  notes: Notes,
): Map<string, Node> {
  const values = new Map(pseudoParameters(file, given));
  for (const [name, { place, value }] of entries(section)) {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    values.set(name, valueOf(name, value, own, place, notes));
  }
  for (const name of Object.keys(given)) {
    if (values.has(name)) continue;
    const known = entries(section).map(([name]) => name);
    const list = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none';
    notes.warning('parameter', `the template has no parameter ${name}; ${list}`);
  }
  return values;
}

function valueOf(
  name: string,
  definition: Node,
  given: string | undefined,
  place: Place,
  notes: Notes,
): Node {
  const typeNode = child(definition, 'Type');
  const type = typeNode?.kind === 'scalar' ? typeNode.text : 'String';
  if (typeNode?.kind !== 'scalar') {
    notes.error('parameter', `parameter ${name} has no Type`, { place, fix: 'Type: String' });
  }
  const fallback = child(definition, 'Default');
  const text = given ?? (fallback?.kind === 'scalar' ? fallback.text : undefined);
  if (text === undefined) {
    notes.info('parameter', `parameter ${name} has no default, and no value was given`, {
      place,
      fix: `--parameter-overrides ${name}=…`,
    });
    return scalar(place, name, [`!Ref ${name}`]);
  }
  if (text.length > MAX_VALUE) {
    const message = `parameter ${name} has ${text.length} characters; it may have ${MAX_VALUE}`;
    notes.error('parameter', message, { place });
    return scalar(place, name, [`!Ref ${name}`]);
  }
  checkAllowedValues(name, definition, text, place, notes);
  // The text names a value in Parameter Store, which only AWS knows.
  const unknown = type.startsWith('AWS::SSM::Parameter::Value<') ? [`!Ref ${name}`] : [];
  if (!/^(CommaDelimitedList|.*List<.*>)$/.test(type)) return scalar(place, text, unknown);
  const items = text === '' ? [''] : text.split(',');
  return list(
    place,
    items.map((item) => scalar(place, item.trim(), unknown)),
  );
}

function checkAllowedValues(
  name: string,
  definition: Node,
  text: string,
  place: Place,
  notes: Notes,
): void {
  const values = child(definition, 'AllowedValues');
  if (values?.kind !== 'list' || values.items.length === 0) return;
  const texts = values.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
  if (texts.includes(text)) return;
  notes.error('parameter', `parameter ${name} may be ${texts.join(', ')}; it is ${text}`, {
    place,
  });
}
