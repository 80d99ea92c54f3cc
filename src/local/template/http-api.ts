/** HTTP APIs: `AWS::Serverless::HttpApi`, SAM's implicit one, and plain ones. */
import type { Cors, HttpApiFront, HttpApiRoute } from '../project.ts';
import { httpApiAuth, type RouteAuth, routeAuthorizer } from './authorizers.ts';
import { definedCors, definedRoutes, definitionOf, eventsBeside } from './openapi.ts';
import { definedHttpRoute, HTTP_TIMEOUT_MS, plainHttpApis } from './plain-http-api.ts';
import {
  domainPaths,
  optionalAuthorizer,
  payloadFormat,
  routeMethod,
  variablesAt,
} from './routes.ts';
import { type SamApi, samApis } from './sam-apis.ts';
import { type FunctionEvent, ownerOf, type Stack } from './stack.ts';
import { child, type Node } from './tree.ts';
import { corsAt, flagAt, numberAt, type Owner, placesOf, textAt } from './values.ts';

export function httpApis(stack: Stack): HttpApiFront[] {
  return [...samApis(stack, 'HttpApi').map((api) => samFront(stack, api)), ...plainHttpApis(stack)];
}

function samFront(stack: Stack, { api, events }: SamApi): HttpApiFront {
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
        ...definedHttpRoute(owner, route),
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
      timeoutMs: numberAt(at, properties, 'TimeoutInMillis') ?? HTTP_TIMEOUT_MS,
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, properties)),
      place,
    },
  ];
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
