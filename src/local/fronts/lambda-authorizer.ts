/**
 * Lambda authorizers. Their results are not cached here.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
import { decodeNative } from '../../base/native.ts';
import { authorizerEvent, type LambdaRequest } from '../../aws-model.ts';
import type { Authorizer } from '../project.ts';
import { type Access, refuseForbidden, refuseUnauthorized } from './access.ts';
import {
  type FrontAnswer,
  type FrontRequest,
  gatewayAnswer,
  headerOf,
  jsonAnswer,
  splitTarget,
} from './front.ts';
import type { Services } from './services.ts';
import { matchesGlob } from '../glob.ts';

type LambdaAuthorizer = Extract<Authorizer, { type: 'lambda' }>;
type Members = Readonly<Record<string, unknown>>;

export async function askLambda(
  authorizer: LambdaAuthorizer,
  services: Services,
  request: FrontRequest,
  target: LambdaRequest,
  payload: '1.0' | '2.0',
): Promise<Access> {
  const { format, name, functionId, simpleResponses } = authorizer;
  const identity = authorizer.identitySources.map((source) => identityOf(source, request, target));
  if (identity.some((value) => value === undefined || value === '')) {
    const sources = authorizer.identitySources.join(', ');
    return refuseUnauthorized(
      `authorizer ${name} is not asked: the request lacks one of ${sources}`,
    );
  }
  const event = authorizerEvent(format, target, identity as string[]);
  const { kind, error, body } = await services.functions.invoke(functionId, event);
  const isRest = format.startsWith('rest');
  if (kind !== 'buffered') {
    const problem = `authorizer ${name} failed: ${error?.errorType}: ${error?.errorMessage}`;
    // An authorizer fails with this message to get a 401 (developer guide, "Output from a Lambda
    // authorizer").
    if (error?.errorMessage === 'Unauthorized') return refuseUnauthorized(problem);
    return { refused: failureAnswer(isRest, problem) };
  }
  const reply = parseReply(body);
  if (format === '2.0' && simpleResponses) return readSimple(reply, authorizer, payload);
  const arn = String(event['methodArn'] ?? event['routeArn']);
  return readPolicy(reply, authorizer, arn, payload);
}

function readSimple(reply: Members, { name }: LambdaAuthorizer, payload: '1.0' | '2.0'): Access {
  const { isAuthorized, context } = reply;
  if (typeof isAuthorized !== 'boolean') {
    return { refused: failureAnswer(false, `authorizer ${name}: isAuthorized is no boolean`) };
  }
  if (!isAuthorized) return refuseForbidden(`authorizer ${name} says no`);
  return { context: contextFor(membersOf(context), payload) };
}

function readPolicy(
  reply: Members,
  { name, format }: LambdaAuthorizer,
  arn: string,
  payload: '1.0' | '2.0',
): Access {
  const isRest = format.startsWith('rest');
  const { principalId, policyDocument, context } = reply;
  const statements = membersOf(policyDocument)['Statement'];
  if (typeof principalId !== 'string' || statements === undefined) {
    const problem = `authorizer ${name}: its answer needs principalId and policyDocument.Statement`;
    return { refused: failureAnswer(isRest, problem) };
  }
  const verdict = judge([statements].flat() as Members[], arn);
  if (verdict !== 'Allow') {
    const problem = `authorizer ${name}: its policy does not allow ${arn}`;
    if (!isRest) return refuseForbidden(problem);
    const message = 'User is not authorized to access this resource';
    const explicit = verdict === 'Deny' ? ' with an explicit deny' : '';
    return { refused: jsonAnswer(403, JSON.stringify({ Message: message + explicit }), problem) };
  }
  const values = membersOf(context);
  if (isRest && Object.values(values).some((value) => typeof value === 'object')) {
    const problem = `authorizer ${name}: its context holds more than strings, numbers and booleans`;
    return { refused: failureAnswer(true, problem) };
  }
  if (!isRest) return { context: contextFor({ principalId, ...values }, payload) };
  const strings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) strings[key] = String(value);
  return { context: { principalId, integrationLatency: 1, ...strings } };
}

/**
 * Format 2.0 has the context under `lambda`, format 1.0 side by side with what API Gateway adds.
 */
function contextFor(context: Members, payload: '1.0' | '2.0'): Record<string, unknown> {
  if (payload === '1.0') return { ...context, integrationLatency: 1 };
  return { lambda: { ...context, principalId: undefined } };
}

/** A Deny wins over every Allow. */
function judge(statements: readonly Members[], arn: string): 'Allow' | 'Deny' | undefined {
  const effects = statements
    .filter(
      ({ Action, Resource }) =>
        anyMatches(Action, 'execute-api:Invoke') && anyMatches(Resource, arn),
    )
    .map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'Deny';
  return effects.includes('Allow') ? 'Allow' : undefined;
}

function anyMatches(patterns: unknown, value: string): boolean {
  return [patterns]
    .flat()
    .some((pattern) => typeof pattern === 'string' && matchesGlob(pattern, value, 'i'));
}

/** `$request.header.X`, `method.request.querystring.x`, and their siblings. */
function identityOf(
  source: string,
  request: FrontRequest,
  target: LambdaRequest,
): string | undefined {
  const [, where, name = ''] =
    /(header|querystring|stageVariables|context)\.(.+)$/i.exec(source) ?? [];
  switch ((where ?? '').toLowerCase()) {
    case 'header': {
      const value = headerOf(request, name.toLowerCase());
      return value === undefined ? undefined : decodeNative(value);
    }
    case 'querystring':
      return new URLSearchParams(splitTarget(request.target).query).get(name) ?? undefined;
    case 'stagevariables':
      return target.stageVariables?.[name];
    default:
      // Every request has a context.
      return source;
  }
}

function failureAnswer(isRest: boolean, problem: string): FrontAnswer {
  return isRest
    ? gatewayAnswer(500, null, problem)
    : gatewayAnswer(500, 'Internal Server Error', problem);
}

function parseReply(body: Uint8Array): Members {
  try {
    return membersOf(JSON.parse(Buffer.from(body).toString()));
  } catch {
    return {};
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
