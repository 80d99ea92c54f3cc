/** Finds settings of a front that lose bytes, headers or requests. */
import type {
  FunctionUrlFront,
  HttpApiFront,
  LoadBalancerFront,
  RestApiFront,
} from '../project.ts';
import type { Notes } from '../template/notes.ts';
import { child } from '../template/tree.ts';
import type { CheckContext } from './context.ts';

export function checkFronts(context: CheckContext): void {
  for (const front of context.project.fronts) {
    switch (front.kind) {
      case 'rest-api':
        checkBinary(context, front);
        checkExtraStage(context, front);
        break;
      case 'http-api':
        checkHttpApi(context, front);
        break;
      case 'function-url':
        checkUrl(context, front);
        break;
      case 'alb':
        checkMultiValue(context, front);
        break;
    }
  }
}

/** API Gateway decodes base64 only if the first type in the request's Accept is in the list. */
function checkBinary({ notes }: CheckContext, front: RestApiFront): void {
  const types = front.binaryMediaTypes;
  const buffered = front.routes.filter(({ stream }) => !stream);
  if (front.routes.length === 0 || types.includes('*/*')) return;
  const about = {
    place: front.places?.['BinaryMediaTypes'] ?? front.place,
    resource: front.id,
    fix: "BinaryMediaTypes: ['*~1*']",
  };
  if (buffered.length === 0) {
    const message = `${front.id} has no BinaryMediaTypes */*: bodies of requests that are no UTF-8 are lost`;
    notes.info('binary-media-types', message, about);
  } else if (types.length === 0) {
    const message = `${front.id} has no BinaryMediaTypes: clients get images and compressed answers as base64 text`;
    notes.warning('binary-media-types', message, about);
  } else {
    const message = `BinaryMediaTypes of ${front.id} are compared with the first type a client accepts: browsers' image/avif,… matches none but */*`;
    notes.info('binary-media-types', message, about);
  }
}

/** aws/serverless-application-model#191 */
function checkExtraStage({ notes, stack }: CheckContext, front: RestApiFront): void {
  const api = stack.resources.get(front.id);
  const isSam = api === undefined || api.type === 'AWS::Serverless::Api';
  const properties = api ? api.properties : child(stack.globals, 'Api');
  if (!isSam || child(properties, 'OpenApiVersion') || child(properties, 'DefinitionBody')) return;
  notes.info('stage', `SAM makes a second stage, "Stage", beside ${front.stage} of ${front.id}`, {
    place: front.place,
    resource: front.id,
    fix: 'OpenApiVersion: 3.0.1',
  });
}

function checkHttpApi({ notes }: CheckContext, front: HttpApiFront): void {
  const { id: resource, stage, cors, places, place } = front;
  if (stage !== '$default') {
    const message = `paths of ${resource} begin with /${stage}, in the client's URL and in the event`;
    notes.info('stage', message, {
      place: places?.['StageName'] ?? place,
      resource,
      fix: 'StageName: $default keeps it out; toLambdaHandler moves it to SCRIPT_NAME',
    });
  }
  checkSimpleResponses(notes, front);
  if (cors?.allowCredentials === true && cors.allowOrigins.includes('*')) {
    const message = `CORS of ${resource} allows credentials from every origin, which API Gateway refuses`;
    notes.error('cors', message, { place: places?.['CorsConfiguration'] ?? place, resource });
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
function checkSimpleResponses(notes: Notes, front: HttpApiFront): void {
  for (const { authorizer, place } of front.routes) {
    if (authorizer?.type !== 'lambda' || authorizer.format !== '1.0') continue;
    if (!authorizer.simpleResponses) continue;
    const message = `authorizer ${authorizer.name} of ${front.id} has simple responses, which format 1.0 does not know`;
    notes.error('payload-format', message, {
      place,
      resource: front.id,
      fix: "AuthorizerPayloadFormatVersion: '2.0'",
    });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html */
const URL_METHODS = new Set(['GET', 'PUT', 'HEAD', 'POST', 'PATCH', 'DELETE', '*']);

function checkUrl({ notes, stack }: CheckContext, front: FunctionUrlFront): void {
  const { functionId: resource, cors, places, place } = front;
  const about = { place: places?.['Cors'] ?? place, resource };
  for (const method of cors?.allowMethods ?? []) {
    if (URL_METHODS.has(method)) continue;
    const message = `CORS of the function URL of ${resource} names ${method}; it takes ${[...URL_METHODS].join(', ')}`;
    const fix = method === 'OPTIONS' ? 'leave it out: Lambda answers preflights itself' : undefined;
    notes.error('cors', message, { ...about, fix });
  }
  const inVpc = child(stack.resources.get(resource)?.properties, 'VpcConfig');
  if (front.stream && inVpc) {
    const message = `${resource} is in a VPC, where function URLs do not stream`;
    notes.error('streaming', message, { place: inVpc.place, resource });
  }
}

function checkMultiValue({ notes }: CheckContext, front: LoadBalancerFront): void {
  for (const { action } of front.rules) {
    if (action.type !== 'function' || action.multiValueHeaders || !action.group) continue;
    const { id, place } = action.group;
    const message = `${id} has multi-value headers off: of equal headers and query keys only the last arrives, and one cookie can be set`;
    const fix = `TargetGroupAttributes: [{ Key: lambda.multi_value_headers.enabled, Value: 'true' }]`;
    notes.warning('multi-value-headers', message, { place, resource: id, fix });
  }
}
