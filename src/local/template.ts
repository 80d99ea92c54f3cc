/**
 * SAM and CloudFormation templates, read for what they mean on this machine: functions, and the fronts before them.
 *
 * ```ts
 * const { functions, fronts, notes } = readTemplate('template.yaml', { parameters: { Stage: 'dev' } });
 * ```
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FunctionDefinition, Project } from './project.ts';
import { codeFolder } from './template/code-folder.ts';
import { conditionsOf } from './template/conditions.ts';
import { functionUrls } from './template/function-url.ts';
import { readFunction } from './template/functions.ts';
import { GLOBAL_SECTIONS, withGlobals } from './template/globals.ts';
import { httpApis } from './template/http-api.ts';
import { evaluate, functionName } from './template/intrinsics.ts';
import { loadBalancers } from './template/load-balancer.ts';
import { collectNotes, type Notes } from './template/notes.ts';
import { readParameters } from './template/parameters.ts';
import { restApis } from './template/rest-api.ts';
import type { Resource, Scope } from './template/scope.ts';
import { type Evaluated, ofType, ownerOf, type Stack } from './template/stack.ts';
import { child, entries, type Node } from './template/tree.ts';
import { textsAt } from './template/values.ts';
import { parseYaml, YamlError } from './template/yaml.ts';

export interface TemplateOptions {
  /** Values for `Parameters`, and for pseudo parameters such as `AWS::Region`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The project's folder, of which nothing outside is read. Default: the template's own. */
  readonly folder?: string;
}

/**
 * Reads a template, YAML or JSON. It never throws: what is wrong with the template, or cannot be known or done on this
 * machine, is in `notes`, each with its line. With a note of level `error` AWS would refuse the template, or it would not
 * do what it says.
 */
export function readTemplate(file: string, options: TemplateOptions = {}): Project {
  return readStack(file, options).project;
}

/** The same, with the resources themselves: for `check`, which looks at more than a request would meet. */
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

/** The tree of a file; a note where there is none. */
function readTree(file: string, notes: Notes): Node | undefined {
  const place = { file, line: 1, column: 1 };
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    notes.error('file', `cannot read ${file}: ${reason}`, { place });
    return undefined;
  }
  try {
    const { root, problems } = parseYaml(text, file);
    for (const problem of problems) notes.error('yaml', problem.message, { place: problem.place });
    return root;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    notes.error('yaml', error.message, { place: error.place });
    return undefined;
  }
}

/** CloudFormation itself takes 1 MB. */
const MAX_BYTES = 4 * 1024 * 1024;

function readText(file: string): string {
  const stat = statSync(file);
  if (!stat.isFile()) throw new Error('it is no file');
  if (stat.size > MAX_BYTES) {
    throw new Error(`it has ${stat.size} bytes, more than the ${MAX_BYTES} a template may have`);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}

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
  const globals = child(root, 'Globals');
  const resources = readResources(section, globals, notes);
  const including = new Set([file]);
  const scope: Scope = {
    notes,
    parameters: readParameters(file, child(root, 'Parameters'), given, notes),
    mappings: child(root, 'Mappings'),
    resources,
    isGenerated: generated(resources, child(root, 'Transform')),
    holds: conditionsOf(child(root, 'Conditions'), () => scope),
    include: (location) => include(scope, folder, location, including),
    naming: new Set(),
  };
  transformed(resources, child(root, 'Transform'), notes);
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

function readResources(
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

/** SAM's own resources begin with the name of what they were made for; other macros may make anything. */
function generated(
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

/** Without the transform CloudFormation knows none of SAM's types. */
function transformed(
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

function isFunction({ type }: { type: string }): boolean {
  return type === 'AWS::Serverless::Function' || type === 'AWS::Lambda::Function';
}

/** Names, ARNs with and without an alias, and the URIs in which API Gateway wraps them. */
function functionFinder(
  scope: Scope,
  resources: ReadonlyMap<string, Evaluated>,
): (text: string) => string | undefined {
  const ids = new Map<string, string>();
  for (const { id, place, ...rest } of resources.values()) {
    if (!isFunction(rest)) continue;
    const at: Node = { kind: 'scalar', place, text: id, plain: true };
    ids.set(functionName(scope, id, at).text, id);
  }
  for (const id of resources.keys())
    if (isFunction(resources.get(id) ?? { type: '' })) ids.set(id, id);
  return (text) => {
    const name = /:function:([\w-]+)/.exec(text)?.[1] ?? text.replace(/:[\w$-]+$/, '');
    // A version or an alias of SAM's, `Fn.Alias`, stands for the function.
    return ids.get(name) ?? ids.get(name.replace(/\.(Alias|Version|Arn)$/, ''));
  };
}

function readFunctions(scope: Scope, stack: Stack): FunctionDefinition[] {
  return ofType(stack, 'AWS::Serverless::Function', 'AWS::Lambda::Function').map((source) => {
    const { id, place, properties, metadata, type } = source;
    const at: Node = { kind: 'scalar', place, text: id, plain: true };
    return readFunction({
      ...ownerOf(stack, source),
      name: functionName(scope, id, at).text,
      place,
      properties,
      metadata,
      project: stack.project,
      isServerless: type === 'AWS::Serverless::Function',
    });
  });
}

/** A file of its own, if it lies in the project; `open` are those that are being read. */
function include(scope: Scope, project: string, uri: Node, open: Set<string>): Node | undefined {
  const { notes } = scope;
  const { place } = uri;
  if (uri.kind !== 'scalar' || uri.unknown || /^(s3|https?):/.test(uri.text)) {
    notes.warning('definition', 'this lies in S3 and is not read', { place });
    return undefined;
  }
  const { problem, folder: file } = codeFolder(project, dirname(place.file), uri.text);
  if (problem === 'outside' || problem === 'missing') {
    const reason = problem === 'outside' ? 'leads out of the project' : 'is not there';
    notes.error('definition', `${uri.text} ${reason}`, { place });
    return undefined;
  }
  if (open.has(file)) {
    notes.error('cycle', `${uri.text} includes itself`, { place });
    return undefined;
  }
  open.add(file);
  const tree = readTree(file, notes);
  const value = tree && evaluate(scope, tree);
  open.delete(file);
  return value;
}
