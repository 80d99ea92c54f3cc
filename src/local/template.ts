/**
 * Reads SAM and CloudFormation templates: their functions, and the fronts before them.
 *
 * ```ts
 * const parameters = { Stage: 'dev' };
 * const { functions, fronts, notes } = readTemplate('template.yaml', { parameters });
 * ```
 */
import { dirname, resolve } from 'node:path';
import type { FunctionDefinition, Place, Project } from './project.ts';
import { conditionsOf } from './template/conditions.ts';
import { includer, readTree } from './template/files.ts';
import { functionUrls } from './template/function-url.ts';
import { readFunction } from './template/functions.ts';
import { httpApis } from './template/http-api.ts';
import { evaluate, functionName, MAX_WORK } from './template/intrinsics.ts';
import { loadBalancers } from './template/load-balancer.ts';
import { collectNotes, type Notes } from './template/notes.ts';
import { readParameters } from './template/parameters.ts';
import { generatedIds, readResources, sayUnserved, checkTransform } from './template/resources.ts';
import { restApis } from './template/rest-api.ts';
import { isFunction, type Scope } from './template/scope.ts';
import { type Evaluated, ofType, ownerOf, type Stack } from './template/stack.ts';
import { child, entries, type Node } from './template/tree.ts';

export interface TemplateOptions {
  /** Values for `Parameters`, and for pseudo parameters such as `AWS::Region`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The project's folder, of which nothing outside is read. Default: the template's own. */
  readonly folder?: string;
}

/**
 * Reads a template, YAML or JSON. It never throws: `notes` says, with lines, what is wrong with the
 * template, or cannot be known or done on this machine. A note of level `error` means that AWS
 * would refuse the template, or that it would not work.
 */
export function readTemplate(file: string, options: TemplateOptions = {}): Project {
  return readStack(file, options).project;
}

/** `readTemplate` with the resources themselves, for `check`. */
export function readStack(
  file: string,
  options: TemplateOptions = {},
): { project: Project; stack: Stack | undefined } {
  const path = resolve(file);
  const folder = resolve(options.folder ?? dirname(path));
  const notes = collectNotes();
  const root = readTree(path, notes);
  const found = root ? readRoot(path, folder, root, options.parameters ?? {}, notes) : undefined;
  const { functions = [], fronts = [], stack } = found ?? {};
  return { project: { file: path, folder, functions, fronts, notes: notes.all }, stack };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;

function readRoot(
  file: string,
  folder: string,
  root: Node,
  given: Readonly<Record<string, string>>,
  notes: Notes,
): (Pick<Project, 'functions' | 'fronts'> & { stack: Stack }) | undefined {
  const section = child(root, 'Resources');
  if (section?.kind !== 'map' || section.entries.size === 0) {
    notes.error('template', 'this is no template: it has no Resources', { place: root.place });
    return undefined;
  }
  if (section.entries.size > MAX_RESOURCES) {
    const message = `the template has ${section.entries.size} resources; AWS takes ${MAX_RESOURCES}`;
    notes.error('template', message, { place: section.place });
    return undefined;
  }
  const globals = child(root, 'Globals');
  const resources = readResources(section, globals, notes);
  const scope: Scope = {
    notes,
    parameters: readParameters(file, child(root, 'Parameters'), given, notes),
    mappings: child(root, 'Mappings'),
    resources,
    isGenerated: generatedIds(resources, child(root, 'Transform')),
    holds: conditionsOf(child(root, 'Conditions'), () => scope),
    include: includer(folder, file, notes, (tree) => evaluate(scope, tree)),
    names: new Map(),
    work: { left: MAX_WORK },
  };
  checkTransform(resources, child(root, 'Transform'), notes);
  sayUnserved(resources, notes);
  const stack = evaluateStack(scope, folder, globals);
  for (const [, { value }] of entries(child(root, 'Outputs'))) evaluateOutput(scope, value);
  const functions = readFunctions(scope, stack);
  return {
    stack,
    functions,
    fronts: [
      ...httpApis(stack),
      ...restApis(stack),
      ...functionUrls(stack),
      ...loadBalancers(stack),
    ],
  };
}

function evaluateStack(scope: Scope, project: string, globals: Node | undefined): Stack {
  const { notes } = scope;
  const resources = new Map<string, Evaluated>();
  for (const resource of scope.resources.values()) {
    const { id, type, condition, dependsOn, place } = resource;
    if (condition?.kind === 'scalar' && !scope.holds(condition.text, condition.place)) continue;
    const properties = resource.properties && evaluate(scope, resource.properties);
    const metadata = resource.metadata && evaluate(scope, resource.metadata);
    resources.set(id, { id, type, properties, metadata, dependsOn, place });
  }
  return {
    notes,
    project,
    resources,
    globals: globals && evaluate(scope, globals),
    functionOf: functionFinder(scope, resources),
    include: scope.include,
  };
}

function evaluateOutput(scope: Scope, output: Node): void {
  const condition = child(output, 'Condition');
  if (condition?.kind === 'scalar' && !scope.holds(condition.text, condition.place)) return;
  const value = child(output, 'Value');
  if (value) evaluate(scope, value);
}

/** Finds a function by its name, its ARN with or without an alias, or the URI of an integration. */
function functionFinder(
  scope: Scope,
  resources: ReadonlyMap<string, Evaluated>,
): (text: string) => string | undefined {
  const functions = [...resources.values()].filter(({ type }) => isFunction(type));
  // A logical id wins over an equal name.
  const ids = new Map([
    ...functions.map(({ id, place }) => [nameOf(scope, id, place), id] as const),
    ...functions.map(({ id }) => [id, id] as const),
  ]);
  return (text) => {
    const name = /:function:([\w-]+)/.exec(text)?.[1] ?? text.replace(/:[\w$-]+$/, '');
    // A version or an alias of SAM's, `Fn.Alias`, stands for the function.
    return ids.get(name) ?? ids.get(name.replace(/\.(Alias|Version|Arn)$/, ''));
  };
}

function nameOf(scope: Scope, id: string, place: Place): string {
  return functionName(scope, id, { kind: 'scalar', place, text: id, plain: true }).text;
}

function readFunctions(scope: Scope, stack: Stack): FunctionDefinition[] {
  return ofType(stack, 'AWS::Serverless::Function', 'AWS::Lambda::Function').map((source) => {
    const { id, place, properties, metadata, type } = source;
    return readFunction({
      ...ownerOf(stack, source),
      name: nameOf(scope, id, place),
      place,
      properties,
      metadata,
      project: stack.project,
      isServerless: type === 'AWS::Serverless::Function',
    });
  });
}
