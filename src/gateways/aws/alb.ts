/**
 * Application Load Balancer target groups. The attribute `lambda.multi_value_headers.enabled`
 * renames members of events and replies, and the event's shape is the only sign of it.
 */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
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

/** What replies to load balancers and VPC Lattice have beside their headers. */
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

/**
 * Of the whole JSON, headers and base64 included (ELB user guide, "Lambda functions as targets").
 */
const ALB_LIMIT = 1024 * 1024;

export const albMulti: LambdaEventSource<AlbMultiReply> = {
  id: 'alb-multi',
  title: 'Application Load Balancer (multi-value headers)',
  limit: ALB_LIMIT,
  matches: (event) => isAlb(event) && hasMultiValues(event),
  request: albRequest,
  // Values have the application's order. AWS promises no order, and load balancers reverse this one
  // (dougmoscrop/serverless-http#244).
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

/**
 * A load balancer's map has at least one header. An empty map beside a filled one comes from a
 * test.
 */
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
    // Unlike API Gateway, a load balancer decodes neither keys nor values.
    query: joinRawQuery(
      completeQuery(event.multiValueQueryStringParameters, event.queryStringParameters),
    ),
    headers,
    body: decodeBody(event.body, event.isBase64Encoded),
    scheme: forwardedScheme(headers) ?? 'http',
    serverPort: forwardedPort(headers),
    // The event has the address in this header only, and health checks have no such header.
    remoteAddress: forwardedFor(headers),
  };
}

export function describedReply(
  response: BufferedResponse,
  { body, isBase64Encoded }: EncodedBody,
): DescribedReply {
  return {
    statusCode: statusCode(response.status),
    // trimEnd() would also take U+00A0, which is a byte of many UTF-8 letters.
    statusDescription: nativeToText(response.status.replace(/ $/, '')),
    body,
    isBase64Encoded,
  };
}
