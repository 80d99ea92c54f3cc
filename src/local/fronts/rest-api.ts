/**
 * API Gateway REST APIs.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
import type { LambdaRequest } from '../../aws-model.ts';
import type { Header } from '../../types.ts';
import type { RestApiFront, RestApiRoute } from '../project.ts';
import { authorize } from './authorizers.ts';
import {
  type FrontAnswer,
  type FrontHandler,
  type FrontRequest,
  gatewayAnswer,
  headerOf,
  jsonAnswer,
  lambdaRequest,
  splitTarget,
  withHeaders,
} from './front.ts';
import { apiId, gatewayRequestId } from './ids.ts';
import { invokeTarget } from './invocation.ts';
import { fitting, segments, withoutPrefix } from './routes.ts';
import type { Services } from './services.ts';

const HOST_SUFFIX = '.execute-api.eu-central-1.amazonaws.com';
/** Of the URL in characters, and of all header values in bytes. */
const URL_LIMIT = 10_240;
const HEADERS_LIMIT = 10_240;

export const restApiTooLarge: FrontAnswer = gatewayAnswer(
  413,
  'HTTP content length exceeded 10485760 bytes.',
  'the body is over the 10 MB of a REST API',
);
/** The answer to an event over the 6 MB of Lambda. */
const tooLong = gatewayAnswer(413, 'Request Too Long', 'the event is over the 6 MB of Lambda');

export function restApiHandler(front: RestApiFront, services: Services): FrontHandler {
  return async (request) => {
    const answer = await answerMethod(front, services, request);
    return withHeaders(answer, [
      ['x-amzn-RequestId', request.id],
      ['x-amz-apigw-id', gatewayRequestId(request.id)],
    ]);
  };
}

async function answerMethod(
  front: RestApiFront,
  services: Services,
  request: FrontRequest,
): Promise<FrontAnswer> {
  const refusal = refuse(request);
  if (refusal) return refusal;
  const staged = inStage(front, request.target);
  if (!staged) {
    const problem = `the stage is ${front.stage}: its paths begin with /${front.stage}/`;
    return denialAnswer('Forbidden', 'ForbiddenException', problem);
  }
  // Honoured before the choice of a method (developer guide, "Important notes").
  const method = headerOf(request, 'x-http-method-override') ?? request.method;
  const { path, methods } = findResource(front.routes, staged.target);
  const route =
    methods.find((it) => it.method === method) ?? methods.find((it) => it.method === 'ANY');
  if (front.cors && method === 'OPTIONS' && path !== undefined && route?.method !== 'OPTIONS') {
    return preflight(front, methods);
  }
  if (!route) {
    const problem = `no resource and method for ${method} ${splitTarget(staged.target).path}`;
    return denialAnswer(
      'Missing Authentication Token',
      'MissingAuthenticationTokenException',
      problem,
    );
  }
  return await answerRoute(front, services, request, route, staged);
}

async function answerRoute(
  front: RestApiFront,
  services: Services,
  request: FrontRequest,
  route: RestApiRoute,
  staged: { target: string; basePath?: string },
): Promise<FrontAnswer> {
  const target: LambdaRequest = {
    ...lambdaRequest(request),
    ...staged,
    stage: front.stage,
    domainName: apiId(front.id) + HOST_SUFFIX,
    route: route.path,
    requestId: request.id,
    binaryMediaTypes: front.binaryMediaTypes,
    ...(Object.keys(front.stageVariables).length > 0 && { stageVariables: front.stageVariables }),
  };
  if (route.authorizer) {
    const access = await authorize(route.authorizer, services, request, target, '1.0');
    if ('refused' in access) return access.refused;
    if (access.context) target.authorizer = access.context;
  }
  if (route.apiKeyRequired) {
    const key = headerOf(request, 'x-api-key') ?? '';
    if (key === '' || (front.apiKeys.length > 0 && !front.apiKeys.includes(key))) {
      const problem = key === '' ? 'x-api-key is missing' : 'x-api-key is no key of the template';
      return denialAnswer('Forbidden', 'ForbiddenException', problem);
    }
    if (front.apiKeys.length === 0) {
      services.say(`the API keys of ${front.id} are not in the template: any x-api-key will do`);
    }
    target.apiKey = key;
  }
  return await invokeTarget(services, request, {
    frontId: front.id,
    functionId: route.functionId,
    source: 'rest-api',
    request: target,
    streams: route.stream,
    integrationTimeout: {
      ms: route.timeoutMs,
      answer: jsonAnswer(
        504,
        '{"message": "Endpoint request timed out"}',
        `the function took longer than the ${route.timeoutMs} ms the integration waits`,
      ),
    },
    tooLarge: tooLong,
  });
}

/** Refuses what API Gateway refuses before it looks for a route. */
function refuse({ target, headers }: FrontRequest): FrontAnswer | undefined {
  if (target.length > URL_LIMIT) {
    return gatewayAnswer(414, 'URI Too Long', `the URL is over ${URL_LIMIT} characters`);
  }
  const size = headers.reduce((sum, [, value]) => sum + value.length, 0);
  if (size > HEADERS_LIMIT) {
    return gatewayAnswer(
      431,
      'Request Header Fields Too Large',
      `the header values are over ${HEADERS_LIMIT} bytes together`,
    );
  }
  // Developer guide, "Important notes": clients have to escape these.
  if (/[|{}]/.test(splitTarget(target).query)) {
    return gatewayAnswer(400, 'Bad Request', 'the query holds an unescaped |, { or }');
  }
  return undefined;
}

function inStage(
  front: RestApiFront,
  target: string,
): { target: string; basePath?: string } | undefined {
  for (const basePath of front.basePaths) {
    const rest = withoutPrefix(target, basePath);
    if (rest !== undefined && basePath !== '') return { target: rest, basePath };
  }
  const rest = withoutPrefix(target, front.stage);
  return rest === undefined ? undefined : { target: rest };
}

/**
 * The resource of a path, and its methods. A slash at the end does not count; several after the
 * stage are one.
 */
export function findResource(
  routes: readonly RestApiRoute[],
  target: string,
): { path: string | undefined; methods: readonly RestApiRoute[] } {
  const { path } = splitTarget(target);
  const fit = fitting(routes, segments(path.replace(/^\/+/, '/').replace(/\/$/, '')));
  const best = fit[0]?.path;
  return { path: best, methods: fit.filter((route) => route.path === best) };
}

function denialAnswer(message: string, type: string, problem: string): FrontAnswer {
  return gatewayAnswer(403, message, problem, [['x-amzn-ErrorType', type]]);
}

/**
 * The OPTIONS method that SAM makes of `Cors`, with fixed headers. The function adds the CORS
 * headers of other methods itself.
 */
function preflight({ cors }: RestApiFront, methods: readonly RestApiRoute[]): FrontAnswer {
  const own = methods.map(({ method }) => method).filter((method) => method !== 'ANY');
  const every = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
  const made = own.length === methods.length ? [...new Set([...own, 'OPTIONS'])].sort() : every;
  const allowMethods = cors?.allowMethods.length ? cors.allowMethods : made;
  const lists: [name: string, values: readonly string[]][] = [
    ['Origin', cors?.allowOrigins ?? []],
    ['Headers', cors?.allowHeaders ?? []],
    ['Methods', allowMethods],
  ];
  const headers = lists
    .filter(([, values]) => values.length > 0)
    .map(([name, values]): Header => [`Access-Control-Allow-${name}`, values.join(',')]);
  if (cors?.allowCredentials) headers.push(['Access-Control-Allow-Credentials', 'true']);
  if (cors?.maxAge !== undefined) headers.push(['Access-Control-Max-Age', String(cors.maxAge)]);
  const body = Buffer.from('{}\n');
  const length = ['content-length', String(body.length)] as const;
  return { status: 200, headers: [['content-type', 'application/json'], length, ...headers], body };
}
