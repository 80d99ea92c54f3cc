/** VPC Lattice target groups, with event structure version V1 and V2. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
import { describedReply, type DescribedReply } from './alb.ts';
import { decodeBody } from './body.ts';
import { mapOf } from './event-maps.ts';
import { forwardedFor, forwardedPort } from './forwarded.ts';
import { encodeUnlessRaw } from './query.ts';
import { addCookies, type Log, NO_NAMES, singleValues } from './reply.ts';
import {
  type EncodedBody,
  type LambdaEventSource,
  LAMBDA_LIMIT,
  type LambdaEvent,
  textOf,
} from './source.ts';

export interface LatticeReply extends DescribedReply {
  /** A list holds the cookies, and stands under `set-cookie` alone. */
  headers: Record<string, string | string[]>;
}

export const lattice2: LambdaEventSource<LatticeReply> = {
  id: 'lattice-2',
  title: 'VPC Lattice (event structure V2)',
  limit: LAMBDA_LIMIT,
  matches: ({ version, method, requestContext }) =>
    version === '2.0' &&
    typeof method === 'string' &&
    typeof (requestContext?.serviceArn ?? requestContext?.serviceNetworkArn) === 'string',
  request: (event) => ({
    ...latticeRequest(event, event.path, event.queryStringParameters),
    body: decodeBody(event.body, event.isBase64Encoded),
    remoteUser: textOf(event.requestContext?.identity?.principal),
  }),
  reply: lattice2Reply,
};

export const lattice1: LambdaEventSource<LatticeReply> = {
  id: 'lattice-1',
  title: 'VPC Lattice (event structure V1)',
  limit: LAMBDA_LIMIT,
  matches: ({ raw_path: path, method, requestContext }) =>
    typeof path === 'string' && typeof method === 'string' && !requestContext,
  request: (event) => ({
    ...latticeRequest(event, event.raw_path, event.query_string_parameters),
    body: decodeBody(event.body, event.is_base64_encoded),
  }),
  reply: lattice1Reply,
};

/**
 * `path` of version 2 can hold the whole target (Powertools captured such an event), and the name
 * of `raw_path` suggests the same. That query is what the client sent, so it wins over the map,
 * which repeats its parameters.
 */
function latticeRequest(event: LambdaEvent, target: unknown, parameters: unknown): RequestParts {
  const headers = mapOf(event.headers);
  const path = textOf(target) ?? '';
  const mark = path.indexOf('?');
  const serverPort = forwardedPort(headers);
  return {
    method: textOf(event.method) ?? 'GET',
    rawPath: (mark < 0 ? path : path.slice(0, mark)) || '/',
    query: (mark < 0 ? '' : path.slice(mark + 1)) || encodeUnlessRaw(mapOf(parameters)),
    headers,
    // Lattice sends no x-forwarded-proto, so such a header comes from the client. The listener's
    // port decides.
    scheme: serverPort === '80' ? 'http' : 'https',
    serverPort,
    remoteAddress: forwardedFor(headers),
  };
}

/**
 * One cookie is a text, like any header. Several are a list, which Hono 4.13.19 sends, too; AWS
 * documents no way.
 */
function lattice2Reply(response: BufferedResponse, body: EncodedBody, log: Log): LatticeReply {
  const { headers, cookies } = singleValues(response.headers, log, NO_NAMES);
  const [cookie, ...others] = cookies;
  return {
    ...describedReply(response, body),
    headers:
      cookie === undefined
        ? headers
        : Object.assign(headers, { 'set-cookie': others.length > 0 ? cookies : cookie }),
  };
}

/** Headers of version 1 are texts only. */
function lattice1Reply(response: BufferedResponse, body: EncodedBody, log: Log): LatticeReply {
  const { headers, cookies } = singleValues(response.headers, log, NO_NAMES);
  addCookies(headers, cookies, log);
  return { ...describedReply(response, body), headers };
}
