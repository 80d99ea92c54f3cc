/**
 * An event source, one file each: how its events are recognised and read, and how it is answered.
 */
import type { BufferedResponse } from '../../core/transport.ts';
import type { RequestParts } from '../../core/request/request-parts.ts';
import type { HeaderMap } from '../../core/request/environ-keys.ts';
import type { Log } from './reply.ts';

export interface LambdaEventSource<Reply = unknown> {
  /** The source's name in `environ['gatecall.source']`, on the command line and in event files. */
  readonly id: string;
  /** The source's name in messages. */
  readonly title: string;
  /** The largest reply that the platform takes, in bytes of JSON. */
  readonly limit: number;
  matches(event: LambdaEvent): boolean;
  /** Reads the event and changes nothing in it. */
  request(event: LambdaEvent): RequestParts;
  /**
   * Whether the platform cut the request's body. An application must not take it for the whole
   * body.
   */
  truncated?(event: LambdaEvent): boolean;
  /** The reply in the platform's shape, with exactly the platform's keys. */
  reply(response: BufferedResponse, body: EncodedBody, log: Log): Reply;
}

export interface EncodedBody {
  body: string;
  isBase64Encoded: boolean;
}

type Maybe<T> = T | null | undefined;
type Strings = Readonly<Record<string, Maybe<string | readonly Maybe<string>[]>>>;

/**
 * The members of AWS's events that the gateway reads. Each may be missing or null: in test events
 * of the console every map is null. All sources share one loose type, because these members tell
 * which source an event comes from.
 */
export interface LambdaEvent {
  version?: unknown;
  /** REST API, HTTP API 1.0, ALB */
  httpMethod?: unknown;
  resource?: unknown;
  path?: unknown;
  multiValueHeaders?: Maybe<HeaderMap>;
  multiValueQueryStringParameters?: Maybe<Strings>;
  /** HTTP API 2.0, function URL */
  rawPath?: unknown;
  rawQueryString?: unknown;
  cookies?: Maybe<readonly string[]>;
  /** Lattice */
  method?: unknown;
  raw_path?: unknown;
  query_string_parameters?: Maybe<Strings>;
  is_base64_encoded?: unknown;
  /** Several sources */
  headers?: Maybe<HeaderMap>;
  queryStringParameters?: Maybe<Strings>;
  body?: unknown;
  isBase64Encoded?: unknown;
  requestContext?: Maybe<RequestContext>;
  /** Lambda@Edge, and events that are no requests */
  Records?: Maybe<readonly Maybe<EventRecord>[]>;
  records?: unknown;
  type?: unknown;
  methodArn?: unknown;
  routeArn?: unknown;
  'detail-type'?: unknown;
  awslogs?: unknown;
  triggerSource?: unknown;
  session?: unknown;
  request?: unknown;
  info?: unknown;
  arguments?: unknown;
}

export interface RequestContext {
  elb?: unknown;
  http?: Maybe<{ method?: unknown; path?: unknown; protocol?: unknown; sourceIp?: unknown }>;
  identity?: Maybe<{ sourceIp?: unknown; principal?: unknown }>;
  authorizer?: Maybe<{
    principalId?: unknown;
    claims?: Maybe<Record<string, unknown>>;
    jwt?: Maybe<{ claims?: Maybe<Record<string, unknown>> }>;
    iam?: Maybe<{ userArn?: unknown }>;
  }>;
  connectionId?: unknown;
  domainName?: unknown;
  eventType?: unknown;
  path?: unknown;
  protocol?: unknown;
  resourcePath?: unknown;
  routeKey?: unknown;
  serviceArn?: unknown;
  serviceNetworkArn?: unknown;
  stage?: unknown;
}

export interface EventRecord {
  eventSource?: unknown;
  EventSource?: unknown;
  cf?: Maybe<{
    config?: Maybe<{ eventType?: unknown; distributionDomainName?: unknown }>;
    request?: Maybe<EdgeRequest>;
    response?: unknown;
  }>;
}

export interface EdgeRequest {
  method?: unknown;
  uri?: unknown;
  querystring?: unknown;
  clientIp?: unknown;
  headers?: Maybe<Readonly<Record<string, Maybe<readonly Maybe<{ value?: unknown }>[]>>>>;
  body?: Maybe<{ inputTruncated?: unknown; encoding?: unknown; data?: unknown }>;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A member that is text. Any other value counts as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * The limit of Lambda itself: a synchronous result of 6 MiB and 100 bytes (AWS's runtime interface
 * emulator).
 */
export const LAMBDA_LIMIT: number = 6 * 1024 * 1024 + 100;
