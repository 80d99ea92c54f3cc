/** VPC Lattice target groups, with event structure version V1 and V2. */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/environ.ts';
import { describedReply, type DescribedReply } from './alb.ts';
import { decodeBody } from './body.ts';
import { forwardedFor, forwardedPort } from './forwarded.ts';
import { encodeUnlessRaw } from './query.ts';
import { NOTHING, singleValues } from './reply.ts';
import {
  type EncodedBody,
  type EventSource,
  LAMBDA_LIMIT,
  type LambdaEvent,
  textOf,
} from './source.ts';

export interface LatticeReply extends DescribedReply {
  headers: Record<string, string>;
}

export const lattice2: EventSource<LatticeReply> = {
  id: 'lattice-2',
  title: 'VPC Lattice (event structure V2)',
  limit: LAMBDA_LIMIT,
  matches: ({ version, method, requestContext }) =>
    version === '2.0' &&
    typeof method === 'string' &&
    typeof (requestContext?.serviceArn ?? requestContext?.serviceNetworkArn) === 'string',
  request: (event) => ({
    ...latticeRequest(event, event.path),
    query: encodeUnlessRaw(event.queryStringParameters),
    body: decodeBody(event.body, event.isBase64Encoded),
    remoteUser: textOf(event.requestContext?.identity?.principal),
  }),
  reply: latticeReply,
};

export const lattice1: EventSource<LatticeReply> = {
  id: 'lattice-1',
  title: 'VPC Lattice (event structure V1)',
  limit: LAMBDA_LIMIT,
  matches: ({ raw_path: path, method, requestContext }) =>
    typeof path === 'string' && typeof method === 'string' && !requestContext,
  request: (event) => ({
    // Should `raw_path` hold the whole target, as its name suggests, the query is not part of the path.
    ...latticeRequest(event, textOf(event.raw_path)?.split('?', 1)[0]),
    query: encodeUnlessRaw(event.query_string_parameters),
    body: decodeBody(event.body, event.is_base64_encoded),
  }),
  reply: latticeReply,
};

function latticeRequest(event: LambdaEvent, path: unknown): RequestParts {
  const headers = event.headers ?? {};
  const serverPort = forwardedPort(headers);
  return {
    method: textOf(event.method) ?? 'GET',
    rawPath: textOf(path) || '/',
    headers,
    // No x-forwarded-proto comes from Lattice, so one that is there is the client's: the listener's port decides.
    scheme: serverPort === '80' ? 'http' : 'https',
    serverPort,
    remoteAddress: forwardedFor(headers),
  };
}

function latticeReply(response: BufferedResponse, body: EncodedBody): LatticeReply {
  const { headers, cookies } = singleValues(response.headers, NOTHING);
  // Several values of a name are not documented at all, and AWS's own library folds them, Set-Cookie included.
  if (cookies.length > 0) headers['set-cookie'] = cookies.join(', ');
  return { ...describedReply(response, body), headers };
}
