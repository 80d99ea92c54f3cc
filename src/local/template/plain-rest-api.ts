/** `AWS::ApiGateway::RestApi` with its resources, methods, stages, authorizers and mappings. */
import type { Authorizer, Place, RestApiFront, RestApiRoute } from '../project.ts';
import { type DefinedRoute, definedRoutes, definitionOf } from './openapi.ts';
import { optionalAuthorizer, routeMethod, trimSlashes, variablesAt } from './routes.ts';
import { ofType, ownerOf, type Stack, targetOf } from './stack.ts';
import { child, type Node } from './tree.ts';
import { flagAt, numberAt, type Owner, placesOf, textAt, textsAt } from './values.ts';

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html; more can be had on
 * request.
 */
export const REST_TIMEOUT_MS = 29_000;

/** A route of an OpenAPI definition as a route of a REST API. */
export function definedRestRoute(route: DefinedRoute, apiKeyRequired: boolean): RestApiRoute {
  const { method, path, functionId, stream, place, timeoutMs = REST_TIMEOUT_MS } = route;
  return { method, path, functionId, stream, timeoutMs, apiKeyRequired, place };
}

/**
 * The binary media types in the properties and in the definition. Templates may write a slash as
 * `~1`.
 */
export function binaryMediaTypes(
  owner: Owner,
  properties: Node | undefined,
  definition: Node | undefined,
): string[] {
  const types = [
    ...textsAt(owner, properties, 'BinaryMediaTypes'),
    ...textsAt(owner, definition, 'x-amazon-apigateway-binary-media-types'),
  ];
  return [...new Set(types.map((type) => type.replaceAll('~1', '/')))];
}

export function apiKeys(stack: Stack): string[] {
  return ofType(stack, 'AWS::ApiGateway::ApiKey').flatMap((key) => {
    const value = child(key.properties, 'Value');
    return value?.kind === 'scalar' && !value.unknown ? [value.text] : [];
  });
}

export function isStream(mode: string | undefined): boolean {
  return mode?.toUpperCase() === 'STREAM';
}

export function mappedPaths(stack: Stack, api: string, stage: string | undefined): string[] {
  return ofType(stack, 'AWS::ApiGateway::BasePathMapping').flatMap((mapping) => {
    const owner = ownerOf(stack, mapping);
    const { properties } = mapping;
    if (textAt(owner, properties, 'RestApiId') !== api) return [];
    const mapped = textAt(owner, properties, 'Stage');
    if (stage !== undefined && mapped !== undefined && mapped !== stage) return [];
    return [trimSlashes(textAt(owner, properties, 'BasePath') ?? '')];
  });
}

export function plainRestApis(stack: Stack): RestApiFront[] {
  return ofType(stack, 'AWS::ApiGateway::RestApi').flatMap((api) => {
    const owner = ownerOf(stack, api);
    const { id, properties, place } = api;
    const definition = definitionOf(stack, properties);
    const routes = [
      ...definedRoutes(stack, owner, definition).map((route) => definedRestRoute(route, false)),
      ...methodsOfApi(stack, id),
    ];
    const stages = stagesOf(stack, id);
    if (stages.length === 0) {
      stack.notes.warning('stage', `${id} has no stage, so nothing of it can be reached on AWS`, {
        place,
        resource: id,
        fix: 'add an AWS::ApiGateway::Deployment and an AWS::ApiGateway::Stage',
      });
      stages.push({ stage: 'Prod', variables: {} });
    }
    const types = binaryMediaTypes(owner, properties, definition);
    const places = placesOf(properties, 'BinaryMediaTypes');
    return stages.map(({ stage, variables }): RestApiFront => ({
      kind: 'rest-api',
      id,
      stage,
      stageVariables: variables,
      routes,
      binaryMediaTypes: types,
      basePaths: mappedPaths(stack, id, stage),
      apiKeys: apiKeys(stack),
      place,
      places,
    }));
  });
}

/** Stages are resources of their own, or parts of a deployment. */
function stagesOf(
  stack: Stack,
  api: string,
): { stage: string; variables: Record<string, string> }[] {
  const parts = ofType(stack, 'AWS::ApiGateway::Stage', 'AWS::ApiGateway::Deployment');
  return parts.flatMap((part) => {
    const owner = ownerOf(stack, part);
    const { properties } = part;
    const stage = textAt(owner, properties, 'StageName');
    if (stage === undefined || textAt(owner, properties, 'RestApiId') !== api) return [];
    const path = part.type.endsWith('Stage') ? ['Variables'] : ['StageDescription', 'Variables'];
    return [{ stage, variables: variablesAt(owner, properties, ...path) }];
  });
}

function methodsOfApi(stack: Stack, api: string): RestApiRoute[] {
  return ofType(stack, 'AWS::ApiGateway::Method').flatMap((method): RestApiRoute[] => {
    const owner = ownerOf(stack, method);
    const { properties, place } = method;
    if (textAt(owner, properties, 'RestApiId') !== api) return [];
    const name = routeMethod(textAt(owner, properties, 'HttpMethod') ?? 'ANY');
    const path = pathOf(stack, owner, api, textAt(owner, properties, 'ResourceId'));
    const integration = child(properties, 'Integration');
    const type = textAt(owner, integration, 'Type')?.toUpperCase();
    if (path === undefined || (type === 'MOCK' && name === 'OPTIONS')) return [];
    if (type !== 'AWS_PROXY') {
      const message = `${name} ${path} is an integration of type ${type ?? 'none'}, which is not served here`;
      stack.notes.warning('route-target', message, { place, resource: method.id });
      return [];
    }
    const what = `${name} ${path}`;
    const functionId = targetOf(stack, owner, what, child(integration, 'Uri'), place);
    if (functionId === undefined) return [];
    if (child(properties, 'RequestValidatorId')) sayValidated(owner, what, place);
    return [
      {
        method: name,
        path,
        functionId,
        stream: isStream(textAt(owner, integration, 'ResponseTransferMode')),
        timeoutMs: numberAt(owner, integration, 'TimeoutInMillis') ?? REST_TIMEOUT_MS,
        apiKeyRequired: flagAt(owner, properties, 'ApiKeyRequired') ?? false,
        ...optionalAuthorizer(plainAuthorizer(stack, owner, properties)),
        place,
      },
    ];
  });
}

/** Notes that AWS would answer an invalid request with a 400. */
export function sayValidated({ notes, resource }: Owner, route: string, place: Place): void {
  const message = `requests to ${route} are validated on AWS, and not here`;
  notes.info('not-enforced', message, { place, resource });
}

/** The path of a resource, from its parents up to the root. */
function pathOf(
  stack: Stack,
  owner: Owner,
  api: string,
  resourceId: string | undefined,
): string | undefined {
  const parts: string[] = [];
  const seen = new Set<string>();
  let id = resourceId;
  while (id !== undefined && id !== `${api}.RootResourceId`) {
    // `Ref` and `GetAtt ResourceId` are the same id.
    const name = id.replace(/\.ResourceId$/, '');
    const resource = stack.resources.get(name);
    if (resource?.type !== 'AWS::ApiGateway::Resource' || seen.has(name)) {
      const reason = seen.has(name) ? 'its ParentIds go round in a circle' : `there is no ${id}`;
      stack.notes.error('route', `the path of ${owner.resource} cannot be told: ${reason}`, {
        place: stack.resources.get(owner.resource)?.place,
        resource: owner.resource,
      });
      return undefined;
    }
    seen.add(name);
    const at = ownerOf(stack, resource);
    parts.unshift(textAt(at, resource.properties, 'PathPart') ?? '');
    id = textAt(at, resource.properties, 'ParentId');
  }
  return `/${parts.join('/')}`;
}

function plainAuthorizer(
  stack: Stack,
  owner: Owner,
  method: Node | undefined,
): Authorizer | undefined {
  const type = textAt(owner, method, 'AuthorizationType')?.toUpperCase() ?? 'NONE';
  if (type === 'NONE') return undefined;
  const name = textAt(owner, method, 'AuthorizerId') ?? type;
  const resource = stack.resources.get(name);
  const at = { notes: stack.notes, resource: name };
  const properties = resource?.properties;
  const functionId = stack.functionOf(textAt(at, properties, 'AuthorizerUri') ?? '');
  if (type !== 'CUSTOM' || functionId === undefined) {
    return { type: 'not-enforced', name, reason: `${type} is not enforced locally` };
  }
  const isToken = textAt(at, properties, 'Type')?.toUpperCase() === 'TOKEN';
  return {
    type: 'lambda',
    name,
    functionId,
    format: isToken ? 'rest-token' : 'rest-request',
    simpleResponses: false,
    // One text, with commas.
    identitySources: (textAt(at, properties, 'IdentitySource') ?? '')
      .split(',')
      .flatMap((source) => source.trim() || []),
  };
}
