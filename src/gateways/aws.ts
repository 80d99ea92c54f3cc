/**
 * AWS Lambda: an application as the handler of every HTTP event source.
 *
 * ```ts
 * import { toLambdaHandler } from 'gatecall/aws';
 * export const handler = toLambdaHandler(application);
 * ```
 */
import { describe } from '../bytes.ts';
import { BufferedResponse, callApplication, sendErrorPage } from '../call.ts';
import { createEnviron } from '../environ.ts';
import { type ErrorSink, errorStream } from '../error-stream.ts';
import { statusCode } from '../status.ts';
import type { Application } from '../types.ts';
import { type AlbMultiReply, type AlbSingleReply, albMulti, albSingle } from './aws/alb.ts';
import { encodeBody } from './aws/body.ts';
import { edgeOrigin, type EdgeReply, edgeViewer } from './aws/edge.ts';
import { functionUrl } from './aws/function-url.ts';
import { httpApi1 } from './aws/http-api-1.ts';
import { httpApi2 } from './aws/http-api-2.ts';
import { lattice1, lattice2, type LatticeReply } from './aws/lattice.ts';
import { overLimit } from './aws/limit.ts';
import { isAuthorizer, notHttp } from './aws/not-http.ts';
import type { Payload1Reply } from './aws/payload-1.ts';
import type { Payload2Reply } from './aws/payload-2.ts';
import { restApi } from './aws/rest-api.ts';
import { type EventSource, isObject, type LambdaEvent } from './aws/source.ts';
import { isTextType } from './aws/text.ts';

export type {
  AlbMultiReply,
  AlbSingleReply,
  EdgeReply,
  LatticeReply,
  Payload1Reply,
  Payload2Reply,
};

/** What goes back to Lambda: the shape of whichever source sent the event. */
export type LambdaReply =
  | Payload1Reply
  | Payload2Reply
  | AlbSingleReply
  | AlbMultiReply
  | LatticeReply
  | EdgeReply;

/** A Lambda handler, of two parameters: Node 24's runtime refuses one that declares a callback. */
export type LambdaHandler = (event: unknown, context?: unknown) => Promise<LambdaReply>;

export interface LambdaOptions {
  /** Prefixes of the path that belong to the mount and move to `SCRIPT_NAME`, e.g. a custom domain's `'/shop'`. */
  basePath?: string | readonly string[];
  /** Where `wsgi.errors` and the gateway's own log go. `console.error` unless told. */
  errors?: ErrorSink;
  /**
   * What an application's error becomes: `'respond'` logs it with its stack and answers a fixed 500; `'throw'` logs it and
   * fails the invocation, which shows in Lambda's error metric and reaches the client as the platform's 502.
   */
  onError?: 'respond' | 'throw';
  /** Whether a Content-Type names text, to be sent as a string where its bytes are UTF-8, instead of base64. */
  isText?: (contentType: string) => boolean;
}

/** In the order in which their shapes must be told apart: the more particular first. */
const SOURCES: readonly EventSource<LambdaReply>[] = [
  edgeViewer,
  edgeOrigin,
  albMulti,
  albSingle,
  functionUrl,
  httpApi2,
  lattice2,
  lattice1,
  httpApi1,
  restApi,
];

/**
 * An application as a Lambda handler for REST APIs, HTTP APIs (payload 1.0 and 2.0), function URLs, load balancers, VPC
 * Lattice and Lambda@Edge. Which of them an event comes from, the event tells; the reply has that source's shape.
 *
 * ```ts
 * export const handler = toLambdaHandler((environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [new TextEncoder().encode(`Hello ${environ.PATH_INFO}\n`)];
 * });
 * ```
 *
 * The environ also holds `gatecall.event`, `gatecall.context`, `gatecall.source` (`'rest-api'`, `'http-api-2'`, …) and
 * `gatecall.request_id`. A reply over the platform's limit (6 MB; 1 MB behind a load balancer; 40 KB from a viewer-request
 * function) becomes a logged 500.
 *
 * @throws {TypeError} at once for an option that does not exist or has no fitting value
 * @throws {TypeError} from the handler for an event that is no HTTP request, naming what it is
 */
export function toLambdaHandler(
  application: Application,
  options: LambdaOptions = {},
): LambdaHandler {
  checkOptions(application, options);
  const { errors: sink = logToConsole, isText = isTextType, onError = 'respond' } = options;
  const basePath = mountPoints(options.basePath);
  // Since 2026 Lambda can run several invocations in one process, and says so here.
  const concurrent = Number(process.env['AWS_LAMBDA_MAX_CONCURRENCY'] ?? 1) > 1;

  return async (event, context) => {
    const source = eventSource(event);
    const errors = errorStream(sink);
    const environ = createEnviron(source.request(event as LambdaEvent), {
      errors,
      basePath,
      concurrent,
      multiprocess: true,
    });
    environ['gatecall.event'] = event;
    environ['gatecall.context'] = context;
    environ['gatecall.source'] = source.id;
    const requestId = (context as { awsRequestId?: unknown } | null | undefined)?.awsRequestId;
    if (typeof requestId === 'string') environ['gatecall.request_id'] = requestId;
    const { REQUEST_METHOD: method, REQUEST_URI: target } = environ;

    let response = new BufferedResponse();
    if (source.truncated?.(event as LambdaEvent))
      await sendErrorPage(response, '413 Content Too Large');
    else await callApplication(application, environ, response, { onError });
    const body = encodeBody(response, isText);
    const reply = source.reply(response, body);
    const problem = unsendable(source, response, overLimit(source, reply, response, body));
    if (problem === undefined) return reply;

    // Sent as it is, the platform would answer a 502 of its own that says nothing.
    errors.write(`${method} ${target}: ${problem}\n`);
    await errors.flush();
    if (onError === 'throw') throw new RangeError(problem);
    response = new BufferedResponse();
    await sendErrorPage(response, '500 Internal Server Error', method !== 'HEAD');
    return source.reply(response, encodeBody(response, isTextType));
  };
}

/** @throws {TypeError} naming what came instead of an HTTP request */
function eventSource(event: unknown): EventSource<LambdaReply> {
  if (isObject(event) && !isAuthorizer(event)) {
    for (const source of SOURCES) if (source.matches(event)) return source;
  }
  throw notHttp(event);
}

function unsendable(
  source: EventSource,
  response: BufferedResponse,
  size: number | undefined,
): string | undefined {
  if (size !== undefined) {
    return `the reply is ${size} bytes once encoded, and ${source.title} takes ${source.limit}; send less, stream it, or redirect to a file store`;
  }
  const code = statusCode(response.status);
  return code > 599 ? `no status above 599 passes ${source.title}; got ${code}` : undefined;
}

/** Looked up at each call, so that a console patched later (as Lambda's runtime and test tools do) is the one used. */
function logToConsole(message: string): void {
  console.error(message);
}

// ── Options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const OPTIONS: Readonly<Record<keyof LambdaOptions, (value: never) => boolean>> = {
  basePath: (value: unknown) =>
    [value].flat().every((path) => typeof path === 'string' && path.startsWith('/')),
  errors: (value: unknown) =>
    typeof value === 'function' ||
    typeof (value as { write?: unknown } | null)?.write === 'function',
  onError: (value: unknown) => value === 'respond' || value === 'throw',
  isText: (value: unknown) => typeof value === 'function',
};

function checkOptions(application: unknown, options: object): void {
  if (typeof application !== 'function') {
    throw new TypeError(
      `an application is a function (environ, startResponse) => body; got ${describe(application)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const accepts = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof LambdaOptions] : undefined;
    if (!accepts) {
      throw new TypeError(
        `toLambdaHandler has no option ${name}; it has ${Object.keys(OPTIONS).join(', ')}`,
      );
    }
    if (!accepts(value as never)) {
      throw new TypeError(`toLambdaHandler cannot use ${describe(value)} as option ${name}`);
    }
  }
}

function mountPoints(basePath: LambdaOptions['basePath']): readonly string[] | undefined {
  if (basePath === undefined) return undefined;
  return [basePath].flat().map((path) => path.replace(/\/+$/, ''));
}
