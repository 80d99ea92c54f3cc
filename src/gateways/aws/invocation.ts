/** One invocation: the event as an environ, and the way to a reply in one piece. */
import { callApplication, type CallOptions, type CallTransport } from '../../core/call.ts';
import {
  BufferedResponse,
  SEND_LESS,
  sendErrorPage,
  type Transport,
} from '../../core/transport.ts';
import {
  createEnviron,
  type RequestParts,
  requestTarget,
  type ServerInfo,
} from '../../core/request/environ.ts';
import { describeError, errorStream } from '../../core/request/error-stream.ts';
import { statusCode } from '../../http/status.ts';
import { type AbortSignalLike, abortable } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Application, Environ, ErrorStream } from '../../types.ts';
import { encodeBody } from './body.ts';
import type { Deadline } from './deadline.ts';
import { overLimit } from './limit.ts';
import type { Settings } from './options.ts';
import type { EventSource, LambdaEvent } from './source.ts';
import { eventSource, type LambdaReply } from './sources.ts';
import { isTextType } from './text.ts';

/** One event, received. */
export class Invocation implements GatewayRequest {
  readonly source: EventSource<LambdaReply>;
  readonly parts: RequestParts;
  readonly server: ServerInfo;
  readonly deadline: Deadline | undefined;
  /** Work that goes on after the response. */
  readonly after: PromiseLike<unknown>[] = [];
  readonly #event: unknown;
  readonly #context: unknown;
  #environ: Environ | undefined;

  /** @throws {TypeError} for an event that is no HTTP request */
  constructor(event: unknown, context: unknown, settings: Settings) {
    this.source = eventSource(event);
    this.parts = this.source.request(event as LambdaEvent);
    this.server = {
      errors: errorStream(settings.sink),
      basePath: settings.basePath,
      concurrent: settings.concurrent,
      multiprocess: true,
    };
    this.deadline = settings.watch.deadline(context);
    this.#event = event;
    this.#context = context;
  }

  get signal(): AbortSignalLike | undefined {
    return this.deadline?.warning;
  }

  /** Whether the platform cut the request's body. */
  get truncated(): boolean {
    return this.source.truncated?.(this.#event as LambdaEvent) ?? false;
  }

  get environ(): Environ {
    return (this.#environ ??= this.#makeEnviron());
  }

  #makeEnviron(): Environ {
    const { deadline } = this;
    const environ = createEnviron(this.parts, this.server);
    environ['gatecall.event'] = this.#event;
    environ['gatecall.context'] = this.#context;
    environ['gatecall.source'] = this.source.id;
    const requestId = (this.#context as { awsRequestId?: unknown } | null | undefined)
      ?.awsRequestId;
    if (typeof requestId === 'string') environ['gatecall.request_id'] = requestId;
    environ['gatecall.after'] = collector(this.after);
    if (deadline) environ['gatecall.signal'] = deadline.warningSignal();
    return environ;
  }
}

/**
 * `gatecall.after`. Made by a function of its own, not in the assignment: V8 allocates a function literal that is assigned to a property
 * among the old objects, as if it were a method, and until the next major collection it keeps the whole request alive. Every
 * scavenge then copies all requests, and the young generation grows to 64 MB (Node 24; 6 µs a request instead of 8).
 */
function collector(after: PromiseLike<unknown>[]): (work: PromiseLike<unknown>) => void {
  return (work) => {
    after.push(work);
    // Its failure is logged when its turn comes, which may be after Node has called it unhandled.
    work.then(undefined, () => undefined);
  };
}

/** How the application is called, whatever the transport. */
export function callOptions<T extends Transport>(
  transport: T,
  { deadline }: Invocation,
  { throwErrors, onError }: Settings,
): CallOptions & CallTransport<T> {
  return { transport, throwErrors, onError, signal: deadline, stopTimeout: deadline?.stopTimeout };
}

/**
 * Waits for the work given to `gatecall.after`, for Lambda stops the process with the invocation. The response is
 * complete, so failures are logged and change nothing.
 */
export function finishInvocation({ after, deadline, server }: Invocation): void | Promise<void> {
  if (after.length > 0) return finishWork(after, deadline, server.errors);
  deadline?.clear();
}

async function finishWork(
  after: PromiseLike<unknown>[],
  deadline: Deadline | undefined,
  errors: ErrorStream,
): Promise<void> {
  deadline?.arm();
  // Work may ask for more work.
  for (let work = after.shift(); work; work = after.shift()) {
    try {
      await (deadline ? abortable(work, deadline) : work);
    } catch (error) {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
    }
  }
  deadline?.clear();
  await errors.flush();
}

/** The reply in one piece. */
export async function bufferedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
): Promise<LambdaReply> {
  const { source, parts, server } = invocation;
  const { errors } = server;
  const log = (problem: string): void =>
    errors.write(`${parts.method} ${requestTarget(parts)}: ${problem}\n`);
  try {
    const response = new BufferedResponse(settings.onOversize ? Infinity : source.limit);
    if (invocation.truncated) await sendErrorPage(response, '413 Content Too Large');
    else {
      const called = callApplication(
        application,
        invocation,
        callOptions(response, invocation, settings),
      );
      if (called instanceof Promise) {
        invocation.deadline?.arm();
        await called;
      }
    }
    const first = encode(source, response, settings.isText);
    if (first.problem === undefined) return first.reply;

    // Sent as it is, the platform would answer a 502 of its own that says nothing.
    log(first.problem);
    const { onOversize } = settings;
    if (first.size !== undefined && onOversize) {
      const { status, headers, body } = response;
      invocation.deadline?.arm();
      const oversize = { status, headers, body, size: first.size, limit: source.limit };
      const other = new BufferedResponse();
      const instead: Application = async (...request) => (await onOversize(oversize))(...request);
      await callApplication(instead, invocation.environ, callOptions(other, invocation, settings));
      const second = encode(source, other, settings.isText);
      if (second.problem === undefined) return second.reply;
      log(`the answer of onOversize: ${second.problem}`);
    }
    await errors.flush();
    if (settings.throwErrors) throw new RangeError(first.problem);
    const page = new BufferedResponse();
    await sendErrorPage(page, '500 Internal Server Error', parts.method !== 'HEAD');
    return encode(source, page, isTextType).reply;
  } finally {
    const finishing = finishInvocation(invocation);
    if (finishing) await finishing;
  }
}

interface Encoded {
  reply: LambdaReply;
  /** Why the platform would refuse it. */
  problem?: string;
  /** Its bytes, where that is why. */
  size?: number;
}

function encode(
  source: EventSource<LambdaReply>,
  response: BufferedResponse,
  isText: (contentType: string) => boolean,
): Encoded {
  const body = encodeBody(response, isText);
  const reply = source.reply(response, body);
  const size = overLimit(source, reply, response, body);
  if (size !== undefined) {
    const problem = `the reply is ${size} bytes once encoded, and ${source.title} takes ${source.limit}; ${SEND_LESS}`;
    return { reply, problem, size };
  }
  const code = statusCode(response.status);
  if (code > 599)
    return { reply, problem: `no status above 599 passes ${source.title}; got ${code}` };
  return { reply };
}
