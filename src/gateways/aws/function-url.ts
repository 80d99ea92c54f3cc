/** Lambda function URLs: payload format 2.0, with a path that is really raw. */
import { isPayload2, type Payload2Reply, payload2Reply, payload2Request } from './payload-2.ts';
import { statusCode } from '../../http/status.ts';
import type { HeaderList, NativeString } from '../../types.ts';
import { type Log, singleValues } from './reply.ts';
import { type LambdaEventSource, LAMBDA_LIMIT, textOf } from './source.ts';

export const functionUrl: LambdaEventSource<Payload2Reply> = {
  id: 'function-url',
  title: 'Lambda function URL',
  limit: LAMBDA_LIMIT,

  // The domain is the only sign that it is no HTTP API, whose path is decoded already. Behind
  // CloudFront the event has this domain, too.
  matches: (event) =>
    isPayload2(event) &&
    (textOf(event.requestContext?.domainName)?.includes('.lambda-url.') ?? false),

  request: (event) => payload2Request(event, { rawPath: textOf(event.rawPath) || '/' }),
  reply: payload2Reply,
};

export function functionUrlPrelude(status: NativeString, headers: HeaderList, log: Log): object {
  return { statusCode: statusCode(status), ...singleValues(headers, log) };
}
