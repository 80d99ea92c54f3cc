/** `AWS::ApiGatewayV2::Api` with its stages, routes, integrations, authorizers and mappings. */
import type { Authorizer, HttpApiFront, HttpApiRoute, Place } from '../project.ts';
import { definedCors, type DefinedRoute, definedRoutes, definitionOf } from './openapi.ts';
import { optionalAuthorizer, payloadFormat, trimSlashes, variablesAt } from './routes.ts';
import { type Evaluated, ofType, ownerOf, type Stack, targetOf } from './stack.ts';
import { child, type Node } from './tree.ts';
import { corsAt, flagAt, numberAt, type Owner, placesOf, textAt, textsAt } from './values.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const HTTP_TIMEOUT_MS = 30_000;

/** A route of an OpenAPI definition as a route of an HTTP API. */
export function definedHttpRoute(owner: Owner, route: DefinedRoute): HttpApiRoute {
  const { method, path, functionId, place, timeoutMs = HTTP_TIMEOUT_MS } = route;
  const format = payloadFormat(owner, route.payloadFormat, place);
  return { method, path, functionId, payloadFormat: format, timeoutMs, place };
}

export function plainHttpApis(stack: Stack): HttpApiFront[] {
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
    ...definedRoutes(stack, owner, definition).map((route) => definedHttpRoute(owner, route)),
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
  return [{ method, path, functionId, payloadFormat: '2.0', timeoutMs: HTTP_TIMEOUT_MS, place }];
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
      timeoutMs: numberAt(at, integration.properties, 'TimeoutInMillis') ?? HTTP_TIMEOUT_MS,
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
