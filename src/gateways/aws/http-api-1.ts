/** API Gateway HTTP APIs with payload format 1.0. */
import { type Payload1Reply, payload1Reply, payload1Request } from './payload-1.ts';
import { type LambdaEventSource, LAMBDA_LIMIT } from './source.ts';
import { decodedPath } from './stage.ts';

export const httpApi1: LambdaEventSource<Payload1Reply> = {
  id: 'http-api-1',
  title: 'API Gateway HTTP API (payload 1.0)',
  limit: LAMBDA_LIMIT,
  matches: (event) => event.version === '1.0' && typeof event.httpMethod === 'string',
  // Unlike a REST API's, the path is decoded and has the stage. On a custom domain it has the
  // mapping's key in its place.
  request: (event) => payload1Request(event, decodedPath(event.path, event.requestContext, 'kept')),
  reply: payload1Reply,
};
