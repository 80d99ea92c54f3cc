/**
 * Application Load Balancer target groups. The attribute `lambda.multi_value_headers.enabled` renames members on both
 * ways, and the event's shape is the only sign of it.
 */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/environ.ts';
import { nativeToText } from '../../base/native.ts';
import { statusCode } from '../../http/status.ts';
import { decodeBody } from './body.ts';
import { forwardedFor, forwardedPort, forwardedScheme } from './forwarded.ts';
import { joinRawQuery } from './query.ts';
import { multiValues, NOTHING, singleValues } from './reply.ts';
import {
  type EncodedBody,
  type EventSource,
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

export const albMulti: EventSource<AlbMultiReply> = {
  id: 'alb-multi',
  title: 'Application Load Balancer (multi-value headers)',
  limit: ALB_LIMIT,
  matches: (event) => isAlb(event) && isObject(event.multiValueHeaders),
  request: albRequest,
  // Values keep the application's order. Load balancers have been seen to reverse it (dougmoscrop/serverless-http#244); AWS
  // promises none.
  reply: (response, body) => ({
    ...describedReply(response, body),
    multiValueHeaders: multiValues(response.headers, NOTHING),
  }),
};

export const albSingle: EventSource<AlbSingleReply> = {
  id: 'alb',
  title: 'Application Load Balancer',
  limit: ALB_LIMIT,
  matches: isAlb,
  request: albRequest,
  reply(response, body) {
    const { headers, cookies } = singleValues(response.headers, NOTHING);
    // One value a name is all this mode has, but names differing in case count as different: the best there is for several
    // cookies, short of switching multi-value headers on.
    for (const [index, cookie] of cookies.entries()) headers[cookieName(index)] = cookie;
    return { ...describedReply(response, body), headers };
  },
};

function isAlb(event: LambdaEvent): boolean {
  return isObject(event.requestContext?.elb);
}

function albRequest(event: LambdaEvent): RequestParts {
  const headers = event.multiValueHeaders ?? event.headers ?? {};
  return {
    method: textOf(event.httpMethod) ?? 'GET',
    rawPath: textOf(event.path) || '/',
    // Neither keys nor values are decoded here, unlike at API Gateway.
    query: joinRawQuery(event.multiValueQueryStringParameters ?? event.queryStringParameters),
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

/** `set-cookie`, `Set-cookie`, `sEt-cookie`, … : the bits of `index` say which letters are capitals. */
function cookieName(index: number): string {
  let bit = 0;
  return 'set-cookie'.replace(/[a-z]/g, (letter) =>
    (index >> bit++) & 1 ? letter.toUpperCase() : letter,
  );
}
