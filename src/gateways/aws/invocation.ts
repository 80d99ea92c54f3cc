/** One invocation: the event as an environ, and the way to a reply in one piece. */
import { callApplication, type CallOptions } from '../../call.ts';
import { BufferedResponse, sendErrorPage } from '../../transport.ts';
import { createEnviron } from '../../environ.ts';
import { describeError, errorStream } from '../../error-stream.ts';
import { statusCode } from '../../status.ts';
import type { Interruption } from '../../interruption.ts';
import type { Application, Environ, ErrorStream } from '../../types.ts';
import { encodeBody } from './body.ts';
import { type Deadline, watchDeadline } from './deadline.ts';
import { overLimit } from './limit.ts';
import type { Settings } from './options.ts';
import type { EventSource, LambdaEvent } from './source.ts';
import { eventSource, type LambdaReply } from './sources.ts';
import { isTextType } from './text.ts';

export interface Invocation {
  source: EventSource<LambdaReply>;
  environ: Environ;
  /** The platform cut the request's body. */
  truncated: boolean;
  deadline: Deadline | undefined;
  /** Work that goes on after the response. */
  after: PromiseLike<unknown>[];
}

/** @throws {TypeError} for an event that is no HTTP request */
export function receive(event: unknown, context: unknown, settings: Settings): Invocation {
  const source = eventSource(event);
  const environ = createEnviron(source.request(event as LambdaEvent), {
    errors: errorStream(settings.sink),
    basePath: settings.basePath,
    concurrent: settings.concurrent,
    multiprocess: true,
  });
  environ['gatecall.event'] = event;
  environ['gatecall.context'] = context;
  environ['gatecall.source'] = source.id;
  const requestId = (context as { awsRequestId?: unknown } | null | undefined)?.awsRequestId;
  if (typeof requestId === 'string') environ['gatecall.request_id'] = requestId;
  const after: PromiseLike<unknown>[] = [];
  environ['gatecall.after'] = (work: PromiseLike<unknown>): void => {
    after.push(work);
    // Its failure is logged when its turn comes, which may be after Node has called it unhandled.
    work.then(undefined, () => undefined);
  };
  const deadline = watchDeadline(context, settings.deadlineMargin);
  if (deadline) environ['gatecall.signal'] = deadline.warning;
  const truncated = source.truncated?.(event as LambdaEvent) ?? false;
  return { source, environ, truncated, deadline, after };
}

/** How the application is called, whatever the transport. */
export function callOptions({ deadline }: Invocation, { onError }: Settings): CallOptions {
  return deadline
    ? { onError, signal: deadline.giveUp, stopTimeout: deadline.stopTimeout }
    : { onError };
}

/**
 * Waits for the work given to `gatecall.after`, for Lambda stops the process with the invocation. The response is
 * complete, so failures are logged and change nothing.
 */
export function finishInvocation(
  { after, deadline }: Invocation,
  errors: ErrorStream,
): void | Promise<void> {
  if (after.length > 0) return finishWork(after, deadline, errors);
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
      await (deadline ? unlessLate(work, deadline.giveUp) : work);
    } catch (error) {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
    }
  }
  deadline?.clear();
  await errors.flush();
}

function unlessLate(work: PromiseLike<unknown>, signal: Interruption): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(signal.reason);
    if (signal.aborted) late();
    signal.addEventListener('abort', late, { once: true });
    work.then(resolve, reject);
  });
}

/** The reply in one piece. */
export async function bufferedReply(
  application: Application,
  invocation: Invocation,
  settings: Settings,
): Promise<LambdaReply> {
  const { source, environ } = invocation;
  const { REQUEST_METHOD: method, REQUEST_URI: target, 'wsgi.errors': errors } = environ;
  try {
    const response = new BufferedResponse();
    if (invocation.truncated) await sendErrorPage(response, '413 Content Too Large');
    else {
      const called = callApplication(
        application,
        environ,
        response,
        callOptions(invocation, settings),
      );
      if (!response.ended) invocation.deadline?.arm();
      await called;
    }
    const first = encode(source, response, settings.isText);
    if (first.problem === undefined) return first.reply;

    // Sent as it is, the platform would answer a 502 of its own that says nothing.
    errors.write(`${method} ${target}: ${first.problem}\n`);
    const { onOversize } = settings;
    if (first.size !== undefined && onOversize) {
      const { status, headers, body } = response;
      invocation.deadline?.arm();
      const oversize = { status, headers, body, size: first.size, limit: source.limit };
      const other = new BufferedResponse();
      const instead: Application = async (...request) => (await onOversize(oversize))(...request);
      await callApplication(instead, environ, other, callOptions(invocation, settings));
      const second = encode(source, other, settings.isText);
      if (second.problem === undefined) return second.reply;
      errors.write(`${method} ${target}: the answer of onOversize: ${second.problem}\n`);
    }
    await errors.flush();
    if (settings.onError === 'throw') throw new RangeError(first.problem);
    const page = new BufferedResponse();
    await sendErrorPage(page, '500 Internal Server Error', method !== 'HEAD');
    return encode(source, page, isTextType).reply;
  } finally {
    const finishing = finishInvocation(invocation, errors);
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
    const problem = `the reply is ${size} bytes once encoded, and ${source.title} takes ${source.limit}; send less, stream it, or redirect to a file store`;
    return { reply, problem, size };
  }
  const code = statusCode(response.status);
  if (code > 599)
    return { reply, problem: `no status above 599 passes ${source.title}; got ${code}` };
  return { reply };
}
