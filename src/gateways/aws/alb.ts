/**
 * Application Load Balancer target groups. The attribute `lambda.multi_value_headers.enabled` renames members on both
 * ways, and the event's shape is the only sign of it.
 */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/environ.ts';
import { nativeToText } from '../../base/native.ts';
import { statusCode } from '../../http/status.ts';
import { decodeBody } from './body.ts';
import { completeHeaders, completeQuery, mapOf } from './event-maps.ts';
import { forwardedFor, forwardedPort, forwardedScheme, withFrontHeaders } from './forwarded.ts';
import { joinRawQuery } from './query.ts';
import { addCookies, multiValues, NO_NAMES, singleValues } from './reply.ts';
import {
  type EncodedBody,
  type LambdaEventSource,
  isObject,
  type LambdaEvent,
  textOf,
} from './source.ts';

/** What replies of load balancers and Lattice have beside their headers. */
export interface DescribedReply {
  statusCode: number;
  statusDescription: string;
  body: string;
  isBase64Encoded: boolean;
}
export interface AlbSingleReply extends DescribedReply {
  headers: Record<string, string>;
}
export interface AlbMultiReply extends DescribedReply {
  multiValueHeaders: Record<string, string[]>;
}

/** The whole JSON, headers and base64 included (ELB user guide, "Lambda functions as targets"). */
const ALB_LIMIT = 1024 * 1024;

export const albMulti: LambdaEventSource<AlbMultiReply> = {
  id: 'alb-multi',
  title: 'Application Load Balancer (multi-value headers)',
  limit: ALB_LIMIT,
  matches: (event) => isAlb(event) && hasMultiValues(event),
  request: albRequest,
  // Values keep the application's order. Load balancers have been seen to reverse it (dougmoscrop/serverless-http#244); AWS
  // promises none.
  reply: (response, body) => ({
    ...describedReply(response, body),
    multiValueHeaders: multiValues(response.headers, NO_NAMES),
  }),
};

export const albSingle: LambdaEventSource<AlbSingleReply> = {
  id: 'alb',
  title: 'Application Load Balancer',
  limit: ALB_LIMIT,
  matches: isAlb,
  request: albRequest,
  reply(response, body, log) {
    const { headers, cookies } = singleValues(response.headers, log, NO_NAMES);
    addCookies(headers, cookies, log);
    return { ...describedReply(response, body), headers };
  },
};

function isAlb(event: LambdaEvent): boolean {
  return isObject(event.requestContext?.elb);
}

/** An empty map beside a filled one was written by hand: a load balancer's own map has one header at least. */
function hasMultiValues({ multiValueHeaders: multi, headers: single }: LambdaEvent): boolean {
  return (
    isObject(multi) && (Object.keys(multi).length > 0 || Object.keys(mapOf(single)).length === 0)
  );
}

function albRequest(event: LambdaEvent): RequestParts {
  const headers = withFrontHeaders(
    completeHeaders(event.multiValueHeaders, event.headers),
    'lower-case',
  );
  return {
    method: textOf(event.httpMethod) ?? 'GET',
    rawPath: textOf(event.path) || '/',
    // Neither keys nor values are decoded here, unlike at API Gateway.
    query: joinRawQuery(
      completeQuery(event.multiValueQueryStringParameters, event.queryStringParameters),
    ),
    headers,
    body: decodeBody(event.body, event.isBase64Encoded),
    scheme: forwardedScheme(headers) ?? 'http',
    serverPort: forwardedPort(headers),
    // The event has no address of its own. Health checks have not even this header.
    remoteAddress: forwardedFor(headers),
  };
}

export function describedReply(
  response: BufferedResponse,
  { body, isBase64Encoded }: EncodedBody,
): DescribedReply {
  return {
    statusCode: statusCode(response.status),
    // Not trimEnd(), which also takes U+00A0, a byte of many a UTF-8 letter.
    statusDescription: nativeToText(response.status.replace(/ $/, '')),
    body,
    isBase64Encoded,
  };
}
