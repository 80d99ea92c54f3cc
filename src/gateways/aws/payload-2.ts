/** Payload format 2.0, which HTTP APIs and function URLs share. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
import { statusCode } from '../../http/status.ts';
import { decodeBody } from './body.ts';
import { mapOf } from './event-maps.ts';
import { forwardedPort, forwardedScheme, withFrontHeaders } from './forwarded.ts';
import { encodeQuery } from './query.ts';
import { type Log, singleValues } from './reply.ts';
import { type EncodedBody, type LambdaEvent, type RequestContext, textOf } from './source.ts';
import type { PathParts } from './stage.ts';

export interface Payload2Reply {
  statusCode: number;
  headers: Record<string, string>;
  cookies: string[];
  body: string;
  isBase64Encoded: boolean;
}

/**
 * `requestContext.http` tells. REST events can have a `rawPath`, and Lattice has the same version.
 */
export function isPayload2(event: LambdaEvent): boolean {
  return event.version === '2.0' && typeof event.requestContext?.http?.method === 'string';
}

export function payload2Request(
  event: LambdaEvent,
  { rawPath, path, scriptName }: PathParts,
): RequestParts {
  const context = event.requestContext;
  const http = context?.http;
  const headers = withFrontHeaders(mapOf(event.headers), 'lower-case');
  return {
    method: textOf(http?.method) ?? 'GET',
    rawPath,
    path,
    scriptName,
    // Only events that tests make have a map beside an empty raw query.
    query: textOf(event.rawQueryString) || encodeQuery(mapOf(event.queryStringParameters)),
    headers,
    // HTTP APIs send cookies only here, function URLs in the headers, too. So these replace the
    // header, or an application would see each cookie twice (awslabs/aws-lambda-web-adapter#121).
    cookies: cookiesOf(event.cookies),
    body: decodeBody(event.body, event.isBase64Encoded),
    scheme: forwardedScheme(headers) ?? 'https',
    protocol: textOf(http?.protocol),
    serverName: textOf(context?.domainName),
    serverPort: forwardedPort(headers),
    remoteAddress: textOf(http?.sourceIp),
    remoteUser: user(context?.authorizer),
  };
}

/** The list of cookies. A list without a single text must not replace the header. */
function cookiesOf(cookies: unknown): readonly string[] | undefined {
  return Array.isArray(cookies) && cookies.some((cookie) => typeof cookie === 'string')
    ? (cookies as readonly string[])
    : undefined;
}

/** The user of a JWT authorizer, or the caller of a request signed for IAM. */
function user(authorizer: RequestContext['authorizer']): string | undefined {
  return authorizer
    ? (textOf(authorizer.jwt?.claims?.['sub']) ?? textOf(authorizer.iam?.userArn))
    : undefined;
}

export function payload2Reply(
  response: BufferedResponse,
  { body, isBase64Encoded }: EncodedBody,
  log: Log,
): Payload2Reply {
  const { headers, cookies } = singleValues(response.headers, log);
  // An object without `statusCode` would be delivered as a JSON page with status 200.
  return { statusCode: statusCode(response.status), headers, cookies, body, isBase64Encoded };
}
