/** Lambda function URLs. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
import type { FunctionUrlFront } from '../project.ts';
import { corsHeaders, isPreflight, withCors } from './cors.ts';
import {
  type FrontAnswer,
  type FrontHandler,
  jsonAnswer,
  lambdaRequest,
  withHeaders,
} from './front.ts';
import { urlId } from './ids.ts';
import { invokeTarget } from './invocation.ts';
import type { Services } from './services.ts';

export const functionUrlTooLarge: FrontAnswer = jsonAnswer(
  413,
  '{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
  'the request is over the 6 MB of Lambda',
  [['x-amzn-ErrorType', 'RequestTooLargeException']],
);

export function functionUrlHandler(front: FunctionUrlFront, services: Services): FrontHandler {
  const { id, functionId, stream, cors, authType } = front;
  return async (request) => {
    if (cors && isPreflight(request)) {
      return {
        status: 200,
        headers: [...corsHeaders(cors, request, 'preflight'), ['content-length', '0']],
        body: new Uint8Array(),
      };
    }
    if (authType === 'AWS_IAM') {
      services.say(`the function URL of ${functionId} has AuthType AWS_IAM: not enforced locally`);
    }
    const answer = await invokeTarget(services, request, {
      frontId: id,
      functionId,
      source: 'function-url',
      request: {
        ...lambdaRequest(request),
        domainName: `${urlId(id)}.lambda-url.eu-central-1.on.aws`,
        requestId: request.id,
      },
      streams: stream,
      cors: cors !== undefined,
      tooLarge: functionUrlTooLarge,
    });
    const told = withHeaders(answer, [
      ['x-amzn-RequestId', request.id],
      ['X-Amzn-Trace-Id', request.traceId],
    ]);
    return cors ? withCors(told, cors, request) : told;
  };
}
