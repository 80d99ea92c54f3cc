/**
 * VPC Lattice, both versions of `lambdaEventStructureVersion`. The least documented source: that
 * path and query arrive undecoded, and that bodies follow ALB's rule, is assumed.
 */
import { isHopByHop } from '../http/headers.ts';
import {
  bodyBytes,
  field,
  flagOf,
  headerEntries,
  members,
  platformError,
  reasonOf,
  statusOf,
  stringValue,
} from './reply.ts';
import type { Reply } from './reply.ts';
import {
  allOfGroups,
  eventBody,
  groupPairs,
  groupHeaders,
  joinGroups,
  lastOfGroups,
  lowerCaseNames,
  queryPairs,
  receive,
  withForwarded,
  without,
  withOneCookie,
} from './request.ts';
import type { LambdaRequest, Pair, Received } from './request.ts';
import { isBalancerText } from './text.ts';

/** The event of a Lattice target group, version 1: no version, no context, names in snake case. */
export interface Lattice1Event {
  raw_path: string;
  method: string;
  headers: Record<string, string>;
  query_string_parameters: Record<string, string>;
  body?: string;
  is_base64_encoded?: true;
}

/** The event of a Lattice target group, version 2. */
export interface Lattice2Event {
  version: '2.0';
  path: string;
  method: string;
  headers: Record<string, string[]>;
  queryStringParameters: Record<string, string[]>;
  body?: string;
  /** Left out when the body is text (`powertools-lambda-python#3153`). */
  isBase64Encoded?: true;
  requestContext: {
    serviceNetworkArn: string;
    serviceArn: string;
    targetGroupArn: string;
    identity: Record<string, unknown>;
    region: string;
    /** Microseconds. */
    timeEpoch: string;
  };
}

const HOST = 'gatecall-00aa11bb22cc33dd4.1234567.vpc-lattice-svcs.eu-central-1.on.aws';
const ARN = 'arn:aws:vpc-lattice:eu-central-1:111122223333';
const CLIENT = '10.0.3.17';

export function lattice1Event(request: LambdaRequest): Lattice1Event {
  const { received, headers } = latticeRequest(request);
  const { body, isBase64Encoded } = latticeBody(received, headers);
  return {
    raw_path: received.path,
    method: received.method,
    headers: joinGroups(groupHeaders(headers)),
    query_string_parameters: lastOfGroups(groupPairs(queryPairs(received.query))),
    ...(body !== undefined && { body }),
    ...(isBase64Encoded && { is_base64_encoded: isBase64Encoded }),
  };
}

export function lattice2Event(request: LambdaRequest): Lattice2Event {
  const { received, headers } = latticeRequest(request);
  return {
    version: '2.0',
    path: request.queryInPath ? `${received.path}?${received.query}` : received.path,
    method: received.method,
    headers: allOfGroups(groupHeaders(headers)),
    queryStringParameters: allOfGroups(groupPairs(queryPairs(received.query))),
    ...latticeBody(received, headers),
    requestContext: {
      serviceNetworkArn: `${ARN}:servicenetwork/sn-00aa11bb22cc33dd4`,
      serviceArn: `${ARN}:service/svc-00aa11bb22cc33dd4`,
      targetGroupArn: `${ARN}:targetgroup/tg-00aa11bb22cc33dd4`,
      identity: {
        sourceVpcArn: 'arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-00aa11bb22cc33dd4',
        ...request.authorizer,
      },
      region: 'eu-central-1',
      timeEpoch: `${received.time}000`,
    },
  };
}

function latticeRequest(request: LambdaRequest): { received: Received; headers: Pair[] } {
  const sourceIp = request.sourceIp ?? request.clientAddress ?? CLIENT;
  const received = receive({ ...request, sourceIp }, request.domainName ?? HOST);
  // No scheme: X-Forwarded-Proto is in no recorded event.
  const forwarded = without(withForwarded(received, ','), 'x-forwarded-proto');
  return { received, headers: lowerCaseNames(withOneCookie(forwarded)) };
}

function latticeBody(
  { body: bytes }: Received,
  headers: readonly Pair[],
): Pick<Lattice2Event, 'body' | 'isBase64Encoded'> {
  if (!bytes) return {};
  const { body, isBase64Encoded } = eventBody(bytes, isBalancerText(headers));
  return isBase64Encoded ? { body, isBase64Encoded } : { body };
}

/**
 * Version 1 takes strings alone: of several cookies the spelling of the name is all that can
 * differ.
 */
export function lattice1Reply(value: unknown): Reply {
  return latticeReply(value, (name, text) => [field(name, stringValue(name, text))]);
}

/**
 * Version 2 takes a list under `set-cookie`, which Hono 4.13.19 sends since one value joined with
 * `, ` was its CVE-2026-54287. AWS documents no way to send several values of another name.
 */
export function lattice2Reply(value: unknown): Reply {
  return latticeReply(value, (name, text) => {
    const isList = name.toLowerCase() === 'set-cookie' && Array.isArray(text);
    const lines: readonly unknown[] = isList ? text : [text];
    return lines.map((line) => field(name, stringValue(name, line)));
  });
}

function latticeReply(value: unknown, fieldsOf: (name: string, value: unknown) => Pair[]): Reply {
  const reply = members(value);
  return {
    status: statusOf(reply['statusCode'], 'statusCode', false),
    reason: reasonOf(reply['statusDescription']),
    headers: headerEntries(reply['headers'], 'headers')
      .flatMap(([name, text]) => fieldsOf(name, text))
      .filter(([name]) => !isHopByHop(name)),
    body: bodyBytes(reply['body'] ?? undefined, flagOf(reply, 'isBase64Encoded')),
  };
}

export function latticeError(reason: string, status = 502): Reply {
  return platformError(status, 'text/plain', 'Bad Gateway', reason);
}
