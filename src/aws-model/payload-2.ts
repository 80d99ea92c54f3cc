/**
 * Payload format 2.0: HTTP APIs and Function URLs. The same keys, but only an HTTP API decodes
 * `rawPath`.
 */
import { isHopByHop } from '../http/headers.ts';
import { textBytes } from './message.ts';
import { gateway, httpApiPath, stagePrefix } from './payload-1.ts';
import {
  bodyBytes,
  cookieFields,
  field,
  flagOf,
  headerEntries,
  isMembers,
  Malformed,
  members,
  platformError,
  scalarValue,
  statusOf,
} from './reply.ts';
import type { Members, Reply } from './reply.ts';
import {
  decodePercent,
  decodePairs,
  eventBody,
  firstLabel,
  groupPairs,
  groupHeaders,
  joinGroups,
  logTime,
  lookup,
  lowerCaseNames,
  pathParameters,
  queryPairs,
  receive,
  withForwarded,
  without,
  withOneCookie,
  withTraceId,
} from './request.ts';
import type { LambdaRequest, Pair, Received } from './request.ts';
import { isGatewayText } from './text.ts';

interface Payload2Event {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  stageVariables?: Record<string, string>;
  body?: string;
  isBase64Encoded: boolean;
}

interface Payload2Context {
  accountId: string;
  apiId: string;
  domainName: string;
  domainPrefix: string;
  http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
  requestId: string;
  routeKey: string;
  stage: string;
  time: string;
  timeEpoch: number;
}

/** The event of an HTTP API with payload format 2.0. */
export interface HttpApi2Event extends Payload2Event {
  requestContext: Payload2Context & { authorizer?: Record<string, unknown> };
}

/** The event of a Function URL. */
export interface FunctionUrlEvent extends Payload2Event {
  requestContext: Payload2Context & { authorizer?: Record<string, unknown> };
}

const HTTP_HOST = 'gchttp0002.execute-api.eu-central-1.amazonaws.com';
const URL_HOST = 'gcurl0000000000000000000000000x1.lambda-url.eu-central-1.on.aws';

export function httpApi2Event(request: LambdaRequest): HttpApi2Event {
  const { host, stage, apiId } = gateway(request, HTTP_HOST, '$default');
  const received = receive(request, host);
  // The API mapping key of a custom domain never comes along, the stage always
  // (`serverless-express#465`).
  const path = `${stagePrefix(stage)}${httpApiPath(received.path)}`;
  const routeKey = request.route ?? '$default';
  const parameters = pathParameters(routeKey.replace(/^[A-Z]+ /, ''), httpApiPath(received.path));
  const headers = frontHeaders(received);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: received.query,
    ...cookiesOf(headers),
    headers: joinGroups(groupHeaders(without(headers, 'cookie'))),
    ...queryMap(received.query),
    ...(parameters && { pathParameters: parameters }),
    ...(request.stageVariables && { stageVariables: request.stageVariables }),
    requestContext: {
      accountId: '111122223333',
      apiId,
      ...(request.authorizer && { authorizer: request.authorizer }),
      domainName: host,
      domainPrefix: firstLabel(host),
      http: httpContext(received, path),
      requestId: request.requestId ?? 'GcHttpRequestId=',
      routeKey,
      stage,
      ...timesOf(received),
    },
    ...bodyOf(received, headers),
  };
}

export function functionUrlEvent(request: LambdaRequest): FunctionUrlEvent {
  const host = request.domainName ?? URL_HOST;
  const received = receive(request, host);
  const headers = [
    ...frontHeaders(received),
    ['x-amzn-tls-version', 'TLSv1.3'] as const,
    ['x-amzn-tls-cipher-suite', 'TLS_AES_128_GCM_SHA256'] as const,
  ];
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: received.path,
    rawQueryString: received.query,
    // Both: the list, and the header it was made from.
    ...cookiesOf(headers),
    headers: joinGroups(groupHeaders(headers)),
    ...queryMap(received.query),
    requestContext: {
      accountId: callerAccount(request.authorizer),
      apiId: firstLabel(host),
      ...(request.authorizer && { authorizer: request.authorizer }),
      domainName: host,
      domainPrefix: firstLabel(host),
      // Decoded, other than `rawPath`.
      http: httpContext(received, decodePercent(received.path)),
      requestId: request.requestId ?? '0c0ffee0-3333-4222-8333-944455566677',
      routeKey: '$default',
      stage: '$default',
      ...timesOf(received),
    },
    ...bodyOf(received, headers),
  };
}

/** The caller's account behind AWS_IAM, else `anonymous`. */
function callerAccount(authorizer: Members | undefined): string {
  const iam = authorizer?.['iam'];
  const account = isMembers(iam) ? iam['accountId'] : undefined;
  return typeof account === 'string' ? account : 'anonymous';
}

function frontHeaders(received: Received): Pair[] {
  return lowerCaseNames(withTraceId(withOneCookie(withForwarded(received)), received));
}

function cookiesOf(headers: readonly Pair[]): Pick<Payload2Event, 'cookies'> {
  const cookies = (lookup(headers, 'cookie') ?? '')
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
  return cookies.length === 0 ? {} : { cookies };
}

function queryMap(query: string): Pick<Payload2Event, 'queryStringParameters'> {
  const pairs = decodePairs(queryPairs(query));
  return pairs.length === 0 ? {} : { queryStringParameters: joinGroups(groupPairs(pairs)) };
}

function httpContext(received: Received, path: string): Payload2Context['http'] {
  return {
    method: received.method,
    path,
    protocol: received.protocol,
    sourceIp: received.clientAddress,
    userAgent: received.userAgent ?? '',
  };
}

function timesOf({ time }: Received): Pick<Payload2Context, 'time' | 'timeEpoch'> {
  return { time: logTime(time), timeEpoch: time };
}

function bodyOf(
  { body }: Received,
  headers: readonly Pair[],
): Pick<Payload2Event, 'body' | 'isBase64Encoded'> {
  return body ? eventBody(body, isGatewayText(headers)) : { isBase64Encoded: false };
}

export function httpApi2Reply(value: unknown): Reply {
  if (!isMembers(value) || !('statusCode' in value)) return inferred(JSON.stringify(value));
  if ('multiValueHeaders' in value && 'cookies' in value) {
    // Alone it is ignored; with cookies a user saw 5xx (`oven-sh/bun#20760`).
    throw new Malformed('malformed: multiValueHeaders beside cookies');
  }
  return {
    ...payload2Reply(value, value['body']),
    defaultType: 'text/plain; charset=utf-8',
  };
}

/** Renamed by a Function URL, as far as is known (`cargo-lambda#862` for Content-Length). */
const URL_REMAPPED = new Set(['connection', 'content-length', 'date', 'www-authenticate']);

export function functionUrlReply(value: unknown): Reply {
  // A string goes out without its quotes, against the documentation (LocalStack's recordings of
  // AWS).
  if (typeof value === 'string') return inferred(value);
  if (!isMembers(value) || !('statusCode' in value)) return inferred(JSON.stringify(value));
  const { body } = value;
  const structured = typeof body === 'object' && body !== null;
  return {
    ...payload2Reply(value, structured ? JSON.stringify(body) : body, URL_REMAPPED),
    defaultType: 'application/json',
  };
}

/** What precedes a streamed body. */
export function functionUrlPrelude(value: unknown): Reply {
  const prelude = members(value);
  const whole = { ...prelude, statusCode: prelude['statusCode'] ?? 200 };
  return { ...payload2Reply(whole, '', URL_REMAPPED), defaultType: 'application/octet-stream' };
}

/** No statusCode: the whole result is the page. */
function inferred(json: string): Reply {
  return { status: 200, headers: [['content-type', 'application/json']], body: textBytes(json) };
}

function payload2Reply(reply: Members, body: unknown, remapped?: ReadonlySet<string>): Reply {
  const fields = headerEntries(reply['headers'], 'headers')
    .filter(([, value]) => value !== null)
    .map(([name, value]) => field(name, scalarValue(name, value)))
    .map(([name, text]): Pair => [remapped?.has(name) ? `x-amzn-remapped-${name}` : name, text])
    .filter(([name]) => !isHopByHop(name));
  return {
    status: statusOf(reply['statusCode'], 'statusCode', true),
    headers: [...fields, ...cookieFields(reply['cookies'])],
    body: bodyBytes(body ?? undefined, flagOf(reply, 'isBase64Encoded')),
  };
}

export function functionUrlError(reason: string, status = 502): Reply {
  return platformError(status, 'text/plain', 'Internal Server Error', reason);
}
