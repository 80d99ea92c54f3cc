/** `AWS::Serverless::Function` and `AWS::Lambda::Function`. */
import { dirname } from 'node:path';
import type { EsbuildProperties, FunctionDefinition, Place } from '../project.ts';
import { codeFolder } from './code-folder.ts';
import { esbuildProperties } from './esbuild.ts';
import { child, entries, type Node, scalar, unknowns } from './tree.ts';
import {
  listAt,
  numberAt,
  type Owner,
  placeholderNote,
  placesOf,
  textAt,
  noteWrongType,
} from './values.ts';

/** A function's properties with every expression evaluated. */
export interface FunctionSource extends Owner {
  readonly name: string;
  readonly place: Place;
  readonly properties: Node | undefined;
  readonly metadata: Node | undefined;
  /** The project's folder: nothing outside it is read. */
  readonly project: string;
  readonly isServerless: boolean;
}

/** Lambda's defaults, https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const TIMEOUT_SECONDS = 3;
const MEMORY_MB = 128;

export function readFunction(source: FunctionSource): FunctionDefinition {
  const { resource, properties, place } = source;
  const code = codeOf(source);
  const build = buildOf(source);
  const runtime = textAt(source, properties, 'Runtime') ?? '';
  const unsupported = runtimeProblem(source, runtime) ?? code.unsupported;
  sayLayers(source);
  return {
    id: resource,
    name: source.name,
    runtime,
    handler: handlerOf(source),
    codeFolder: code.folder,
    ...(build && { build }),
    environment: environmentOf(source),
    timeoutMs: 1000 * (numberAt(source, properties, 'Timeout') ?? TIMEOUT_SECONDS),
    memoryMb: numberAt(source, properties, 'MemorySize') ?? MEMORY_MB,
    architecture: listAt(properties, 'Architectures').some(isArm) ? 'arm64' : 'x86_64',
    ...(unsupported !== undefined && { unsupported }),
    place,
    places: placesOf(
      properties,
      'Handler',
      'Runtime',
      'CodeUri',
      'Code',
      'Timeout',
      'MemorySize',
      'Environment',
    ),
  };
}

function isArm(node: Node): boolean {
  return node.kind === 'scalar' && node.text === 'arm64';
}

function isImage(source: FunctionSource): boolean {
  return textAt(source, source.properties, 'PackageType') === 'Image';
}

function handlerOf(source: FunctionSource): string {
  const { notes, resource, place, properties } = source;
  const handler = textAt(source, properties, 'Handler');
  if (handler !== undefined || isImage(source)) return handler ?? '';
  notes.error('handler', `${resource} has no Handler`, {
    place,
    resource,
    fix: 'Handler: app.handler, for the export handler of app.js',
  });
  return '';
}

/** Notes why this machine cannot run the function, and returns the reason for its invocations. */
function refuse({ notes, resource }: FunctionSource, place: Place, reason: string): string {
  notes.warning('not-run-locally', reason, { place, resource });
  return reason;
}

function runtimeProblem(source: FunctionSource, runtime: string): string | undefined {
  const { resource, properties, place, notes } = source;
  if (isImage(source)) return undefined;
  if (runtime === '') {
    notes.error('runtime', `${resource} has no Runtime`, {
      place,
      resource,
      fix: 'Runtime: nodejs24.x',
    });
    return `${resource} has no Runtime`;
  }
  if (runtime.startsWith('nodejs')) return undefined;
  const at = child(properties, 'Runtime')?.place ?? place;
  return refuse(source, at, `${resource} runs on ${runtime}, and only Node.js runs here`);
}

function codeOf(source: FunctionSource): { folder: string; unsupported?: string } {
  const { resource, properties, place, project, notes } = source;
  const nowhere = (reason: string, at = place): { folder: string; unsupported: string } => ({
    folder: project,
    unsupported: refuse(source, at, reason),
  });
  if (isImage(source)) return nowhere(`${resource} is a container image, which does not run here`);
  const inline = child(properties, 'InlineCode') ?? child(properties, 'Code', 'ZipFile');
  if (inline)
    return nowhere(
      `the code of ${resource} stands in the template; only files run here`,
      inline.place,
    );

  const key = source.isServerless ? 'CodeUri' : 'Code';
  const node = child(properties, key);
  // sam takes the template's folder then.
  const uri = node ?? scalar(place, '.');
  if (uri.kind !== 'scalar') {
    return nowhere(`the code of ${resource} lies in S3, not in this project`, uri.place);
  }
  if (/^(s3|https?):\/\//.test(uri.text) || uri.unknown) {
    return nowhere(`the code of ${resource} is ${uri.text}, not in this project`, uri.place);
  }
  const { folder, problem } = codeFolder(project, dirname(place.file), uri.text);
  const sentence = `${key} of ${resource}, ${uri.text},`;
  switch (problem) {
    case 'outside': {
      const reason = `${sentence} leads out of the project`;
      notes.error('code-outside', reason, {
        place: uri.place,
        resource,
        fix: `move the code below ${project}, or start from a folder that holds both`,
      });
      return { folder, unsupported: reason };
    }
    case 'missing': {
      if (/\.(zip|jar|war)$/.test(folder))
        return nowhere(`${sentence} is not built yet`, uri.place);
      const reason = `${sentence} is not there`;
      notes.error('code-missing', reason, { place: uri.place, resource });
      return { folder, unsupported: reason };
    }
    case 'file':
      // `sam package` makes a ZIP file of it.
      if (/\.[cm]?js$/.test(folder)) return { folder: dirname(folder) };
      return nowhere(`${sentence} is a file; only a folder can be run from`, uri.place);
    case undefined:
    default:
      return { folder };
  }
}

function buildOf(source: FunctionSource): EsbuildProperties | undefined {
  const { metadata, notes, resource } = source;
  const method = textAt(source, metadata, 'BuildMethod');
  const at = child(metadata, 'BuildMethod')?.place ?? source.place;
  if (method === 'esbuild') {
    const properties = esbuildProperties(source, child(metadata, 'BuildProperties'));
    if (properties.entryPoints.length === 0) {
      notes.error('entry-points', `BuildProperties of ${resource} has no EntryPoints`, {
        place: at,
        resource,
        fix: 'EntryPoints: [app.ts]',
      });
    }
    return properties;
  }
  if (method !== undefined && !method.startsWith('nodejs')) {
    notes.info('build-method', `${resource} is built by ${method}, which you have to run first`, {
      place: at,
      resource,
    });
  }
  return undefined;
}

function environmentOf(source: FunctionSource): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, { value }] of entries(child(source.properties, 'Environment', 'Variables'))) {
    const path = ['Environment.Variables', name];
    if (value.kind !== 'scalar') noteWrongType(source, path, 'a text', value);
    else {
      if (unknowns([value]).length > 0) {
        placeholderNote(source, path, value, `it is ${JSON.stringify(value.text)} here`);
      }
      // Assignment would fail for a variable called __proto__.
      Object.defineProperty(found, name, {
        value: value.text,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return found;
}

function sayLayers({ properties, notes, resource }: FunctionSource): void {
  const layers = child(properties, 'Layers');
  if (layers?.kind !== 'list' || layers.items.length === 0) return;
  const many = layers.items.length > 1 ? `${layers.items.length} layers of ${resource} are` : '';
  notes.warning('layers', `the ${many || `layer of ${resource} is`} left out here`, {
    place: layers.place,
    resource,
    fix: 'what the code imports from a layer must be in its node_modules',
  });
}
