/**
 * API Gateway REST APIs, proxy integration (payload format 1.0, though the events do not say so).
 */
import { type Payload1Reply, payload1Reply, payload1Request } from './payload-1.ts';
import { statusCode } from '../../http/status.ts';
import type { HeaderList, NativeString } from '../../types.ts';
import { multiValues } from './reply.ts';
import { type LambdaEventSource, isObject, LAMBDA_LIMIT, textOf } from './source.ts';
import { strippedStage } from './stage.ts';

export const restApi: LambdaEventSource<Payload1Reply> = {
  id: 'rest-api',
  title: 'API Gateway REST API',
  limit: LAMBDA_LIMIT,

  // Only an HTTP API's payload 1.0 has a `version`, and no other difference is reliable
  // (aws/aws-lambda-go#280). Behind a custom domain a REST API's event can have a `rawPath`, too
  // (honojs/hono#5015).
  matches: (event) =>
    typeof event.httpMethod === 'string' && ('resource' in event || isObject(event.requestContext)),

  request(event) {
    const context = event.requestContext;
    const rawPath = textOf(event.path) || '/';
    return payload1Request(event, {
      rawPath,
      scriptName: strippedStage(rawPath, context?.path, context?.stage),
    });
  },

  // API Gateway answers a 502 to any other key, such as `cookies` or `statusDescription`
  // (anomalyco/sst#2760).
  reply: payload1Reply,
};

/**
 * Status and headers ahead of a streamed body.
 *
 * @throws {RangeError} where they are too long for the front
 */
export function restPrelude(status: NativeString, headers: HeaderList): object {
  const prelude = { statusCode: statusCode(status), multiValueHeaders: multiValues(headers) };
  const size = Buffer.byteLength(JSON.stringify(prelude)) + DELIMITER;
  if (size > PRELUDE_LIMIT) {
    throw new RangeError(
      `status and headers are ${size} bytes, and a REST API that streams takes ${PRELUDE_LIMIT}; ` +
        'send fewer or shorter headers',
    );
  }
  return prelude;
}

/**
 * API Gateway looks for the prelude and the eight NUL bytes behind it in the first 16 KB (its
 * developer guide).
 */
const PRELUDE_LIMIT = 16 * 1024;
const DELIMITER = 8;
