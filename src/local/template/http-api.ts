/** HTTP APIs: `AWS::Serverless::HttpApi`, the one SAM makes unasked, and `AWS::ApiGatewayV2::Api` with its parts. */
import type { Authorizer, Cors, HttpApiFront, HttpApiRoute, Place } from '../project.ts';
import { httpApiAuth, type RouteAuth, routeAuthorizer } from './authorizers.ts';
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
import { child, entries, type Node } from './tree.ts';
import { corsAt, flagAt, numberAt, type Owner, placesOf, textAt, textsAt } from './values.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const TIMEOUT_MS = 30_000;
const IMPLICIT = 'ServerlessHttpApi';

export function httpApis(stack: Stack): HttpApiFront[] {
  return [...serverless(stack), ...plain(stack)];
}

function serverless(stack: Stack): HttpApiFront[] {
  const events = eventsOf(stack, 'HttpApi');
  const apis = ofType(stack, 'AWS::Serverless::HttpApi').filter(({ id }) => id !== IMPLICIT);
  const named = new Set(apis.map(({ id }) => id));
  const apiOf = (event: FunctionEvent): string =>
    textAt({ notes: stack.notes, resource: event.functionId }, event.properties, 'ApiId') ??
    IMPLICIT;
  const own = (id: string): FunctionEvent[] => events.filter((event) => apiOf(event) === id);

  const fronts = apis.map((api) => serverlessFront(stack, api, own(api.id)));
  const implicit = own(IMPLICIT);
  const [first] = implicit;
  if (first) {
    const properties = child(stack.globals, 'HttpApi');
    const api = implicitApi(IMPLICIT, properties, first.place);
    fronts.push(serverlessFront(stack, api, implicit));
  }
  for (const event of events) {
    const api = apiOf(event);
    if (api !== IMPLICIT && !named.has(api)) sayForeign(stack, event, api);
  }
  return fronts;
}

/** An event of an API that is not in this template. */
export function sayForeign(stack: Stack, event: FunctionEvent, api: string): void {
  // SAM gives such an API the permission; its routes stand with it.
  if (/^AWS::ApiGateway(V2)?::(Rest)?Api$/.test(stack.resources.get(api)?.type ?? '')) return;
  const message = `event ${event.name} of ${event.functionId} belongs to ${api}, which is no API of this template`;
  stack.notes.warning('route-target', message, {
    place: event.place,
    resource: event.functionId,
    fix: 'it is left out here',
  });
}

function serverlessFront(
  stack: Stack,
  api: Evaluated,
  events: readonly FunctionEvent[],
): HttpApiFront {
  const owner = ownerOf(stack, api);
  const { properties } = api;
  const definition = definitionOf(stack, properties);
  const auth = httpApiAuth(stack, owner, child(properties, 'Auth'));
  const cors = corsOf(owner, properties) ?? definedCors(owner, definition);
  return {
    kind: 'http-api',
    id: api.id,
    stage: textAt(owner, properties, 'StageName') ?? '$default',
    stageVariables: variablesAt(owner, properties, 'StageVariables'),
    routes: [
      ...definedRoutes(stack, owner, definition).map((route) => ({
        ...route,
        payloadFormat: payloadFormat(owner, route.payloadFormat, route.place),
        timeoutMs: route.timeoutMs ?? TIMEOUT_MS,
        ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, undefined)),
      })),
      ...eventsBeside(stack, owner, definition, properties, events).flatMap((event) =>
        eventRoute(stack, owner, auth, event),
      ),
    ],
    ...(cors && { cors }),
    basePaths: domainPaths(owner, properties),
    place: api.place,
    places: placesOf(properties, 'CorsConfiguration', 'StageName', 'Auth'),
  };
}

function eventRoute(
  stack: Stack,
  owner: Owner,
  auth: RouteAuth,
  { functionId, name, place, properties }: FunctionEvent,
): HttpApiRoute[] {
  const at = { notes: stack.notes, resource: functionId };
  const path = textAt(at, properties, 'Path');
  const method = textAt(at, properties, 'Method');
  if ((path === undefined) !== (method === undefined)) {
    const lacks = path === undefined ? 'Path' : 'Method';
    stack.notes.error('route', `event ${name} of ${functionId} has no ${lacks}`, {
      place,
      resource: functionId,
      fix: 'give both Path and Method, or neither for the $default route',
    });
    return [];
  }
  return [
    {
      method: method === undefined ? '$default' : routeMethod(method),
      path: path ?? '$default',
      functionId,
      payloadFormat: payloadFormat(at, textAt(at, properties, 'PayloadFormatVersion'), place),
      timeoutMs: numberAt(at, properties, 'TimeoutInMillis') ?? TIMEOUT_MS,
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, properties)),
      place,
    },
  ];
}

export function routeMethod(method: string): string {
  const name = method.toUpperCase();
  return name === '*' || name === 'X-AMAZON-APIGATEWAY-ANY-METHOD' ? 'ANY' : name;
}

export function optionalAuthorizer(authorizer: Authorizer | undefined): {
  authorizer?: Authorizer;
} {
  return authorizer ? { authorizer } : {};
}

/** SAM's default is 2.0; CloudFormation itself has none. */
function payloadFormat(
  { notes, resource }: Owner,
  version: string | undefined,
  place: Place,
): '1.0' | '2.0' {
  if (version !== undefined && version !== '1.0' && version !== '2.0') {
    const message = `PayloadFormatVersion of ${resource} must be 1.0 or 2.0; it is ${version}`;
    notes.error('payload-format', message, { place, resource, fix: "PayloadFormatVersion: '2.0'" });
  }
  return version === '1.0' ? '1.0' : '2.0';
}

function corsOf(owner: Owner, properties: Node | undefined): Cors | undefined {
  const cors = child(properties, 'CorsConfiguration');
  if (cors?.kind !== 'scalar') return corsAt(owner, cors);
  if (flagAt(owner, properties, 'CorsConfiguration') !== true) return undefined;
  return {
    allowOrigins: ['*'],
    allowMethods: [],
    allowHeaders: [],
    exposeHeaders: [],
    allowCredentials: false,
  };
}

/** `x-amazon-apigateway-cors`, whose keys begin small. */
function definedCors(owner: Owner, definition: Node | undefined): Cors | undefined {
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

export function variablesAt(
  owner: Owner,
  node: Node | undefined,
  ...path: string[]
): Record<string, string> {
  const section = child(node, ...path);
  return Object.fromEntries(
    entries(section).flatMap(([name]) => {
      const text = textAt(owner, section, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The base paths of `Domain`; the root of a domain is `''`. */
export function domainPaths(owner: Owner, properties: Node | undefined): string[] {
  if (!child(properties, 'Domain')) return [];
  const paths = textsAt(owner, properties, 'Domain', 'BasePath');
  return paths.length > 0 ? paths.map(trimSlashes) : [''];
}

export function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '').replace(/^\(none\)$/, '');
}

function plain(stack: Stack): HttpApiFront[] {
  return ofType(stack, 'AWS::ApiGatewayV2::Api').flatMap((api) => {
    const owner = ownerOf(stack, api);
    if (textAt(owner, api.properties, 'ProtocolType')?.toUpperCase() === 'WEBSOCKET') {
      stack.notes.warning('websocket', `${api.id} is a WebSocket API, which is not served here`, {
        place: api.place,
        resource: api.id,
      });
      return [];
    }
    return plainFronts(stack, api, owner);
  });
}

/** One for each stage. */
function plainFronts(stack: Stack, api: Evaluated, owner: Owner): HttpApiFront[] {
  const { properties } = api;
  const mine = (type: string): Evaluated[] =>
    ofType(stack, type).filter(
      (part) => textAt(ownerOf(stack, part), part.properties, 'ApiId') === api.id,
    );
  const definition = definitionOf(stack, properties);
  const routes = [
    ...quickRoute(stack, api, owner),
    ...definedRoutes(stack, owner, definition).map((route) => ({
      ...route,
      payloadFormat: payloadFormat(owner, route.payloadFormat, route.place),
      timeoutMs: route.timeoutMs ?? TIMEOUT_MS,
    })),
    ...mine('AWS::ApiGatewayV2::Route').flatMap((route) => plainRoute(stack, route)),
  ];
  const cors =
    corsAt(owner, child(properties, 'CorsConfiguration')) ?? definedCors(owner, definition);
  const stages = mine('AWS::ApiGatewayV2::Stage');
  const mappings = mine('AWS::ApiGatewayV2::ApiMapping');
  if (stages.length === 0 && child(properties, 'Target') === undefined) {
    stack.notes.warning('stage', `${api.id} has no stage, so nothing of it can be reached on AWS`, {
      place: api.place,
      resource: api.id,
      fix: 'add an AWS::ApiGatewayV2::Stage with StageName: $default and AutoDeploy: true',
    });
  }
  const front = (stage: string, variables: Record<string, string>, place: Place): HttpApiFront => ({
    kind: 'http-api',
    id: api.id,
    stage,
    stageVariables: variables,
    routes,
    ...(cors && { cors }),
    basePaths: mappings.flatMap((part) => {
      const at = ownerOf(stack, part);
      const isMine = textAt(at, part.properties, 'Stage') === stage;
      return isMine ? [trimSlashes(textAt(at, part.properties, 'ApiMappingKey') ?? '')] : [];
    }),
    place,
    places: placesOf(properties, 'CorsConfiguration'),
  });
  if (stages.length === 0) return [front('$default', {}, api.place)];
  return stages.map((stage) => {
    const at = ownerOf(stack, stage);
    const name = textAt(at, stage.properties, 'StageName') ?? '$default';
    return front(name, variablesAt(at, stage.properties, 'StageVariables'), api.place);
  });
}

/** "Quick create": an API with a `Target` and nothing more. */
function quickRoute(stack: Stack, api: Evaluated, owner: Owner): HttpApiRoute[] {
  const target = child(api.properties, 'Target');
  if (!target) return [];
  const functionId = targetOf(stack, owner, `Target of ${api.id}`, target, api.place);
  if (functionId === undefined) return [];
  const [method = '$default', path = '$default'] = (
    textAt(owner, api.properties, 'RouteKey') ?? '$default $default'
  ).split(' ');
  const { place } = target;
  return [{ method, path, functionId, payloadFormat: '2.0', timeoutMs: TIMEOUT_MS, place }];
}

function plainRoute(stack: Stack, route: Evaluated): HttpApiRoute[] {
  const { properties, place } = route;
  const owner = ownerOf(stack, route);
  const key = textAt(owner, properties, 'RouteKey') ?? '$default';
  const [method = '$default', path = '$default'] = key.split(' ');
  const target = textAt(owner, properties, 'Target')?.replace(/^integrations\//, '');
  const integration = target === undefined ? undefined : stack.resources.get(target);
  const at = integration && ownerOf(stack, integration);
  const uri = child(integration?.properties, 'IntegrationUri');
  const functionId = targetOf(
    stack,
    owner,
    `route ${key}`,
    uri ?? child(properties, 'Target'),
    place,
  );
  if (functionId === undefined || !integration || !at) return [];
  const version = textAt(at, integration.properties, 'PayloadFormatVersion');
  if (version === undefined) {
    stack.notes.error('payload-format', `${integration.id} has no PayloadFormatVersion`, {
      place: integration.place,
      resource: integration.id,
      fix: "PayloadFormatVersion: '2.0'",
    });
  }
  return [
    {
      method,
      path,
      functionId,
      payloadFormat: payloadFormat(at, version, integration.place),
      timeoutMs: numberAt(at, integration.properties, 'TimeoutInMillis') ?? TIMEOUT_MS,
      ...optionalAuthorizer(plainAuthorizer(stack, owner, properties)),
      place,
    },
  ];
}

function plainAuthorizer(
  stack: Stack,
  owner: Owner,
  route: Node | undefined,
): Authorizer | undefined {
  const type = textAt(owner, route, 'AuthorizationType')?.toUpperCase() ?? 'NONE';
  if (type === 'NONE') return undefined;
  if (type === 'AWS_IAM') {
    return {
      type: 'not-enforced',
      name: type,
      reason: 'signatures of IAM are not checked locally',
    };
  }
  const name = textAt(owner, route, 'AuthorizerId') ?? '';
  const resource = stack.resources.get(name);
  const at = { notes: stack.notes, resource: name };
  const properties = resource?.properties;
  const sources = textsAt(at, properties, 'IdentitySource');
  if (type === 'JWT' && resource) {
    return {
      type: 'jwt',
      name,
      issuer: textAt(at, properties, 'JwtConfiguration', 'Issuer') ?? '',
      audience: textsAt(at, properties, 'JwtConfiguration', 'Audience'),
      scopes: textsAt(owner, route, 'AuthorizationScopes'),
      identitySource: sources[0] ?? '$request.header.Authorization',
    };
  }
  const functionId = stack.functionOf(textAt(at, properties, 'AuthorizerUri') ?? '');
  if (functionId === undefined) {
    return { type: 'not-enforced', name, reason: 'it leads to no function of this template' };
  }
  return {
    type: 'lambda',
    name,
    functionId,
    format: textAt(at, properties, 'AuthorizerPayloadFormatVersion') === '1.0' ? '1.0' : '2.0',
    simpleResponses: flagAt(at, properties, 'EnableSimpleResponses') ?? false,
    identitySources: sources,
  };
}
