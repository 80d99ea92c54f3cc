/** One invocation: the event as an environ, and the way to a reply in one piece. */
import { BufferedResponse, callApplication, sendErrorPage } from '../../call.ts';
import { createEnviron } from '../../environ.ts';
import { errorStream } from '../../error-stream.ts';
import { statusCode } from '../../status.ts';
import type { Application, Environ } from '../../types.ts';
import { encodeBody } from './body.ts';
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
  return { source, environ, truncated: source.truncated?.(event as LambdaEvent) ?? false };
}

export async function bufferedReply(
  application: Application,
  { source, environ, truncated }: Invocation,
  { isText, onError }: Settings,
): Promise<LambdaReply> {
  const { REQUEST_METHOD: method, REQUEST_URI: target, 'wsgi.errors': errors } = environ;
  let response = new BufferedResponse();
  if (truncated) await sendErrorPage(response, '413 Content Too Large');
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
