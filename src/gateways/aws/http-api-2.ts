/** API Gateway HTTP APIs with payload format 2.0. */
import { isPayload2, type Payload2Reply, payload2Reply, payload2Request } from './payload-2.ts';
import { type LambdaEventSource, LAMBDA_LIMIT } from './source.ts';
import { decodedPath } from './stage.ts';

export const httpApi2: LambdaEventSource<Payload2Reply> = {
  id: 'http-api-2',
  title: 'API Gateway HTTP API (payload 2.0)',
  limit: LAMBDA_LIMIT,
  matches: isPayload2,
  // Despite its name `rawPath` is decoded (honojs/hono#2156). Decoding it again would turn a
  // client's %2541 into A.
  request: (event) =>
    payload2Request(event, decodedPath(event.rawPath, event.requestContext, 'dropped')),
  reply: payload2Reply,
};
