/**
 * Reads the routes to functions in an OpenAPI definition.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
import type { Cors, Place } from '../project.ts';
import type { FunctionEvent, Stack } from './stack.ts';
import { child, entries, type Node } from './tree.ts';
import { corsAt, flagAt, numberAt, type Owner, textAt } from './values.ts';

export interface DefinedRoute {
  readonly method: string;
  readonly path: string;
  readonly functionId: string;
  readonly payloadFormat: string | undefined;
  readonly stream: boolean;
  readonly timeoutMs: number | undefined;
  readonly place: Place;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);
const ANY = 'x-amazon-apigateway-any-method';
const INTEGRATION = 'x-amazon-apigateway-integration';

/** The definition of an API: in the template, or in a file beside it. */
export function definitionOf(stack: Stack, properties: Node | undefined): Node | undefined {
  const body = child(properties, 'DefinitionBody') ?? child(properties, 'Body');
  // The placeholder of a macro is a text.
  if (body) return body.kind === 'map' ? body : undefined;
  const uri = child(properties, 'DefinitionUri') ?? child(properties, 'BodyS3Location');
  return uri && stack.include(uri);
}

/**
 * The events that make routes. Beside a definition they make none, except with `MergeDefinitions`:
 * SAM adds the permission, and the definition must have the route.
 */
export function eventsBeside(
  stack: Stack,
  owner: Owner,
  definition: Node | undefined,
  properties: Node | undefined,
  events: readonly FunctionEvent[],
): FunctionEvent[] {
  if (!definition) return [...events];
  const merges = flagAt(owner, properties, 'MergeDefinitions') ?? false;
  return events.filter((event) => {
    const path = child(event.properties, 'Path');
    if (path?.kind !== 'scalar') return merges;
    const isDefined = hasMethod(child(definition, 'paths', path.text), event);
    if (!isDefined && !merges) {
      const message = `event ${event.name} of ${event.functionId} makes no route: ${owner.resource} has a definition, and ${path.text} is not in it`;
      stack.notes.warning('route', message, { place: event.place, resource: event.functionId });
    }
    return merges && !isDefined;
  });
}

function hasMethod(path: Node | undefined, event: FunctionEvent): boolean {
  const method = child(event.properties, 'Method');
  const wanted = method?.kind === 'scalar' ? method.text.toLowerCase() : 'any';
  return entries(path).some(
    ([key]) => wanted === 'any' || key.toLowerCase() === wanted || key === ANY,
  );
}

export function definedRoutes(
  stack: Stack,
  owner: Owner,
  definition: Node | undefined,
): DefinedRoute[] {
  return entries(child(definition, 'paths')).flatMap(([path, { value }]) =>
    entries(value).flatMap(([key, { place, value: operation }]) => {
      const method = key.toLowerCase();
      if (!METHODS.has(method) && method !== ANY) return [];
      const name = method === ANY ? 'ANY' : method.toUpperCase();
      return route(stack, owner, name, path === '/$default' ? '$default' : path, place, operation);
    }),
  );
}

function route(
  stack: Stack,
  owner: Owner,
  method: string,
  path: string,
  place: Place,
  operation: Node,
): DefinedRoute[] {
  const integration = child(operation, INTEGRATION);
  const uri = textAt(owner, integration, 'uri');
  const functionId = uri === undefined ? undefined : stack.functionOf(uri);
  const type = textAt(owner, integration, 'type')?.toLowerCase() ?? '';
  if (functionId === undefined || type !== 'aws_proxy') {
    // SAM writes CORS as a mock integration; `Cors` has it.
    if (method === 'OPTIONS' && type === 'mock') return [];
    const what = integration ? `its integration is ${type || 'of no type'}` : 'no integration';
    stack.notes.warning('route-target', `${method} ${path} leads to no function: ${what}`, {
      place,
      resource: owner.resource,
      fix: 'it is left out here',
    });
    return [];
  }
  return [
    {
      method,
      path,
      functionId,
      payloadFormat: textAt(owner, integration, 'payloadFormatVersion'),
      stream: textAt(owner, integration, 'responseTransferMode')?.toUpperCase() === 'STREAM',
      timeoutMs: numberAt(owner, integration, 'timeoutInMillis'),
      place,
    },
  ];
}

/** `x-amazon-apigateway-cors`, whose keys begin with lower-case letters. */
export function definedCors(owner: Owner, definition: Node | undefined): Cors | undefined {
  const cors = child(definition, 'x-amazon-apigateway-cors');
  if (cors?.kind !== 'map') return undefined;
  return corsAt(owner, {
    ...cors,
    entries: new Map(
      [...cors.entries].map(([key, entry]) => [
        `${key.charAt(0).toUpperCase()}${key.slice(1)}`,
        entry,
      ]),
    ),
  });
}
