/** Reads the authorizers of HTTP APIs and REST APIs of SAM. */
import type { Authorizer } from '../project.ts';
import { type Stack } from './stack.ts';
import { child, entries, type Node } from './tree.ts';
import { flagAt, type Owner, textAt, textsAt } from './values.ts';

export type Authorizers = ReadonlyMap<string, Authorizer>;

/** The authorizers that a route may name, and the API's default. */
export interface RouteAuth {
  readonly authorizers: Authorizers;
  readonly fallback: string | undefined;
}

export function httpApiAuth(stack: Stack, owner: Owner, auth: Node | undefined): RouteAuth {
  return {
    authorizers: new Map(
      entries(child(auth, 'Authorizers')).map(([name, { value }]) => [
        name,
        httpApiAuthorizer(stack, owner, name, value),
      ]),
    ),
    fallback: textAt(owner, auth, 'DefaultAuthorizer'),
  };
}

function httpApiAuthorizer(stack: Stack, owner: Owner, name: string, node: Node): Authorizer {
  const jwt = child(node, 'JwtConfiguration');
  if (jwt) {
    return {
      type: 'jwt',
      name,
      issuer: textAt(owner, jwt, 'issuer') ?? textAt(owner, jwt, 'Issuer') ?? '',
      audience: [...textsAt(owner, jwt, 'audience'), ...textsAt(owner, jwt, 'Audience')],
      scopes: textsAt(owner, node, 'AuthorizationScopes'),
      identitySource: textAt(owner, node, 'IdentitySource') ?? '$request.header.Authorization',
    };
  }
  const functionId = authorizerFunction(stack, owner, node);
  if (functionId === undefined) return notEnforced(stack, owner, name, node);
  const identity = child(node, 'Identity');
  const sources = (key: string, prefix: string): string[] =>
    textsAt(owner, identity, key).map((it) => `${prefix}.${it}`);
  return {
    type: 'lambda',
    name,
    functionId,
    format: textAt(owner, node, 'AuthorizerPayloadFormatVersion') === '1.0' ? '1.0' : '2.0',
    simpleResponses: flagAt(owner, node, 'EnableSimpleResponses') ?? false,
    identitySources: [
      ...sources('Headers', '$request.header'),
      ...sources('QueryStrings', '$request.querystring'),
      ...sources('StageVariables', '$stageVariables'),
      ...sources('Context', '$context'),
    ],
  };
}

export function restApiAuth(stack: Stack, owner: Owner, auth: Node | undefined): RouteAuth {
  return {
    authorizers: new Map(
      entries(child(auth, 'Authorizers')).map(([name, { value }]) => [
        name,
        restApiAuthorizer(stack, owner, name, value),
      ]),
    ),
    fallback: textAt(owner, auth, 'DefaultAuthorizer'),
  };
}

function restApiAuthorizer(stack: Stack, owner: Owner, name: string, node: Node): Authorizer {
  const functionId = authorizerFunction(stack, owner, node);
  if (functionId === undefined) return notEnforced(stack, owner, name, node);
  const isRequest = textAt(owner, node, 'FunctionPayloadType')?.toUpperCase() === 'REQUEST';
  const identity = child(node, 'Identity');
  const sources = (key: string, prefix: string): string[] =>
    textsAt(owner, identity, key).map((it) => `${prefix}.${it}`);
  const header = textAt(owner, identity, 'Header') ?? 'Authorization';
  return {
    type: 'lambda',
    name,
    functionId,
    format: isRequest ? 'rest-request' : 'rest-token',
    simpleResponses: false,
    identitySources: isRequest
      ? [
          ...sources('Headers', 'method.request.header'),
          ...sources('QueryStrings', 'method.request.querystring'),
          ...sources('StageVariables', 'stageVariables'),
          ...sources('Context', 'context'),
        ]
      : [`method.request.header.${header}`],
  };
}

function authorizerFunction(stack: Stack, owner: Owner, node: Node): string | undefined {
  const arn = textAt(owner, node, 'FunctionArn');
  return arn === undefined ? undefined : stack.functionOf(arn);
}

function notEnforced(stack: Stack, owner: Owner, name: string, node: Node): Authorizer {
  const reason = child(node, 'UserPoolArn')
    ? 'Cognito user pools are not enforced locally'
    : 'it leads to no function of this template';
  return sayNotEnforced(stack, owner, name, reason, node);
}

function sayNotEnforced(
  stack: Stack,
  { resource }: Owner,
  name: string,
  reason: string,
  at: Node,
): Authorizer {
  stack.notes.warning('authorizer', `authorizer ${name} of ${resource} lets all pass: ${reason}`, {
    place: at.place,
    resource,
  });
  return { type: 'not-enforced', name, reason };
}

/** The authorizer in an event's `Auth`, else the default. `NONE` switches the default off. */
export function routeAuthorizer(
  stack: Stack,
  owner: Owner,
  { authorizers, fallback }: RouteAuth,
  event: Node | undefined,
): Authorizer | undefined {
  const name = textAt(owner, event, 'Auth', 'Authorizer') ?? fallback;
  if (name === undefined || name === 'NONE') return undefined;
  const authorizer = authorizers.get(name);
  const at = child(event, 'Auth') ?? child(event, 'Path');
  if (authorizer) {
    const scopes = textsAt(owner, event, 'Auth', 'AuthorizationScopes');
    return authorizer.type === 'jwt' && scopes.length > 0 ? { ...authorizer, scopes } : authorizer;
  }
  if (name === 'AWS_IAM') {
    return { type: 'not-enforced', name, reason: 'signatures of IAM are not checked locally' };
  }
  stack.notes.error('authorizer', `${owner.resource} has no authorizer ${name}`, {
    place: at?.place,
    resource: owner.resource,
  });
  return { type: 'not-enforced', name, reason: 'it is not defined' };
}
