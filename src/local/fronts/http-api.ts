/**
 * API Gateway HTTP APIs. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
 */
import { decodeNative, percentDecode } from '../../base/native.ts';
import type { LambdaRequest } from '../../aws-model.ts';
import type { HttpApiFront, HttpApiRoute } from '../project.ts';
import { authorize } from './authorizers.ts';
import { corsHeaders, isPreflight, withCors } from './cors.ts';
import {
  type FrontAnswer,
  type FrontHandler,
  type FrontRequest,
  gatewayAnswer,
  lambdaRequest,
  splitTarget,
  withHeaders,
} from './front.ts';
import { apiId, gatewayRequestId } from './ids.ts';
import { invokeTarget } from './invocation.ts';
import { fitting, segments, withoutPrefix } from './routes.ts';
import type { Services } from './services.ts';

const HOST_SUFFIX = '.execute-api.eu-central-1.amazonaws.com';
/** Of the request line and the headers' values, in bytes. */
const HEAD_LIMIT = 10_240;

export const httpApiTooLarge: FrontAnswer = gatewayAnswer(
  413,
  'Request Entity Too Large',
  'the body is over the 10 MB of an HTTP API',
);

export function httpApiHandler(front: HttpApiFront, services: Services): FrontHandler {
  const { cors } = front;
  return async (request) => {
    if (headBytes(request) > HEAD_LIMIT) {
      return gatewayAnswer(431, 'Request Header Fields Too Large', 'the head is over 10 240 bytes');
    }
    if (cors && isPreflight(request)) {
      return {
        status: 204,
        headers: corsHeaders(cors, request, 'preflight'),
        body: new Uint8Array(),
      };
    }
    const answer = withHeaders(await answerRoute(front, services, request), [
      ['apigw-requestid', gatewayRequestId(request.id)],
    ]);
    return cors ? withCors(answer, cors, request) : answer;
  };
}

async function answerRoute(
  front: HttpApiFront,
  services: Services,
  request: FrontRequest,
): Promise<FrontAnswer> {
  const staged = inStage(front, request.target);
  if (!staged)
    return notFound(`the stage is ${front.stage}: its paths begin with /${front.stage}/`);
  const route = findRoute(front.routes, request.method, staged.target);
  if (!route)
    return notFound(`no route takes ${request.method} ${splitTarget(staged.target).path}`);
  const target: LambdaRequest = {
    ...lambdaRequest(request),
    ...staged,
    stage: front.stage,
    domainName: apiId(front.id) + HOST_SUFFIX,
    route: route.path === '$default' ? '$default' : `${route.method} ${route.path}`,
    requestId: gatewayRequestId(request.id),
    ...(Object.keys(front.stageVariables).length > 0 && { stageVariables: front.stageVariables }),
  };
  const { payloadFormat, authorizer, functionId, timeoutMs } = route;
  if (authorizer) {
    const access = await authorize(authorizer, services, request, target, payloadFormat);
    if ('refused' in access) return access.refused;
    if (access.context) target.authorizer = access.context;
  }
  return await invokeTarget(services, request, {
    frontId: front.id,
    functionId,
    source: payloadFormat === '1.0' ? 'http-api-1' : 'http-api-2',
    request: target,
    cors: front.cors !== undefined,
    integrationTimeout: {
      ms: timeoutMs,
      answer: gatewayAnswer(
        503,
        'Service Unavailable',
        `the function took longer than the ${timeoutMs} ms an HTTP API waits`,
      ),
    },
    tooLarge: httpApiTooLarge,
  });
}

/** The target inside the stage, with the base path if the client used a custom domain. */
function inStage(
  front: HttpApiFront,
  target: string,
): (Pick<LambdaRequest, 'target' | 'basePath'> & { target: string }) | undefined {
  for (const basePath of front.basePaths) {
    const rest = withoutPrefix(target, basePath);
    if (rest !== undefined && basePath !== '') return { target: rest, basePath };
  }
  const rest = front.stage === '$default' ? target : withoutPrefix(target, front.stage);
  return rest === undefined ? undefined : { target: rest };
}

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html,
 * "Routing API requests".
 */
export function findRoute(
  routes: readonly HttpApiRoute[],
  method: string,
  target: string,
): HttpApiRoute | undefined {
  // Routes match the decoded path, which is what the function sees.
  const path = segments(decodeNative(percentDecode(splitTarget(target).path)));
  const open = routes.filter((route) => route.method === method || route.method === 'ANY');
  const fit = fitting(
    open.filter((route) => route.path !== '$default'),
    path,
  );
  const best = fit.filter((route) => route.path === fit[0]?.path);
  return (
    best.find((route) => route.method === method) ??
    best[0] ??
    routes.find((route) => route.path === '$default')
  );
}

function notFound(problem: string): FrontAnswer {
  return gatewayAnswer(404, 'Not Found', problem);
}

export function headBytes({ method, target, headers }: FrontRequest): number {
  const line = method.length + target.length + ' HTTP/1.1'.length + 1;
  return headers.reduce((sum, [, value]) => sum + value.length, line);
}
