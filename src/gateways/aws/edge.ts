/**
 * CloudFront Lambda@Edge: viewer-request and origin-request functions that answer the request
 * themselves.
 */
import type { BufferedResponse } from '../../core/transport.ts';
import { findHeader, lowerCase } from '../../http/headers.ts';
import { nativeToText } from '../../base/native.ts';
import type { Header, HeaderList } from '../../types.ts';
import { decodeBody } from './body.ts';
import { mapOf } from './event-maps.ts';
import {
  type EdgeRequest,
  type EncodedBody,
  type LambdaEventSource,
  isObject,
  type LambdaEvent,
  textOf,
} from './source.ts';

export interface EdgeReply {
  /** A string from `'200'` to `'599'`. */
  status: string;
  statusDescription: string;
  headers: Record<string, { key: string; value: string }[]>;
  bodyEncoding?: 'text' | 'base64';
  body?: string;
}

function edgeSource(id: string, eventType: string, limit: number): LambdaEventSource<EdgeReply> {
  return {
    id,
    title: `Lambda@Edge ${eventType}`,
    limit,

    // Response events have a `cf.response` and are no requests. `Records` of other services have no
    // `cf`.
    matches(event) {
      const cf = event.Records?.[0]?.cf;
      return isObject(cf?.request) && !cf.response && cf.config?.eventType === eventType;
    },

    request(event) {
      const request = edgeRequest(event);
      const headers = headerLines(request.headers);
      return {
        method: textOf(request.method) ?? 'GET',
        rawPath: textOf(request.uri) || '/',
        query: textOf(request.querystring),
        headers,
        body: edgeBody(request.body),
        scheme: findHeader(headers, 'cloudfront-forwarded-proto') === 'http' ? 'http' : 'https',
        serverName: textOf(event.Records?.[0]?.cf?.config?.distributionDomainName),
        remoteAddress: textOf(request.clientIp),
      };
    },

    truncated: (event) => edgeRequest(event).body?.inputTruncated === true,

    reply: edgeReply,
  };
}

/** Headers and body together (CloudFront developer guide, "Quotas on Lambda@Edge"). */
export const edgeViewer: LambdaEventSource<EdgeReply> = edgeSource(
  'edge-viewer',
  'viewer-request',
  40 * 1024,
);
export const edgeOrigin: LambdaEventSource<EdgeReply> = edgeSource(
  'edge-origin',
  'origin-request',
  1024 * 1024,
);

function edgeRequest(event: LambdaEvent): EdgeRequest {
  return event.Records?.[0]?.cf?.request ?? {};
}

/**
 * The bytes of a body, which are base64 by default. Middleware may have put a text or bytes in the
 * body's place.
 */
function edgeBody(body: unknown): Uint8Array | undefined {
  if (!isObject(body) || ArrayBuffer.isView(body)) return decodeBody(body, false);
  const { data, encoding } = body as NonNullable<EdgeRequest['body']>;
  return decodeBody(data, encoding !== 'text');
}

/** One pair for each header line that the viewer sent. */
function headerLines(headers: EdgeRequest['headers']): HeaderList {
  const lines: Header[] = [];
  const map = mapOf(headers);
  for (const name of Object.keys(map)) {
    const values: unknown = map[name];
    for (const line of (Array.isArray(values) ? values : []) as readonly ({
      value?: unknown;
    } | null)[]) {
      if (typeof line?.value === 'string') lines.push([name, line.value]);
    }
  }
  return lines;
}

// CloudFront answers a 502 to a generated response with one of these headers (developer guide,
// "Restrictions on edge functions"). Some are read-only (`if-none-match`, `via`); the others are
// CloudFront's own.
const FORBIDDEN =
  /^(?:accept-encoding|connection|content-length|expect|host|if-(?:modified-since|none-match|range|unmodified-since)|keep-alive|proxy-.*|trailer|transfer-encoding|upgrade|via|x-accel-(?:buffering|charset|limit-rate|redirect)|x-amz-cf-.*|x-amzn-(?:auth|cf-billing|cf-id|cf-xff|errortype|fle-profile|header-count|header-order|lambda-integration-tag|requestid)|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

function edgeReply(response: BufferedResponse, { body, isBase64Encoded }: EncodedBody): EdgeReply {
  const headers = Object.create(null) as EdgeReply['headers'];
  for (const [name, value] of response.headers) {
    const lower = lowerCase(name);
    if (!FORBIDDEN.test(lower))
      (headers[lower] ??= []).push({ key: name, value: nativeToText(value) });
  }
  const reply: EdgeReply = {
    // CloudFront takes an object without a status for "continue to the origin".
    status: response.status.slice(0, 3),
    statusDescription: nativeToText(response.status.slice(4)),
    headers,
  };
  // CloudFront also answers a 502 to a 204 with a `body`.
  if (body !== '') {
    reply.bodyEncoding = isBase64Encoded ? 'base64' : 'text';
    reply.body = body;
  }
  return reply;
}
