/** REST APIs: `AWS::Serverless::Api`, SAM's implicit one, and plain ones. */
import type { Cors, RestApiFront, RestApiRoute } from '../project.ts';
import { restApiAuth, type RouteAuth, routeAuthorizer } from './authorizers.ts';
import { definedRoutes, definitionOf, eventsBeside } from './openapi.ts';
import {
  apiKeys,
  binaryMediaTypes,
  definedRestRoute,
  isStream,
  mappedPaths,
  plainRestApis,
  REST_TIMEOUT_MS,
  sayValidated,
} from './plain-rest-api.ts';
import { domainPaths, optionalAuthorizer, routeMethod, variablesAt } from './routes.ts';
import { IMPLICIT_REST_API, type SamApi, samApis } from './sam-apis.ts';
import { type Evaluated, type FunctionEvent, ownerOf, type Stack } from './stack.ts';
import { child, type Node } from './tree.ts';
import { flagAt, numberAt, type Owner, placesOf, textAt } from './values.ts';

export function restApis(stack: Stack): RestApiFront[] {
  return [...samApis(stack, 'Api').map((api) => samFront(stack, api)), ...plainRestApis(stack)];
}

function samFront(stack: Stack, { api, events }: SamApi): RestApiFront {
  const owner = ownerOf(stack, api);
  const { properties } = api;
  const definition = definitionOf(stack, properties);
  const auth = restApiAuth(stack, owner, child(properties, 'Auth'));
  const keyRequired = flagAt(owner, properties, 'Auth', 'ApiKeyRequired') ?? false;
  const routes = [
    ...definedRoutes(stack, owner, definition).map((route) => ({
      ...definedRestRoute(route, keyRequired),
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, undefined)),
    })),
    ...eventsBeside(stack, owner, definition, properties, events).flatMap((event) =>
      eventRoute(stack, owner, auth, keyRequired, event),
    ),
  ];
  const cors = corsOf(owner, child(properties, 'Cors'), routes);
  const policy = child(properties, 'Auth', 'ResourcePolicy');
  if (policy) {
    const message = `the ResourcePolicy of ${api.id} is not enforced locally`;
    stack.notes.info('not-enforced', message, { place: policy.place, resource: api.id });
  }
  return {
    kind: 'rest-api',
    id: api.id,
    stage: stageOf(stack, api, owner),
    stageVariables: variablesAt(owner, properties, 'Variables'),
    routes,
    ...(cors && { cors }),
    binaryMediaTypes: binaryMediaTypes(owner, properties, definition),
    basePaths: [...domainPaths(owner, properties), ...mappedPaths(stack, api.id, undefined)],
    apiKeys: apiKeys(stack),
    place: api.place,
    places: placesOf(properties, 'BinaryMediaTypes', 'Cors', 'StageName', 'Auth'),
  };
}

/** SAM's implicit API has the stage `Prod`; any other API must name its stage. */
function stageOf(stack: Stack, api: Evaluated, owner: Owner): string {
  const stage = textAt(owner, api.properties, 'StageName');
  if (stage !== undefined) return stage;
  if (api.id !== IMPLICIT_REST_API) {
    stack.notes.error('stage', `${api.id} has no StageName`, {
      place: api.place,
      resource: api.id,
      fix: 'StageName: prod',
    });
  }
  return 'Prod';
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
  const model = child(properties, 'RequestModel');
  if (flagAt(at, model, 'ValidateBody') || flagAt(at, model, 'ValidateParameters')) {
    sayValidated(at, `${routeMethod(method)} ${path}`, place);
  }
  return [
    {
      method: routeMethod(method),
      path,
      functionId,
      // aws/serverless-application-model#3881
      stream: isStream(textAt(at, properties, 'ResponseTransferMode')),
      timeoutMs: numberAt(at, properties, 'TimeoutInMillis') ?? REST_TIMEOUT_MS,
      apiKeyRequired: flagAt(at, properties, 'Auth', 'ApiKeyRequired') ?? keyRequired,
      ...optionalAuthorizer(routeAuthorizer(stack, owner, auth, properties)),
      place,
    },
  ];
}

/** Reads SAM's `Cors`. A text is the origin; all texts have quotes inside: `"'*'"`. */
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

/** SAM's default for AllowMethods: the methods of the routes. */
function methodsOf(routes: readonly { method: string }[]): string[] {
  const all = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
  const own = new Set(routes.map(({ method }) => method));
  return own.has('ANY') ? all : [...own.add('OPTIONS')].sort();
}
