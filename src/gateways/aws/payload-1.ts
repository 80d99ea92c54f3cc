/** Payload format 1.0, which REST APIs and HTTP APIs share. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
import { statusCode } from '../../http/status.ts';
import { decodeBody } from './body.ts';
import { completeHeaders, completeQuery } from './event-maps.ts';
import { forwardedPort, forwardedScheme, withFrontHeaders } from './forwarded.ts';
import { encodeQuery } from './query.ts';
import { multiValues } from './reply.ts';
import { type EncodedBody, type LambdaEvent, type RequestContext, textOf } from './source.ts';
import type { PathParts } from './stage.ts';

export interface Payload1Reply {
  statusCode: number;
  multiValueHeaders: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

export function payload1Request(
  event: LambdaEvent,
  { rawPath, path, scriptName }: PathParts,
): RequestParts {
  const context = event.requestContext;
  const headers = withFrontHeaders(
    completeHeaders(event.multiValueHeaders, event.headers),
    'capitalised',
  );
  return {
    method: textOf(event.httpMethod) ?? 'GET',
    rawPath,
    path,
    scriptName,
    query: encodeQuery(
      completeQuery(event.multiValueQueryStringParameters, event.queryStringParameters),
    ),
    headers,
    body: decodeBody(event.body, event.isBase64Encoded),
    scheme: forwardedScheme(headers) ?? 'https',
    protocol: textOf(context?.protocol),
    serverName: textOf(context?.domainName),
    serverPort: forwardedPort(headers),
    remoteAddress: textOf(context?.identity?.sourceIp),
    remoteUser: user(context?.authorizer),
  };
}

/** The user that an authorizer names: a Lambda authorizer's principal, or Cognito's user name. */
function user(authorizer: RequestContext['authorizer']): string | undefined {
  if (!authorizer) return undefined;
  const { principalId, claims } = authorizer;
  return textOf(principalId) ?? textOf(claims?.['cognito:username']) ?? textOf(claims?.['sub']);
}

/**
 * All headers go into `multiValueHeaders`, which holds one value as well as several, so that none
 * is sent twice.
 */
export function payload1Reply(
  response: BufferedResponse,
  { body, isBase64Encoded }: EncodedBody,
): Payload1Reply {
  return {
    statusCode: statusCode(response.status),
    multiValueHeaders: multiValues(response.headers),
    body,
    isBase64Encoded,
  };
}
