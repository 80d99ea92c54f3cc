/** Payload format 1.0: REST APIs, and HTTP APIs that ask for it. */
import { isHopByHop } from '../http/headers.ts';
import {
  arrayValue,
  bodyBytes,
  cookieFields,
  field,
  flagOf,
  headerEntries,
  Malformed,
  members,
  platformError,
  scalarValue,
  statusOf,
} from './reply.ts';
import type { Members, Reply } from './reply.ts';
import {
  allOfGroups,
  decodePercent,
  decodePairs,
  eventBody,
  firstLabel,
  groupPairs,
  groupHeaders,
  lastOfGroups,
  logTime,
  lookup,
  mediaType,
  pathParameters,
  queryPairs,
  receive,
  trimEnds,
  withForwarded,
  withHeader,
  without,
  withOneCookie,
  withTraceId,
} from './request.ts';
import type { LambdaRequest, Pair, Received } from './request.ts';
import { isGatewayText } from './text.ts';
import { textOf } from './message.ts';

type Maybe<T> = T | null;

interface Payload1Event {
  resource: string;
  path: string;
  httpMethod: string;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters: Maybe<Record<string, string>>;
  multiValueQueryStringParameters: Maybe<Record<string, string[]>>;
  pathParameters: Maybe<Record<string, string>>;
  stageVariables: Maybe<Record<string, string>>;
  body: Maybe<string>;
  isBase64Encoded: boolean;
}

interface Payload1Context {
  accountId: string;
  apiId: string;
  authorizer?: Record<string, unknown>;
  domainName: string;
  domainPrefix: string;
  extendedRequestId: string;
  httpMethod: string;
  path: string;
  protocol: string;
  requestId: string;
  requestTime: string;
  requestTimeEpoch: number;
  resourcePath: string;
  stage: string;
}

interface Identity {
  accessKey: null;
  accountId: null;
  caller: null;
  sourceIp: string;
  user: null;
  userAgent: Maybe<string>;
  userArn: null;
}

/** The event of a REST API with Lambda proxy integration. */
export interface RestApiEvent extends Payload1Event {
  /** Behind a routing rule that strips the base path: the path before that. */
  rawPath?: string;
  requestContext: Payload1Context & {
    deploymentId: string;
    resourceId: string;
    identity: Identity & {
      cognitoAuthenticationProvider: null;
      cognitoAuthenticationType: null;
      cognitoIdentityId: null;
      cognitoIdentityPoolId: null;
      principalOrgId: null;
      /** Where the method asks for one. */
      apiKey?: string;
      apiKeyId?: string;
    };
  };
}

/** The event of an HTTP API with payload format 1.0. */
export interface HttpApi1Event extends Payload1Event {
  version: '1.0';
  requestContext: Payload1Context & { resourceId: null; identity: Identity };
}

const REST_HOST = 'gcrest0001.execute-api.eu-central-1.amazonaws.com';
const HTTP_HOST = 'gchttp0001.execute-api.eu-central-1.amazonaws.com';
const CUSTOM_HOST = 'api.example.com';
const EVERYTHING = ['*/*'];

/** Headers a REST API writes its own way; all others keep the client's case. */
const REST_CAPITALS = new Set([
  'authorization',
  'host',
  'user-agent',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);
const HTTP_CAPITALS = new Set([
  'content-length',
  'host',
  'user-agent',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

function capitaliseNames(headers: readonly Pair[], which: ReadonlySet<string>): Pair[] {
  return headers.map(([name, value]) => {
    const lower = name.toLowerCase();
    if (!which.has(lower)) return [name, value];
    return [lower.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value];
  });
}

export function restApiEvent(request: LambdaRequest): RestApiEvent {
  const { host, stage, apiId } = gateway(request, REST_HOST, 'live');
  const received = receive(request, host);
  const { path, contextPath, rawPath } = restPaths(request, received.path, stage);
  const resource = request.route ?? (received.path === '/' ? '/' : '/{proxy+}');
  const headers = restHeaders(received);
  // API Gateway honours the header before routing (developer guide, "Important notes", REST APIs).
  const method = lookup(headers, 'x-http-method-override') ?? received.method;
  const types = request.binaryMediaTypes ?? EVERYTHING;
  const isBinary = matchesMediaType(types, mediaType(lookup(headers, 'content-type')));
  return {
    resource,
    path,
    ...(rawPath !== undefined && { rawPath }),
    httpMethod: method,
    headers: lastOfGroups(groupHeaders(headers)),
    multiValueHeaders: allOfGroups(groupHeaders(headers)),
    // `;` separates too, and the raw string is not in the event (developer guide, "Important
    // notes").
    ...queryMaps(decodePairs(queryPairs(received.query, /[&;]/))),
    pathParameters: pathParameters(resource, received.path),
    stageVariables: request.stageVariables ?? null,
    requestContext: {
      ...commonContext(request, received, {
        apiId,
        host,
        stage,
        path: contextPath,
        resource,
        method,
      }),
      deploymentId: 'gcd001',
      resourceId: 'gcr001',
      extendedRequestId: 'GcRestExtendedId=',
      requestId: request.requestId ?? '0c0ffee0-1111-4222-8333-944455566677',
      identity: {
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        ...(request.apiKey !== undefined && { apiKey: request.apiKey, apiKeyId: 'gckey001' }),
        ...identity(received),
      },
    },
    ...restBody(received.body, isBinary),
  };
}

/** Bytes that are not declared binary are forced through UTF-8, which destroys what is none. */
function restBody(
  bytes: Uint8Array | undefined,
  isBinary: boolean,
): Pick<RestApiEvent, 'body' | 'isBase64Encoded'> {
  if (!bytes) return { body: null, isBase64Encoded: false };
  if (isBinary) return eventBody(bytes, false);
  return { body: textOf({ body: bytes }), isBase64Encoded: false };
}

function restHeaders(received: Received): Pair[] {
  const forwarded = withTraceId(withForwarded(received), received);
  const kept = without(withOneCookie(forwarded), 'content-length', 'expect').filter(
    // A SigV4 signature is for API Gateway itself.
    ([name, value]) => name.toLowerCase() !== 'authorization' || !value.startsWith('AWS4-HMAC-'),
  );
  return capitaliseNames(kept, REST_CAPITALS);
}

interface RestPaths {
  path: string;
  contextPath: string;
  rawPath?: string;
}

function restPaths(request: LambdaRequest, path: string, stage: string): RestPaths {
  // Slashes directly behind the stage become one in `path`, but not in `requestContext.path`.
  if (!isCustom(request)) {
    return { path: path.replace(/^\/+/, '/'), contextPath: `/${stage}${path}` };
  }
  const mapped = request.stageMapped === false ? `/${stage}${path}` : path;
  const full = `${basePathOf(request)}${mapped}`;
  if (request.stripBasePath) return { path: mapped, contextPath: full, rawPath: full };
  return { path: full, contextPath: full };
}

export function httpApi1Event(request: LambdaRequest): HttpApi1Event {
  const { host, stage, apiId } = gateway(request, HTTP_HOST, '$default');
  const received = receive(request, host);
  const path = isCustom(request)
    ? `${basePathOf(request)}${httpApiPath(received.path)}`
    : `${stagePrefix(stage)}${httpApiPath(received.path)}`;
  const resource = request.route?.replace(/^[A-Z]+ /, '') ?? '$default';
  const headers = httpApi1Headers(received);
  return {
    version: '1.0',
    resource,
    path,
    httpMethod: received.method,
    headers: lastOfGroups(groupHeaders(headers)),
    multiValueHeaders: allOfGroups(groupHeaders(headers)),
    ...queryMaps(decodePairs(queryPairs(received.query))),
    requestContext: {
      ...commonContext(request, received, {
        apiId,
        host,
        stage,
        path,
        resource,
        method: received.method,
      }),
      resourceId: null,
      extendedRequestId: request.requestId ?? 'GcHttpRequestId=',
      requestId: request.requestId ?? 'GcHttpRequestId=',
      identity: identity(received),
    },
    pathParameters: pathParameters(resource, httpApiPath(received.path)),
    stageVariables: request.stageVariables ?? null,
    ...(received.body
      ? eventBody(received.body, isGatewayText(headers))
      : { body: null, isBase64Encoded: false }),
  };
}

function httpApi1Headers(received: Received): Pair[] {
  const forwarded = withTraceId(withForwarded(received), received);
  const headers = withOneCookie(forwarded);
  const length = lookup(headers, 'content-length') ?? '0';
  return capitaliseNames(withHeader(headers, 'Content-Length', length), HTTP_CAPITALS);
}

/**
 * HTTP APIs decode the path, of both payload versions, and a `%3F` cuts it short
 * (`middleapi/standard-server#93`).
 */
export function httpApiPath(path: string): string {
  return decodePercent(path).replace(/\?.*$/s, '');
}

export function stagePrefix(stage: string): string {
  return stage === '$default' ? '' : `/${stage}`;
}

export function gateway(
  request: LambdaRequest,
  defaultHost: string,
  defaultStage: string,
): { host: string; stage: string; apiId: string } {
  const own = request.domainName ?? defaultHost;
  const host = isCustom(request) ? (request.customDomain ?? CUSTOM_HOST) : own;
  return { host, stage: request.stage ?? defaultStage, apiId: firstLabel(own) };
}

function isCustom({ customDomain, basePath }: LambdaRequest): boolean {
  return customDomain !== undefined || basePath !== undefined;
}

function basePathOf({ basePath = '' }: LambdaRequest): string {
  const trimmed = trimEnds(basePath, '/');
  return trimmed === '' ? '' : `/${trimmed}`;
}

function queryMaps(
  pairs: readonly Pair[],
): Pick<Payload1Event, 'queryStringParameters' | 'multiValueQueryStringParameters'> {
  if (pairs.length === 0) {
    return { queryStringParameters: null, multiValueQueryStringParameters: null };
  }
  const groups = groupPairs(pairs);
  return {
    queryStringParameters: lastOfGroups(groups),
    multiValueQueryStringParameters: allOfGroups(groups),
  };
}

function identity(received: Received): Identity {
  return {
    accessKey: null,
    accountId: null,
    caller: null,
    sourceIp: received.clientAddress,
    user: null,
    userAgent: received.userAgent ?? null,
    userArn: null,
  };
}

type Routed = Record<'apiId' | 'host' | 'stage' | 'path' | 'resource' | 'method', string>;

function commonContext(
  request: LambdaRequest,
  received: Received,
  { apiId, host, stage, path, resource, method }: Routed,
): Omit<Payload1Context, 'requestId' | 'extendedRequestId'> {
  return {
    accountId: '111122223333',
    apiId,
    ...(request.authorizer && { authorizer: request.authorizer }),
    domainName: host,
    domainPrefix: firstLabel(host),
    httpMethod: method,
    path,
    protocol: received.protocol,
    requestTime: logTime(received.time),
    requestTimeEpoch: received.time,
    resourcePath: resource,
    stage,
  };
}

/** `image/png` against `image/png`, `image/*` or every type. */
function matchesMediaType(types: readonly string[], type: string): boolean {
  return types.some((candidate) => {
    const wanted = candidate.toLowerCase();
    if (wanted === '*/*' || wanted === type) return true;
    return wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1));
  });
}

const REST_MEMBERS = new Set([
  'statusCode',
  'headers',
  'multiValueHeaders',
  'body',
  'isBase64Encoded',
]);
/** Developer guide, "Important notes" for REST APIs: renamed `x-amzn-remapped-…`. */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'max-forwards',
  'server',
  'user-agent',
  'www-authenticate',
]);
const DROPPED = new Set([
  'host',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function restApiReply(value: unknown, request: LambdaRequest): Reply {
  const reply = members(value);
  for (const key of Object.keys(reply)) {
    if (!REST_MEMBERS.has(key)) throw new Malformed(`malformed: unknown key ${key}`);
  }
  const decodes = flagOf(reply, 'isBase64Encoded') && answersBinary(request);
  return {
    status: statusOf(reply['statusCode'] ?? 200, 'statusCode', true),
    headers: remapNames(payload1Fields(reply)),
    body: bodyBytes(reply['body'] ?? undefined, decodes, 500),
    defaultType: 'application/json',
  };
}

function remapNames(fields: readonly Pair[]): Pair[] {
  return fields.flatMap(([name, text]): Pair[] => {
    if (DROPPED.has(name)) return [];
    return [[REMAPPED.has(name) ? `x-amzn-remapped-${name}` : name, text]];
  });
}

/** What precedes a streamed body. Other than in a reply in one piece, `cookies` is allowed. */
export function restApiPrelude(value: unknown): Reply {
  const prelude = members(value);
  return {
    status: statusOf(prelude['statusCode'] ?? 200, 'statusCode', true),
    headers: remapNames([...payload1Fields(prelude), ...cookieFields(prelude['cookies'])]),
    body: new Uint8Array(),
    defaultType: 'application/json',
  };
}

/**
 * Base64 is decoded only if the *first* media type the client accepts is declared binary; else it
 * is sent as it is.
 */
function answersBinary(request: LambdaRequest): boolean {
  const accept = request.headers?.find(([name]) => name.toLowerCase() === 'accept')?.[1];
  const first = mediaType(accept?.split(',', 1)[0]);
  return matchesMediaType(request.binaryMediaTypes ?? EVERYTHING, first);
}

export function httpApi1Reply(value: unknown): Reply {
  const reply = members(value);
  return {
    status: statusOf(reply['statusCode'], 'statusCode', true),
    headers: payload1Fields(reply).filter(([name]) => !isHopByHop(name)),
    body: bodyBytes(reply['body'] ?? undefined, flagOf(reply, 'isBase64Encoded')),
    defaultType: 'text/plain; charset=utf-8',
  };
}

/** Multi values first, then the single ones that are not among them. */
function payload1Fields(reply: Members): Pair[] {
  const multi = headerEntries(reply['multiValueHeaders'], 'multiValueHeaders').flatMap(
    ([name, values]) =>
      arrayValue(name, values).map((value) => field(name, scalarValue(name, value))),
  );
  const single = headerEntries(reply['headers'], 'headers')
    .filter(([, value]) => value !== null)
    .map(([name, value]) => field(name, scalarValue(name, value)))
    .filter(([name, value]) => !multi.some(([known, text]) => known === name && text === value));
  return [...multi, ...single];
}

export function restApiError(reason: string, status = 502): Reply {
  return platformError(status, 'application/json', '{"message": "Internal server error"}', reason);
}

export function httpApiError(reason: string, status = 500): Reply {
  return platformError(status, 'application/json', '{"message":"Internal Server Error"}', reason);
}
