/** Makes the event of a Lambda authorizer. */
import { httpApi1Event, restApiEvent } from './payload-1.ts';
import { httpApi2Event } from './payload-2.ts';
import type { LambdaRequest } from './request.ts';

/** A REST API's TOKEN and REQUEST authorizers, and an HTTP API's payload format versions. */
export type AuthorizerFormat = 'rest-token' | 'rest-request' | '1.0' | '2.0';

/** Authorizers receive no body. */
const BODILESS = { body: undefined, isBase64Encoded: undefined };

const REGION = 'eu-central-1';

/**
 * The event of a Lambda authorizer; `identity` holds the values of its identity sources.
 *
 * ```ts
 * authorizerEvent('rest-token', { target: '/users', route: '/users' }, ['Bearer abc']);
 * ```
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 */
export function authorizerEvent(
  format: AuthorizerFormat,
  request: LambdaRequest,
  identity: readonly string[],
): Record<string, unknown> {
  const event = EVENTS[format](request, identity);
  return JSON.parse(JSON.stringify(event)) as Record<string, unknown>;
}

type Maker = (request: LambdaRequest, identity: readonly string[]) => object;

const EVENTS: Readonly<Record<AuthorizerFormat, Maker>> = {
  'rest-token': (request, identity) => ({
    type: 'TOKEN',
    methodArn: restArn(request),
    authorizationToken: identity[0] ?? '',
  }),
  'rest-request': (request) => {
    const event = restApiEvent(request);
    return {
      type: 'REQUEST',
      methodArn: restArn(request),
      ...event,
      ...BODILESS,
      // An authorizer receives empty maps where a function receives null.
      queryStringParameters: event.queryStringParameters ?? {},
      multiValueQueryStringParameters: event.multiValueQueryStringParameters ?? {},
      pathParameters: event.pathParameters ?? {},
      stageVariables: event.stageVariables ?? {},
    };
  },
  '1.0': (request, identity) => {
    const event = httpApi1Event(request);
    const { version, ...rest } = event;
    const { apiId, stage } = event.requestContext;
    return {
      version,
      type: 'REQUEST',
      methodArn: arn(apiId, stage, event.httpMethod, plainPath(request)),
      identitySource: identity.join(','),
      authorizationToken: identity[0] ?? '',
      ...rest,
      ...BODILESS,
      queryStringParameters: rest.queryStringParameters ?? {},
      pathParameters: rest.pathParameters ?? {},
      stageVariables: rest.stageVariables ?? {},
    };
  },
  '2.0': (request, identity) => {
    const { version, ...rest } = httpApi2Event(request);
    const { apiId, stage, http } = rest.requestContext;
    return {
      version,
      type: 'REQUEST',
      routeArn: arn(apiId, stage, http.method, plainPath(request)),
      identitySource: identity,
      ...rest,
      ...BODILESS,
    };
  },
};

function restArn(request: LambdaRequest): string {
  const { requestContext, httpMethod } = restApiEvent(request);
  return arn(requestContext.apiId, requestContext.stage, httpMethod, plainPath(request));
}

function arn(apiId: string, stage: string, method: string, path: string): string {
  return `arn:aws:execute-api:${REGION}:111122223333:${apiId}/${stage}/${method}${path}`;
}

function plainPath({ target = '/' }: LambdaRequest): string {
  return target.replace(/\?.*$/s, '');
}
