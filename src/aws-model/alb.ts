/**
 * Application Load Balancer, both settings of `lambda.multi_value_headers.enabled`. Nothing is
 * decoded.
 */
import { isHopByHop } from '../http/headers.ts';
import { latin1Bytes } from '../base/native.ts';
import {
  arrayValue,
  bodyBytes,
  field,
  flagOf,
  headerEntries,
  Malformed,
  members,
  reasonOf,
  statusOf,
  stringValue,
} from './reply.ts';
import type { Members, Reply } from './reply.ts';
import {
  allOfGroups,
  eventBody,
  groupPairs,
  groupHeaders,
  lastOfGroups,
  lowerCaseNames,
  queryPairs,
  receive,
  withHeader,
  without,
  withOneCookie,
  withTraceId,
} from './request.ts';
import type { LambdaRequest, Pair, Received } from './request.ts';
import { isBalancerText } from './text.ts';

interface BalancerEvent {
  requestContext: { elb: { targetGroupArn: string } };
  httpMethod: string;
  path: string;
  body: string;
  isBase64Encoded: boolean;
}

/** The event of a load balancer, multi-value headers off. */
export interface AlbEvent extends BalancerEvent {
  queryStringParameters: Record<string, string>;
  headers: Record<string, string>;
}

/** The event of a load balancer, multi-value headers on. */
export interface AlbMultiEvent extends BalancerEvent {
  multiValueQueryStringParameters: Record<string, string[]>;
  multiValueHeaders: Record<string, string[]>;
}

const TARGET_GROUP =
  'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/gatecall-example/0011223344556677';
const HOST = 'www.example.com';

export function albEvent(request: LambdaRequest): AlbEvent {
  const { received, headers, common } = readBalancerRequest(request);
  return {
    ...common,
    queryStringParameters: lastOfGroups(groupPairs(queryPairs(received.query))),
    headers: lastOfGroups(groupHeaders(headers)),
  };
}

export function albMultiEvent(request: LambdaRequest): AlbMultiEvent {
  const { received, headers, common } = readBalancerRequest(request);
  return {
    ...common,
    multiValueQueryStringParameters: allOfGroups(groupPairs(queryPairs(received.query))),
    multiValueHeaders: allOfGroups(groupHeaders(headers)),
  };
}

function readBalancerRequest(request: LambdaRequest): {
  received: Received;
  headers: Pair[];
  common: BalancerEvent;
} {
  const received = receive(request, request.domainName ?? HOST);
  const headers = request.healthCheck
    ? [['user-agent', 'ELB-HealthChecker/2.0'] as const]
    : balancerHeaders(received, request);
  const common = {
    requestContext: { elb: { targetGroupArn: TARGET_GROUP } },
    httpMethod: received.method,
    path: received.path,
    ...(received.body
      ? eventBody(received.body, isBalancerText(headers))
      : { body: '', isBase64Encoded: false }),
  };
  return { received, headers, common };
}

function balancerHeaders(received: Received, request: LambdaRequest): Pair[] {
  let headers = withForwardedFor(received, request);
  headers = withHeader(headers, 'x-forwarded-port', received.port);
  headers = withHeader(headers, 'x-forwarded-proto', received.scheme);
  return lowerCaseNames(withTraceId(withOneCookie(headers), received));
}

/** The attributes `routing.http.xff_header_processing.mode` and `…xff_client_port.enabled`. */
function withForwardedFor(received: Received, request: LambdaRequest): Pair[] {
  const { headers, clientAddress } = received;
  if (request.forwardedFor === 'preserve') return headers;
  const chain = headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .map(([, value]) => value);
  if (request.forwardedFor === 'remove') return without(headers, 'x-forwarded-for');
  return withHeader(
    headers,
    'x-forwarded-for',
    [...chain, withPort(clientAddress, request.clientPort)].join(', '),
  );
}

function withPort(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** User guide, "Quotas": of the whole reply as JSON, and of its headers. */
const JSON_LIMIT = 1_048_576;
const HEADER_LIMIT = 32_768;

/** ALB reads the map of its setting, and ignores the other. */
export function albReply(value: unknown, _request: LambdaRequest, bytes: number): Reply {
  const reply = sizedReply(value, bytes);
  const { headers } = reply;
  if (headers === undefined || headers === null) {
    throw new Malformed(
      'malformed: headers is missing (with multi-value headers off it must be there)',
    );
  }
  const fields = headerEntries(headers, 'headers').map(([name, text]) =>
    field(name, stringValue(name, text)),
  );
  return balancerReply(reply, fields);
}

export function albMultiReply(value: unknown, request: LambdaRequest, bytes: number): Reply {
  const reply = sizedReply(value, bytes);
  const fields = headerEntries(reply['multiValueHeaders'], 'multiValueHeaders').flatMap(
    ([name, values]) => {
      const lines = arrayValue(name, values).map((text) => field(name, stringValue(name, text)));
      return request.reverse ? lines.toReversed() : lines;
    },
  );
  return balancerReply(reply, fields);
}

function sizedReply(value: unknown, bytes: number): Members {
  if (bytes > JSON_LIMIT) {
    throw new Malformed(`LambdaResponseTooLarge: ${bytes} bytes of JSON, at most ${JSON_LIMIT}`);
  }
  return members(value);
}

function balancerReply(reply: Members, fields: readonly Pair[]): Reply {
  let size = 0;
  for (const [name, text] of fields) size += latin1Bytes(name).length + latin1Bytes(text).length;
  if (size > HEADER_LIMIT) {
    throw new Malformed(`LambdaInvalidResponse: ${size} bytes of headers, at most ${HEADER_LIMIT}`);
  }
  const headers = fields.filter(([name]) => !isHopByHop(name));
  return {
    status: statusOf(reply['statusCode'], 'statusCode', false),
    reason: reasonOf(reply['statusDescription']),
    headers,
    body: bodyBytes(reply['body'], flagOf(reply, 'isBase64Encoded')),
    // `fujiwara/ridge#9`.
    defaultType: 'application/octet-stream',
  };
}
