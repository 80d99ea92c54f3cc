/** Lambda@Edge, viewer and origin requests. Nothing is decoded; a header is a list of lines. */
import { encodeNative } from '../base/native.ts';
import { encodeBase64 } from './base64.ts';
import {
  arrayValue,
  bodyBytes,
  field,
  headerEntries,
  isMembers,
  kind,
  Malformed,
  members,
  reasonOf,
  statusOf,
  stringValue,
} from './reply.ts';
import type { Reply } from './reply.ts';
import { receive, withHeader, without } from './request.ts';
import type { LambdaRequest, Pair, Received } from './request.ts';

type EdgeHeaders = Record<string, { key: string; value: string }[]>;

interface EdgeRequest {
  clientIp: string;
  method: string;
  uri: string;
  querystring: string;
  headers: EdgeHeaders;
  body?: { inputTruncated: boolean; action: 'read-only'; encoding: 'base64'; data: string };
  origin?: {
    custom: {
      customHeaders: EdgeHeaders;
      domainName: string;
      keepaliveTimeout: number;
      path: string;
      port: number;
      protocol: 'http' | 'https';
      readTimeout: number;
      sslProtocols: string[];
    };
  };
}

/** The event of Lambda@Edge before the cache (`viewer-request`) or behind it (`origin-request`). */
export interface EdgeEvent {
  Records: {
    cf: {
      config: {
        distributionDomainName: string;
        distributionId: string;
        eventType: 'viewer-request' | 'origin-request';
        requestId: string;
      };
      request: EdgeRequest;
    };
  }[];
}

type EventType = 'viewer-request' | 'origin-request';

const DISTRIBUTION = 'd0gatecallexample.cloudfront.net';
const VIEWER_HOST = 'www.example.com';
const ORIGIN_HOST = 'origin.example.com';

/**
 * CloudFront's guide, "Restrictions on Lambda@Edge": bytes of a request body shown, and of a
 * generated response.
 */
const LIMITS = { 'viewer-request': 40_960, 'origin-request': 1_048_576 } as const;

export const edgeViewerEvent = (request: LambdaRequest): EdgeEvent =>
  edgeEvent(request, 'viewer-request');
export const edgeOriginEvent = (request: LambdaRequest): EdgeEvent =>
  edgeEvent(request, 'origin-request');

function edgeEvent(request: LambdaRequest, eventType: EventType): EdgeEvent {
  const received = receive(request, request.domainName ?? VIEWER_HOST);
  const isOrigin = eventType === 'origin-request';
  const isNarrow = isOrigin && request.allViewer === false;
  const headers = isOrigin ? originHeaders(received, isNarrow) : received.headers;
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: DISTRIBUTION,
            distributionId: 'E0GATECALL1234',
            eventType,
            requestId:
              request.requestId ?? 'GcEdgeRequestId0123456789abcdefghijklmnopqrstuvwxyz0A==',
          },
          request: {
            clientIp: received.clientAddress,
            method: received.method,
            uri: received.path,
            querystring: isNarrow ? '' : received.query,
            headers: headerLists(headers.filter(([name]) => !isDisallowed(name.toLowerCase()))),
            ...(request.includeBody !== false && requestBody(received, LIMITS[eventType])),
            ...(isOrigin && { origin: customOrigin(received) }),
          },
        },
      },
    ],
  };
}

function originHeaders(received: Received, isNarrow: boolean): Pair[] {
  const chain = received.headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .map(([, value]) => value);
  const headers = withHeader(
    withHeader(received.headers, 'X-Forwarded-For', [...chain, received.clientAddress].join(', ')),
    'Via',
    `1.1 ${DISTRIBUTION} (CloudFront)`,
  );
  if (!isNarrow) return headers;
  const ours = withHeader(without(headers, 'cookie'), 'Host', ORIGIN_HOST);
  return withHeader(ours, 'User-Agent', 'Amazon CloudFront');
}

function headerLists(headers: readonly Pair[]): EdgeHeaders {
  const lists = new Map<string, { key: string; value: string }[]>();
  for (const [key, value] of headers) {
    const lower = key.toLowerCase();
    const lines = lists.get(lower);
    if (lines) lines.push({ key, value });
    else lists.set(lower, [{ key, value }]);
  }
  return Object.fromEntries(lists);
}

/** Always base64, and cut at the limit: `inputTruncated` is the only sign of it. */
function requestBody({ method, body }: Received, limit: number): Pick<EdgeRequest, 'body'> {
  if (!body || method === 'GET' || method === 'HEAD') return {};
  return {
    body: {
      inputTruncated: body.length > limit,
      action: 'read-only',
      encoding: 'base64',
      data: encodeBase64(body.subarray(0, limit)),
    },
  };
}

function customOrigin({ scheme }: Received): NonNullable<EdgeRequest['origin']> {
  return {
    custom: {
      customHeaders: {},
      domainName: ORIGIN_HOST,
      keepaliveTimeout: 5,
      path: '',
      port: scheme === 'https' ? 443 : 80,
      protocol: scheme,
      readTimeout: 30,
      sslProtocols: ['TLSv1.2'],
    },
  };
}

/**
 * CloudFront's guide, "Restrictions on edge functions": never shown to a function, and 502 when a
 * reply sets one.
 */
const DISALLOWED =
  /^(?:connection|expect|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|trailer|upgrade|x-accel-(?:buffering|charset|limit-rate|redirect)|x-amz-cf-.*|x-amzn-(?:auth|cf-billing|cf-id|cf-xff|errortype|fle-profile|header-count|header-order|lambda-integration-tag|requestid)|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
const READ_ONLY: Record<EventType, ReadonlySet<string>> = {
  'viewer-request': new Set(['content-length', 'host', 'transfer-encoding', 'via']),
  'origin-request': new Set([
    'accept-encoding',
    'content-length',
    'if-modified-since',
    'if-none-match',
    'if-range',
    'if-unmodified-since',
    'transfer-encoding',
    'via',
  ]),
};

function isDisallowed(lowerName: string): boolean {
  return DISALLOWED.test(lowerName);
}

export const edgeViewerReply = (value: unknown): Reply => edgeReply(value, 'viewer-request');
export const edgeOriginReply = (value: unknown): Reply => edgeReply(value, 'origin-request');

function edgeReply(value: unknown, eventType: EventType): Reply {
  const reply = members(value);
  if (!('status' in reply)) {
    throw new Malformed(
      'passed on: an object without status is a request for CloudFront to go on with, not a response',
    );
  }
  if (typeof reply['status'] !== 'string') {
    throw new Malformed(`malformed: status is ${kind(reply['status'])}, not a string`);
  }
  const status = statusOf(reply['status'], 'status', true);
  const headers = headerEntries(reply['headers'], 'headers').flatMap(([name, lines]) =>
    arrayValue(name, lines).map((line) => edgeField(name, line, eventType)),
  );
  const { body } = reply;
  if (status === 204 && 'body' in reply && eventType === 'viewer-request') {
    throw new Malformed('malformed: a body member beside status 204');
  }
  const encoding = reply['bodyEncoding'] ?? 'text';
  if (encoding !== 'text' && encoding !== 'base64') {
    throw new Malformed(
      `malformed: bodyEncoding is ${JSON.stringify(encoding)}, not text or base64`,
    );
  }
  refuseTooLarge(headers, body, LIMITS[eventType]);
  return {
    status,
    reason: reasonOf(reply['statusDescription']),
    headers,
    body: bodyBytes(body, encoding === 'base64'),
  };
}

function edgeField(name: string, line: unknown, eventType: EventType): Pair {
  if (!isMembers(line)) {
    throw new Malformed(`malformed: a line of header ${name} is ${kind(line)}, not {key, value}`);
  }
  const { key = name, value } = line;
  if (name !== name.toLowerCase()) {
    throw new Malformed(`malformed: the header map has ${name}, its names must be lower case`);
  }
  if (typeof key !== 'string' || key.toLowerCase() !== name) {
    throw new Malformed(`malformed: header ${name} has the key ${JSON.stringify(key)}`);
  }
  if (isDisallowed(name)) throw new Malformed(`disallowed header ${name}`);
  if (READ_ONLY[eventType].has(name)) throw new Malformed(`read-only header ${name}`);
  return field(name, stringValue(name, value));
}

/** Headers and body as returned, base64 and all. */
function refuseTooLarge(headers: readonly Pair[], body: unknown, limit: number): void {
  let size = typeof body === 'string' ? encodeNative(body).length : 0;
  for (const [name, value] of headers) size += name.length + value.length;
  if (size > limit) throw new Malformed(`too large: ${size} bytes, at most ${limit}`);
}
