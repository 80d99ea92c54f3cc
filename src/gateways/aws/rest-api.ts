/** API Gateway REST APIs, proxy integration (payload format 1.0, though the events do not say so). */
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

  // No `version`: the only reliable difference to an HTTP API's payload 1.0 (aws/aws-lambda-go#280). A `rawPath` may be
  // there all the same, behind a custom domain (honojs/hono#5015).
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

  // Any other key, `cookies` and `statusDescription` among them, is a 502 here (anomalyco/sst#2760).
  reply: payload1Reply,
};

/** @throws {RangeError} where it is too long for the front */
export function restPrelude(status: NativeString, headers: HeaderList): object {
  const prelude = { statusCode: statusCode(status), multiValueHeaders: multiValues(headers) };
  const size = Buffer.byteLength(JSON.stringify(prelude)) + DELIMITER;
  if (size > PRELUDE_LIMIT) {
    throw new RangeError(
      `status and headers are ${size} bytes, and a REST API that streams takes ${PRELUDE_LIMIT}; send fewer or shorter headers`,
    );
  }
  return prelude;
}

/** The prelude and the eight NUL bytes behind it lie in the first 16 KB of the stream (API Gateway developer guide). */
const PRELUDE_LIMIT = 16 * 1024;
const DELIMITER = 8;
