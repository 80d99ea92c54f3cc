/**
 * Every HTTP event source of Lambda as a subject of the table: a request becomes that source's
 * event, and the reply becomes what its front would deliver.
 */
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import {
  lambdaEvent,
  lambdaFailure,
  type LambdaRequest,
  lambdaResponse,
  type LambdaSource,
  type SourceOptions,
} from '../../src/aws-model.ts';
import type { Driver, Limit, Subject } from '../../src/testing/conformance.ts';
import type { TestResponse } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';

const MB = 1_000_000;

/**
 * A function returns one JSON value: no streaming, no bytes in headers, no say in framing, no word
 * of a client that left.
 */
const ANY_EVENT: readonly Limit[] = [
  'no-streaming',
  'no-disconnect',
  'no-framing',
  'no-header-budget',
  'origin-form-only',
  'text-request-headers',
  'text-response-headers',
];
/**
 * API Gateway and function URLs have no reason phrase in their replies, speak TLS only, and set
 * X-Forwarded-*.
 */
const GATEWAY: readonly Limit[] = [...ANY_EVENT, 'no-reason', 'https-only', 'own-forwarded'];
/** An HTTP API has decoded the path before the event is written (honojs/hono#2156). */
const DECODED: readonly Limit[] = ['decoded-path', 'utf8-path'];
/** The request line's version is in none of these events. */
const BALANCER: readonly Limit[] = [...ANY_EVENT, 'fixed-protocol', 'own-forwarded'];
/**
 * How a reply could hold two values of a name is documented nowhere; cookies go out one each (see
 * lattice.ts).
 */
const LATTICE: readonly Limit[] = [...BALANCER, 'grouped-query', 'one-header-value'];
const EDGE: readonly Limit[] = [...ANY_EVENT, 'fixed-protocol', 'https-only'];

interface SourceRow {
  limits: readonly Limit[];
  maxRequest: number;
  maxResponse: number;
  /** What the URL has in front of the path, and the set-up that makes it so. */
  mount?: string;
  options?: SourceOptions;
}

const SOURCES: Readonly<Record<LambdaSource, SourceRow>> = {
  'rest-api': {
    // Slashes after the stage are collapsed; the query map is decoded; Date and Server come out as
    // x-amzn-remapped-….
    limits: [...GATEWAY, 'one-leading-slash', 'parsed-query', 'own-date-server'],
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
    mount: '/live',
    options: { stage: 'live' },
  },
  'http-api-1': {
    limits: [...GATEWAY, ...DECODED, 'parsed-query'],
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
  },
  'http-api-2': {
    limits: [...GATEWAY, ...DECODED, 'one-header-value'],
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
    mount: '/dev',
    options: { stage: 'dev' },
  },
  'function-url': {
    // Date comes out as x-amzn-remapped-date.
    limits: [...GATEWAY, 'one-header-value', 'own-date-server'],
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
  },
  alb: {
    limits: [
      ...BALANCER,
      'grouped-query',
      'last-query-value',
      'last-header-value',
      'one-header-value',
    ],
    maxRequest: MB,
    maxResponse: MB,
  },
  'alb-multi': {
    // A real load balancer reverses the values of one header (dougmoscrop/serverless-http#244), and
    // so does this one.
    limits: [...BALANCER, 'grouped-query', 'unordered-header-values'],
    maxRequest: MB,
    maxResponse: MB,
    options: { reverse: true },
  },
  'lattice-1': {
    limits: [...LATTICE, 'last-query-value'],
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
  },
  'lattice-2': {
    limits: LATTICE,
    maxRequest: 4.5 * MB,
    maxResponse: 6 * MB,
  },
  // A viewer's body is cut at 40 KB, and a generated response may be no longer.
  'edge-viewer': { limits: EDGE, maxRequest: 40_000, maxResponse: 40_000 },
  'edge-origin': { limits: [...EDGE, 'own-forwarded'], maxRequest: MB, maxResponse: MB },
};

/** What stands between Lambda and the application; `log` is where its messages go. */
export type Wrap = (application: Application, log: (message: string) => void) => Application;

interface SubjectOptions {
  wrap?: Wrap;
  /**
   * Requests are sent at once, as to a managed instance; otherwise one after the other, as to any
   * function.
   */
  concurrent?: boolean;
  /** Clients use a domain on which no stage stands in the path. */
  ownDomain?: boolean;
}

function serve(
  source: LambdaSource,
  application: Application,
  { wrap = (inner) => inner, concurrent = false, ownDomain = false }: SubjectOptions,
  basePath?: string,
): Driver {
  const { mount = '', options } = SOURCES[source];
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const handler = toLambdaHandler(wrap(application, note), {
    log: note,
    ...(basePath !== undefined && { basePath }),
  });
  // But for managed instances, Lambda sends an event only to a sandbox that is idle.
  let idle: Promise<unknown> = Promise.resolve();
  const invoke = async (request: LambdaRequest): Promise<TestResponse> => {
    let reply: unknown;
    try {
      reply = await handler(lambdaEvent(source, request), { awsRequestId: 'request-1' });
    } catch (error) {
      return lambdaFailure(source, error, request);
    }
    return lambdaResponse(source, reply, request);
  };
  return {
    log: () => log.join('\n'),
    send(request) {
      const asked = ownDomain
        ? { customDomain: 'shop.example', ...options, ...request }
        : { ...options, ...request, target: request.target.slice(mount.length) };
      if (concurrent) return invoke(asked);
      const response = idle.then(() => invoke(asked));
      idle = response.catch(() => undefined);
      return response;
    },
  };
}

export function lambdaSubject(source: LambdaSource, options: SubjectOptions = {}): Subject {
  const { limits, maxRequest, maxResponse, mount = '' } = SOURCES[source];
  return {
    serve: (application) => serve(source, application, options),
    serveAt: (application, basePath) => serve(source, application, options, basePath),
    limits,
    maxRequest,
    maxResponse,
    mount: options.ownDomain ? '' : mount,
    buffered: true,
    multithread: false,
    multiprocess: true,
    runOnce: false,
    concurrent: options.concurrent ?? false,
  };
}
