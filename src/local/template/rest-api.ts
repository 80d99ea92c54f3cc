/** REST APIs: `AWS::Serverless::Api`, the one SAM makes unasked, and `AWS::ApiGateway::RestApi` with its parts. */
import type { Authorizer, Cors, RestApiFront, RestApiRoute } from '../project.ts';
import { restApiAuth, type RouteAuth, routeAuthorizer } from './authorizers.ts';
import {
  domainPaths,
  optionalAuthorizer,
  routeMethod,
  sayForeign,
  trimSlashes,
  variablesAt,
} from './http-api.ts';
import { definedRoutes, definitionOf, eventsBeside } from './openapi.ts';
import {
  type Evaluated,
  eventsOf,
  type FunctionEvent,
  implicitApi,
  ofType,
  ownerOf,
  type Stack,
  targetOf,
} from './stack.ts';
import { child, type Node } from './tree.ts';
import { flagAt, numberAt, type Owner, placesOf, textAt, textsAt } from './values.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html; more can be had on request. */
const TIMEOUT_MS = 29_000;
const IMPLICIT = 'ServerlessRestApi';
const BINARY = 'x-amazon-apigateway-binary-media-types';
const PLACES = ['BinaryMediaTypes', 'Cors', 'StageName', 'Auth'];

export function restApis(stack: Stack): RestApiFront[] {
  return [...serverless(stack), ...plain(stack)];
}

function serverless(stack: Stack): RestApiFront[] {
  const events = eventsOf(stack, 'Api');
  const apis = ofType(stack, 'AWS::Serverless::Api').filter(({ id }) => id !== IMPLICIT);
  const named = new Set(apis.map(({ id }) => id));
  const apiOf = (event: FunctionEvent): string =>
    textAt({ notes: stack.notes, resource: event.functionId }, event.properties, 'RestApiId') ??
    IMPLICIT;
  const own = (id: string): FunctionEvent[] => events.filter((event) => apiOf(event) === id);

  const fronts = apis.map((api) => serverlessFront(stack, api, own(api.id)));
  const implicit = own(IMPLICIT);
  const [first] = implicit;
  if (first) {
    const properties = child(stack.globals, 'Api');
    const api = implicitApi(IMPLICIT, properties, first.place);
    fronts.push(serverlessFront(stack, api, implicit));
  }
  for (const event of events) {
    const api = apiOf(event);
    if (api !== IMPLICIT && !named.has(api)) sayForeign(stack, event, api);
  }
  return fronts;
}

function serverlessFront(
  stack: Stack,
  api: Evaluated,
  events: readonly FunctionEvent[],
): RestApiFront {
  const owner = ownerOf(stack, api);
  const { properties } = api;
  const definition = definitionOf(stack, properties);
  const auth = restApiAuth(stack, owner, child(properties, 'Auth'));
  const keyRequired = flagAt(owner, properties, 'Auth', 'ApiKeyRequired') ?? false;
  const routes = [
    ...definedRoutes(stack, owner, definition).map((route) => ({
      ...route,
      timeoutMs: route.timeoutMs ?? TIMEOUT_MS,
      apiKeyRequired: keyRequired,
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, undefined)),
    })),
    ...eventsBeside(stack, owner, definition, properties, events).flatMap((event) =>
      eventRoute(stack, owner, auth, keyRequired, event),
    ),
  ];
  const cors = corsOf(owner, child(properties, 'Cors'), routes);
  return {
    kind: 'rest-api',
    id: api.id,
    stage: stageOf(stack, api, owner),
    stageVariables: variablesAt(owner, properties, 'Variables'),
    routes,
    ...(cors && { cors }),
    binaryMediaTypes: mediaTypes([
      ...textsAt(owner, properties, 'BinaryMediaTypes'),
      ...textsAt(owner, definition, BINARY),
    ]),
    basePaths: [...domainPaths(owner, properties), ...mappedPaths(stack, api.id, undefined)],
    apiKeys: apiKeys(stack),
    place: api.place,
    places: placesOf(properties, ...PLACES),
  };
}

/** SAM's implicit API has the stage `Prod`; any other must say its own. */
function stageOf(stack: Stack, api: Evaluated, owner: Owner): string {
  const stage = textAt(owner, api.properties, 'StageName');
  if (stage !== undefined) return stage;
  if (api.id !== IMPLICIT) {
    stack.notes.error('stage', `${api.id} has no StageName`, {
      place: api.place,
      resource: api.id,
      fix: 'StageName: prod',
    });
  }
  return 'Prod';
}

/** In a template a slash may be written `~1`. */
function mediaTypes(types: readonly string[]): string[] {
  return [...new Set(types.map((type) => type.replaceAll('~1', '/')))];
}

function apiKeys(stack: Stack): string[] {
  return ofType(stack, 'AWS::ApiGateway::ApiKey').flatMap((key) => {
    const value = child(key.properties, 'Value');
    return value?.kind === 'scalar' && !value.unknown ? [value.text] : [];
  });
}

function eventRoute(
  stack: Stack,
  owner: Owner,
  auth: RouteAuth,
  keyRequired: boolean,
  { functionId, name, place, properties }: FunctionEvent,
): RestApiRoute[] {
  const at = { notes: stack.notes, resource: functionId };
  const path = textAt(at, properties, 'Path');
  const method = textAt(at, properties, 'Method');
  if (path === undefined || method === undefined) {
    const lacks = path === undefined ? 'Path' : 'Method';
    stack.notes.error('route', `event ${name} of ${functionId} has no ${lacks}`, {
      place,
      resource: functionId,
    });
    return [];
  }
  return [
    {
      method: routeMethod(method),
      path,
      functionId,
      // aws/serverless-application-model#3881
      stream: isStream(textAt(at, properties, 'ResponseTransferMode')),
      timeoutMs: numberAt(at, properties, 'TimeoutInMillis') ?? TIMEOUT_MS,
      apiKeyRequired: flagAt(at, properties, 'Auth', 'ApiKeyRequired') ?? keyRequired,
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, properties)),
      place,
    },
  ];
}

function isStream(mode: string | undefined): boolean {
  return mode?.toUpperCase() === 'STREAM';
}

/** A text is the origin. All texts stand in quotes of their own: `"'*'"`. */
function corsOf(
  owner: Owner,
  cors: Node | undefined,
  routes: readonly { method: string }[],
): Cors | undefined {
  if (!cors || cors.kind === 'list') return undefined;
  const unquoted = (key: string): string | undefined =>
    textAt(owner, cors, key)?.replace(/^'(.*)'$/s, '$1');
  const listed = (text: string | undefined): string[] =>
    (text ?? '').split(',').flatMap((item) => item.trim() || []);
  const origin = cors.kind === 'scalar' ? cors.text.replace(/^'(.*)'$/s, '$1') : undefined;
  const methods = listed(unquoted('AllowMethods'));
  const maxAge = Number(unquoted('MaxAge') ?? Number.NaN);
  return {
    allowOrigins: [origin ?? unquoted('AllowOrigin') ?? '*'],
    allowMethods: methods.length > 0 ? methods : methodsOf(routes),
    allowHeaders: listed(unquoted('AllowHeaders')),
    exposeHeaders: [],
    allowCredentials: flagAt(owner, cors, 'AllowCredentials') ?? false,
    ...(Number.isFinite(maxAge) && { maxAge }),
  };
}

/** Left out, SAM allows the methods that there are. */
function methodsOf(routes: readonly { method: string }[]): string[] {
  const all = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
  const own = new Set(routes.map(({ method }) => method));
  return own.has('ANY') ? all : [...own.add('OPTIONS')].sort();
}

function mappedPaths(stack: Stack, api: string, stage: string | undefined): string[] {
  return ofType(stack, 'AWS::ApiGateway::BasePathMapping').flatMap((mapping) => {
    const owner = ownerOf(stack, mapping);
    const { properties } = mapping;
    if (textAt(owner, properties, 'RestApiId') !== api) return [];
    const mapped = textAt(owner, properties, 'Stage');
    if (stage !== undefined && mapped !== undefined && mapped !== stage) return [];
    return [trimSlashes(textAt(owner, properties, 'BasePath') ?? '')];
  });
}

function plain(stack: Stack): RestApiFront[] {
  return ofType(stack, 'AWS::ApiGateway::RestApi').flatMap((api) => {
    const owner = ownerOf(stack, api);
    const { id, properties, place } = api;
    const definition = definitionOf(stack, properties);
    const routes = [
      ...definedRoutes(stack, owner, definition).map((route) => ({
        ...route,
        timeoutMs: route.timeoutMs ?? TIMEOUT_MS,
        apiKeyRequired: false,
      })),
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
    const binaryMediaTypes = mediaTypes([
      ...textsAt(owner, properties, 'BinaryMediaTypes'),
      ...textsAt(owner, definition, BINARY),
    ]);
    const places = placesOf(properties, ...PLACES);
    return stages.map(({ stage, variables }): RestApiFront => ({
      kind: 'rest-api',
      id,
      stage,
      stageVariables: variables,
      routes,
      binaryMediaTypes,
      basePaths: mappedPaths(stack, id, stage),
      apiKeys: apiKeys(stack),
      place,
      places,
    }));
  });
}

/** Stages stand alone, or in a deployment. */
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
    return [
      {
        method: name,
        path,
        functionId,
        stream: isStream(textAt(owner, integration, 'ResponseTransferMode')),
        timeoutMs: numberAt(owner, integration, 'TimeoutInMillis') ?? TIMEOUT_MS,
        apiKeyRequired: flagAt(owner, properties, 'ApiKeyRequired') ?? false,
        ...optionalAuthorizer(plainAuthorizer(stack, owner, properties)),
        place,
      },
    ];
  });
}

/** Up the tree of `AWS::ApiGateway::Resource`s to the root. */
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
    // A `Ref` gives the id, and so does this.
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
