/** One invocation: the event as an environ, and the way to a reply in one piece. */
import { callApplication, type CallOptions, type CallTransport } from '../../core/call.ts';
import {
  BufferedResponse,
  SEND_LESS,
  sendErrorPage,
  type Transport,
} from '../../core/transport.ts';
import { createEnviron, requestTarget } from '../../core/request/environ.ts';
import type { RequestParts, ServerInfo } from '../../core/request/request-parts.ts';
import { describeError, errorStream } from '../../core/request/error-stream.ts';
import { statusCode } from '../../http/status.ts';
import { type AbortSignalLike, abortable } from '../../core/abort.ts';
import { addAfter, afterFunction } from '../../core/after.ts';
import { escapeLogText } from '../../http/log-format.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Application, Environ } from '../../types.ts';
import { announcesBody, encodeBody } from './body.ts';
import type { Deadline } from './deadline.ts';
import { overLimit } from './limit.ts';
import type { Settings } from './options.ts';
import type { LambdaEventSource, LambdaEvent } from './source.ts';
import { type LambdaReply, sourceOf } from './sources.ts';
import { isTextType } from './text.ts';

const NO_BYTES = new Uint8Array();

/** One event, received. */
export class Invocation implements GatewayRequest {
  readonly source: LambdaEventSource<LambdaReply>;
  readonly parts: RequestParts;
  readonly server: ServerInfo;
  readonly deadline: Deadline | undefined;
  /** Work that goes on after the response. */
  readonly work: Promise<void>[] = [];
  readonly #event: unknown;
  readonly #context: unknown;
  #environ: Environ | undefined;

  /** @throws {TypeError} for an event that is no HTTP request, and for a body that is no bytes */
  constructor(event: unknown, context: unknown, settings: Settings) {
    this.source = sourceOf(event);
    const parts = this.source.request(event as LambdaEvent);
    if (parts.body === undefined && announcesBody(parts.headers)) parts.body = NO_BYTES;
    this.parts = parts;
    this.server = {
      errors: errorStream(settings.sink),
      basePath: settings.basePath,
      concurrent: settings.concurrent,
      multiprocess: true,
    };
    this.deadline = settings.deadlineTimer.deadline(context);
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

  /** Logs a problem behind the request line. */
  log(problem: string): void {
    const { parts, server } = this;
    const line = escapeLogText(`${parts.method} ${requestTarget(parts)}`);
    server.errors.write(`${line}: ${problem}\n`);
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
    addAfter(
      environ,
      afterFunction(this.server.errors, (work) => void this.work.push(work)),
    );
    if (deadline) environ['gatecall.signal'] = deadline.warningSignal();
    return environ;
  }
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
 * Waits for the work given to `gatecall.after`, for Lambda stops the process with the invocation.
 * The response is complete, so failures are logged and change nothing.
 */
export function finishInvocation(invocation: Invocation): void | Promise<void> {
  if (invocation.work.length > 0) return finishWork(invocation);
  invocation.deadline?.clear();
}

async function finishWork({ work, deadline, server: { errors } }: Invocation): Promise<void> {
  deadline?.arm();
  // Work may ask for more work, so the list grows while it is read.
  for (const piece of work) {
    try {
      await (deadline ? abortable(piece, deadline) : piece);
    } catch (error) {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
    }
  }
  deadline?.clear();
  await errors.flush();
}

/**
 * The reply in one piece: calls the application, then encodes its response, or says why no reply
 * can hold it.
 */
export async function bufferedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
): Promise<LambdaReply> {
  try {
    const response = new BufferedResponse(settings.onOversize ? Infinity : invocation.source.limit);
    const answered = invocation.truncated
      ? sendErrorPage(response, '413 Content Too Large')
      : call(application, invocation, settings, response);
    if (answered) await answered;
    const encoded = encode(invocation, response, settings.isText);
    return encoded.problem === undefined
      ? encoded.reply
      : await replyInstead(encoded, response, invocation, settings);
  } finally {
    const finishing = finishInvocation(invocation);
    if (finishing) await finishing;
  }
}

/** Calls the application. The deadline is watched only where the response takes time. */
function call(
  application: Application,
  invocation: Invocation,
  settings: Settings,
  response: BufferedResponse,
): Promise<unknown> | undefined {
  const options = callOptions(response, invocation, settings);
  const called = callApplication(application, invocation, options);
  if (!(called instanceof Promise)) return undefined;
  invocation.deadline?.arm();
  return called;
}

interface Encoded {
  reply: LambdaReply;
  /** Why the platform would refuse it. */
  problem?: string;
  /** Its bytes, where that is why. */
  size?: number;
}

function encode(
  invocation: Invocation,
  response: BufferedResponse,
  isText: (contentType: string) => boolean,
): Encoded {
  const { source } = invocation;
  const body = encodeBody(response, isText);
  const reply = source.reply(response, body, (problem) => invocation.log(problem));
  const size = overLimit(source, reply, response, body);
  if (size !== undefined) {
    const limit = `${source.title} takes ${source.limit}`;
    const problem = `the reply is ${size} bytes once encoded, and ${limit}; ${SEND_LESS}`;
    return { reply, problem, size };
  }
  const code = statusCode(response.status);
  if (code > 599)
    return { reply, problem: `no status above 599 passes ${source.title}; got ${code}` };
  return { reply };
}

/**
 * What goes out in place of a reply that the platform would refuse: the answer of `onOversize`, or
 * a 500. The refused reply itself would become a 502 of the platform's that says nothing.
 *
 * @throws {RangeError} saying why, with `throwErrors`
 */
async function replyInstead(
  { problem = '', size }: Encoded,
  response: BufferedResponse,
  invocation: Invocation,
  settings: Settings,
): Promise<LambdaReply> {
  invocation.log(problem);
  if (size !== undefined && settings.onOversize) {
    const other = await answerOversize(settings.onOversize, size, response, invocation, settings);
    if (other.problem === undefined) return other.reply;
    invocation.log(`the answer of onOversize: ${other.problem}`);
  }
  await invocation.server.errors.flush();
  if (settings.throwErrors) throw new RangeError(problem);
  const page = new BufferedResponse();
  await sendErrorPage(page, '500 Internal Server Error', invocation.parts.method !== 'HEAD');
  return encode(invocation, page, isTextType).reply;
}

async function answerOversize(
  onOversize: NonNullable<Settings['onOversize']>,
  size: number,
  { status, headers, body }: BufferedResponse,
  invocation: Invocation,
  settings: Settings,
): Promise<Encoded> {
  invocation.deadline?.arm();
  const oversize = { status, headers, body, size, limit: invocation.source.limit };
  const application: Application = async (...request) => (await onOversize(oversize))(...request);
  const response = new BufferedResponse();
  const options = callOptions(response, invocation, settings);
  await callApplication(application, invocation.environ, options);
  return encode(invocation, response, settings.isText);
}
