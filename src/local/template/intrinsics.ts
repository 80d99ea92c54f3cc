/**
 * Evaluates the intrinsic functions of CloudFormation. A value that only AWS knows becomes a text
 * that names it, marked as unknown.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
import { isFunction, localArn, type Scope } from './scope.ts';
import { child, entries, list, mapping, type Node, scalar, type Scalar, unknowns } from './tree.ts';

/** The most characters of a text; nested `Fn::Sub`s could double theirs at each level. */
const MAX_TEXT = 256 * 1024;

/** The most steps. A template of 1 MB, CloudFormation's limit, needs a fifth of them. */
export const MAX_WORK = 5_000_000;

/** Evaluates every expression in a value; undefined for `AWS::NoValue`. */
export function evaluate(scope: Scope, node: Node): Node | undefined {
  if (!afford(scope, 1, node)) return placeholder(node, 'not worked out');
  if (node.kind === 'scalar') return dynamicReference(node);
  if (node.kind === 'list') return list(node.place, evaluateAll(scope, node.items));
  const call = callOf(node);
  if (call) return apply(scope, call.name, call.argument, node);
  return mapping(
    node.place,
    [...node.entries].flatMap(([key, entry]) => {
      const value = evaluate(scope, entry.value);
      return value ? [[key, { place: entry.place, value }] as const] : [];
    }),
  );
}

/** Takes steps from those that are left; false if there are none. */
function afford({ work, notes }: Scope, steps: number, { place }: Node): boolean {
  if (work.left < 0) return false;
  work.left -= steps;
  if (work.left >= 0) return true;
  notes.error('too-much', 'the expressions of this template take too long to work out', { place });
  return false;
}

function evaluateAll(scope: Scope, nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => evaluate(scope, node) ?? []);
}

/** The function that a map of one key calls. */
export function callOf(node: Node): { name: string; argument: Node } | undefined {
  if (node.kind !== 'map' || node.entries.size !== 1) return undefined;
  const [[name, entry] = []] = node.entries;
  if (name === undefined || !entry) return undefined;
  return name === 'Ref' || name.startsWith('Fn::') ? { name, argument: entry.value } : undefined;
}

/** `{{resolve:ssm:name}}` */
function dynamicReference(node: Scalar): Scalar {
  if (!node.text.includes('{{resolve:')) return node;
  return { ...node, unknown: [...(node.unknown ?? []), node.text] };
}

function apply(scope: Scope, name: string, argument: Node, call: Node): Node | undefined {
  const known = FUNCTIONS.get(name);
  if (known) return known(scope, argument, call);
  const { place } = call;
  if (!ONLY_AWS.has(name)) {
    scope.notes.error('unknown-function', `there is no function ${name} in CloudFormation`, {
      place,
    });
  }
  return placeholder(call, `${name} ${describe(argument)}`);
}

/** Functions that need AWS. */
const ONLY_AWS = new Set(['Fn::ImportValue', 'Fn::GetAZs', 'Fn::Cidr']);

type Function = (scope: Scope, argument: Node, call: Node) => Node | undefined;

const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['Ref', ref],
  ['Fn::GetAtt', getAtt],
  ['Fn::Sub', sub],
  ['Fn::Join', join],
  ['Fn::If', choose],
  ['Fn::FindInMap', findInMap],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::Base64', base64],
  ['Fn::Length', length],
  ['Fn::ToJsonString', toJsonString],
  ['Fn::Transform', transform],
]);

function ref(scope: Scope, argument: Node, call: Node): Node | undefined {
  if (argument.kind !== 'scalar') return noteMalformed(scope, call, 'Ref takes a name');
  return referTo(scope, argument.text, call);
}

function referTo(scope: Scope, name: string, at: Node): Node | undefined {
  if (name === 'AWS::NoValue') return undefined;
  const parameter = scope.parameters.get(name);
  if (parameter) return { ...parameter, place: at.place };
  const resource = scope.resources.get(name);
  if (resource) return resourceName(scope, resource.type, name, at);
  if (scope.isGenerated(name)) return scalar(at.place, name, [`!Ref ${name}`]);
  return noteMissing(scope, name, at);
}

/**
 * `Ref` of a function is its name. Of other resources it is an id that AWS assigns; here it is the
 * logical id.
 */
function resourceName(scope: Scope, type: string, id: string, at: Node): Node {
  if (isFunction(type)) return functionName(scope, id, at);
  return scalar(at.place, id, [`!Ref ${id}`]);
}

/** `FunctionName`, which may be an expression, else the logical id. */
export function functionName(scope: Scope, id: string, at: Node): Scalar {
  const name = child(scope.resources.get(id)?.properties, 'FunctionName');
  if (!name || name.kind === 'list') return scalar(at.place, id);
  const known = scope.names.get(id);
  if (known !== undefined) return scalar(at.place, known);
  if (scope.names.has(id)) {
    scope.notes.error('cycle', `the FunctionName of ${id} depends on itself`, { place: at.place });
    return scalar(at.place, id);
  }
  scope.names.set(id, undefined);
  const value = evaluate(scope, name);
  // A name with a value that only AWS knows is replaced by the logical id.
  const text = value?.kind === 'scalar' && !value.unknown ? value.text : id;
  scope.names.set(id, text);
  return scalar(at.place, text);
}

function noteMissing(scope: Scope, name: string, at: Node): Node {
  scope.notes.error('reference', `there is no parameter and no resource ${name}`, {
    place: at.place,
  });
  return scalar(at.place, name, [`!Ref ${name}`]);
}

function getAtt(scope: Scope, argument: Node, call: Node): Node | undefined {
  if (argument.kind === 'scalar' && argument.text.includes('.')) {
    return variable(scope, argument.text, call);
  }
  const parts = argument.kind === 'list' ? argument.items.map((item) => evaluate(scope, item)) : [];
  const [id, attribute] = parts;
  if (id?.kind !== 'scalar' || attribute?.kind !== 'scalar' || parts.length !== 2) {
    return noteMalformed(scope, call, 'Fn::GetAtt takes the name of a resource and an attribute');
  }
  return attributeOf(scope, id.text, attribute.text, call);
}

function attributeOf(scope: Scope, id: string, attribute: string, at: Node): Node {
  const resource = scope.resources.get(id);
  if (!resource && !scope.isGenerated(id)) return noteMissing(scope, id, at);
  if (resource && isFunction(resource.type) && attribute === 'Arn') {
    return scalar(at.place, localArn(id));
  }
  return scalar(at.place, `${id}.${attribute}`, [`!GetAtt ${id}.${attribute}`]);
}

function sub(scope: Scope, argument: Node, call: Node): Node | undefined {
  const [template, own] =
    argument.kind === 'list' ? [argument.items[0], argument.items[1]] : [argument, undefined];
  if (template?.kind !== 'scalar') {
    return noteMalformed(scope, call, 'Fn::Sub takes a text, or a text and a map');
  }
  const values = new Map(
    entries(own).map(([name, { value }]) => [name, evaluate(scope, value)] as const),
  );
  if (!afford(scope, template.text.length, call)) return placeholder(call, 'not worked out');
  const pieces: Node[] = [];
  const text = template.text.replace(
    /\$\{(!?)([^${}]*)\}/g,
    (whole, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      const key = name.trim();
      const value = values.has(key) ? values.get(key) : variable(scope, key, call);
      if (!value) return '';
      pieces.push(value);
      const piece = textOf(value) ?? whole;
      return afford(scope, piece.length, call) ? piece : whole;
    },
  );
  return boundText(scope, call, text, unknowns(pieces));
}

/** `A` is a reference, `A.B` an attribute. */
function variable(scope: Scope, name: string, at: Node): Node | undefined {
  const dot = name.indexOf('.');
  if (dot < 0 || name.startsWith('AWS::')) return referTo(scope, name, at);
  return attributeOf(scope, name.slice(0, dot), name.slice(dot + 1), at);
}

function join(scope: Scope, argument: Node, call: Node): Node | undefined {
  const [delimiter, values] = pair(scope, argument);
  if (delimiter?.kind !== 'scalar' || !values) {
    return noteMalformed(scope, call, 'Fn::Join takes a delimiter and a list');
  }
  if (values.kind === 'scalar' && values.unknown) {
    return placeholder(call, `Fn::Join ${values.text}`);
  }
  if (values.kind !== 'list') return noteMalformed(scope, call, 'Fn::Join takes a list');
  if (!afford(scope, values.items.length, call)) return placeholder(call, 'not worked out');
  const texts = values.items.map(textOf);
  if (texts.includes(undefined))
    return noteMalformed(scope, call, 'Fn::Join takes a list of texts');
  return boundText(scope, call, texts.join(delimiter.text), unknowns(values.items));
}

function choose(scope: Scope, argument: Node, call: Node): Node | undefined {
  const [name, yes, no] = argument.kind === 'list' ? argument.items : [];
  if (name?.kind !== 'scalar' || !yes || !no) {
    return noteMalformed(scope, call, 'Fn::If takes the name of a condition and two values');
  }
  return evaluate(scope, scope.holds(name.text, call.place) ? yes : no);
}

function findInMap(scope: Scope, argument: Node, call: Node): Node | undefined {
  const parts = argument.kind === 'list' ? argument.items : [];
  const [map, first, second] = parts.slice(0, 3).map((part) => evaluate(scope, part));
  if (map?.kind !== 'scalar' || first?.kind !== 'scalar' || second?.kind !== 'scalar') {
    return noteMalformed(scope, call, 'Fn::FindInMap takes the name of a map and two keys');
  }
  const found = child(scope.mappings, map.text, first.text, second.text);
  if (found) return found;
  const fallback = child(parts[3], 'DefaultValue');
  if (fallback) return evaluate(scope, fallback);
  const path = [map.text, first.text, second.text].join('.');
  if (unknowns([map, first, second]).length === 0) {
    scope.notes.error('reference', `Mappings have no ${path}`, { place: call.place });
  }
  return placeholder(call, `Fn::FindInMap ${path}`);
}

function select(scope: Scope, argument: Node, call: Node): Node | undefined {
  const [index, values] = pair(scope, argument);
  if (index?.kind !== 'scalar' || !values) {
    return noteMalformed(scope, call, 'Fn::Select takes an index and a list');
  }
  if (values.kind !== 'list' || index.unknown) {
    return placeholder(call, `Fn::Select ${describe(values)}`);
  }
  const found = values.items[Number(index.text)];
  if (found) return found;
  const message = `Fn::Select wants item ${index.text} of a list of ${values.items.length}`;
  scope.notes.error('reference', message, { place: call.place });
  return placeholder(call, message);
}

function split(scope: Scope, argument: Node, call: Node): Node | undefined {
  const [delimiter, text] = pair(scope, argument);
  if (delimiter?.kind !== 'scalar' || text?.kind !== 'scalar' || delimiter.text === '') {
    return noteMalformed(scope, call, 'Fn::Split takes a delimiter and a text');
  }
  if (text.unknown) return placeholder(call, `Fn::Split ${text.text}`);
  const parts = text.text.split(delimiter.text);
  return list(
    call.place,
    parts.map((part) => scalar(call.place, part)),
  );
}

function base64(scope: Scope, argument: Node, call: Node): Node | undefined {
  const text = evaluate(scope, argument);
  if (text?.kind !== 'scalar') return noteMalformed(scope, call, 'Fn::Base64 takes a text');
  return scalar(call.place, Buffer.from(text.text).toString('base64'), text.unknown);
}

function length(scope: Scope, argument: Node, call: Node): Node | undefined {
  const values = evaluate(scope, argument);
  if (values?.kind === 'list') return scalar(call.place, String(values.items.length));
  return placeholder(call, `Fn::Length ${values ? describe(values) : ''}`);
}

function toJsonString(scope: Scope, argument: Node, call: Node): Node | undefined {
  const value = evaluate(scope, argument);
  if (!value) return noteMalformed(scope, call, 'Fn::ToJsonString takes a list or a map');
  return boundText(scope, call, JSON.stringify(toJson(value)), deepUnknowns(value));
}

/** Evaluates `AWS::Include` of a local file; other macros run at AWS only. */
function transform(scope: Scope, argument: Node, call: Node): Node | undefined {
  const name = child(argument, 'Name');
  const location = child(argument, 'Parameters', 'Location');
  if (name?.kind !== 'scalar') {
    return noteMalformed(scope, call, 'Fn::Transform takes the Name of a macro');
  }
  const value = location && evaluate(scope, location);
  const found = name.text === 'AWS::Include' && value ? scope.include(value) : undefined;
  return found ?? placeholder(call, `Fn::Transform ${name.text}`);
}

/** A value as JSON. */
export function toJson(node: Node): unknown {
  if (node.kind === 'list') return node.items.map(toJson);
  if (node.kind === 'map') {
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, toJson(value)]));
  }
  if (!node.plain) return node.text;
  if (/^(true|false)$/i.test(node.text)) return node.text.toLowerCase() === 'true';
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(node.text)) return Number(node.text);
  return /^(~|null)?$/i.test(node.text) ? null : node.text;
}

function deepUnknowns(node: Node): string[] {
  if (node.kind === 'scalar') return unknowns([node]);
  const values = node.kind === 'list' ? node.items : entries(node).map(([, { value }]) => value);
  return values.flatMap(deepUnknowns);
}

function pair(scope: Scope, argument: Node): (Node | undefined)[] {
  if (argument.kind !== 'list' || argument.items.length !== 2) return [];
  return argument.items.map((item) => evaluate(scope, item));
}

function textOf(node: Node): string | undefined {
  return node.kind === 'scalar' ? node.text : undefined;
}

function describe(node: Node): string {
  if (node.kind === 'scalar') return node.text;
  return node.kind === 'list' ? node.items.map(describe).join(', ').slice(0, 200) : '{…}';
}

function placeholder(at: Node, expression: string): Scalar {
  const text = expression.slice(0, 200).trim();
  return scalar(at.place, text, [text]);
}

function boundText(scope: Scope, at: Node, text: string, unknown: readonly string[]): Scalar {
  if (text.length <= MAX_TEXT) return scalar(at.place, text, unknown);
  scope.notes.error('too-long', `this makes a text of more than ${MAX_TEXT} characters`, {
    place: at.place,
  });
  return placeholder(at, 'a text too long');
}

function noteMalformed(scope: Scope, call: Node, message: string): Node {
  scope.notes.error('malformed-function', message, { place: call.place });
  return placeholder(call, message);
}
