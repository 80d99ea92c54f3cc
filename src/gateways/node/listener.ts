/** One request of `node:http`: build an environ, call the application, send. */
import { callApplication } from '../../call.ts';
import { createEnviron } from '../../environ.ts';
import { describeError, errorStream, type ErrorSink } from '../../error-stream.ts';
import { ClientDisconnected } from '../../errors.ts';
import { findHeader } from '../../headers.ts';
import { sendErrorPage } from '../../transport.ts';
import type { Application, Environ, ErrorStream, NativeString } from '../../types.ts';
import { type RequestBody, requestBody } from './body.ts';
import { receive, type Received, requestFacts } from './request.ts';
import { ResponseTransport } from './response.ts';
import type { NodeRequest, NodeResponse } from './types.ts';

export interface ListenerSettings {
  sink: ErrorSink;
  basePath: readonly string[] | undefined;
  /** Trusted proxies in front. */
  hops: number;
  maxBody: number;
  multiprocess: boolean;
  /** For `gatecall.source`. */
  source: string;
  /** The header, in lower case, in which the platform names the request, for `gatecall.request_id`. */
  requestId?: string | undefined;
  /** Whether to refuse HTTP/1.1 without Host (RFC 9112 section 3.2), where Node has not done so. */
  requireHost?: boolean | undefined;
  /** The client expects what nobody here can do (RFC 9110 section 10.1.1). */
  unmet?: boolean | undefined;
  /** Connections of which nobody knows any more where a request begins. */
  broken: WeakSet<object>;
  /** The body where the platform has read it already. */
  readBody?: ((request: NodeRequest) => Uint8Array | undefined) | undefined;
  /** A response is due. */
  onBegin?: ((response: NodeResponse) => void) | undefined;
  /** It is over, one way or another. */
  onEnd?: ((exchange: Exchanged) => void) | undefined;
  /** Work that was given to `gatecall.after`; its failure is logged and does not show here. */
  onAfter?: ((work: PromiseLike<unknown>) => void) | undefined;
}

/** What an access log wants to know. */
export interface Exchanged {
  request: NodeRequest;
  response: NodeResponse;
  environ: Environ | undefined;
  /** `''` when the client left before there was one. */
  status: NativeString;
  /** Bytes of body sent. */
  bytes: number;
}

/** @param awaited The client waits for `100 Continue` before it sends its body, and nobody has said so yet. */
export function handle(
  application: Application,
  settings: ListenerSettings,
  request: NodeRequest,
  response: NodeResponse,
  awaited = false,
): void {
  // It goes down with the refusal that is on its way.
  if (settings.broken.has(request.socket)) return;
  const received = receive(request);
  const transport = new ResponseTransport(response);
  // An error event nobody listens to ends the process. What it says comes through the write's callback as well.
  response.on('error', ignore);
  settings.onBegin?.(response);
  const refusal = received.refusal ?? refusalOf(request, received, settings);
  if (refusal === undefined)
    void serve(application, settings, request, response, received, transport, awaited);
  else void refuse(settings, request, response, refusal, transport);
}

function ignore(): void {}

const TOO_LARGE = '413 Content Too Large';

function refusalOf(
  { httpVersion }: NodeRequest,
  { hasHost, length = 0 }: Received,
  { maxBody, requireHost, unmet }: ListenerSettings,
): NativeString | undefined {
  if (unmet) return '417 Expectation Failed';
  if (requireHost && !hasHost && httpVersion === '1.1') return '400 Bad Request';
  return length > maxBody ? TOO_LARGE : undefined;
}

async function refuse(
  { onEnd, broken }: ListenerSettings,
  request: NodeRequest,
  response: NodeResponse,
  status: NativeString,
  transport: ResponseTransport,
): Promise<void> {
  if (status === TOO_LARGE) linger(request);
  else {
    // What follows on this connection may be part of the request that was refused, and may have been parsed already.
    broken.add(request.socket);
    response.shouldKeepAlive = false;
  }
  response.once('close', () => transport.gone());
  await sendErrorPage(transport, status, request.method !== 'HEAD').catch(ignore);
  onEnd?.({ request, response, environ: undefined, status, bytes: transport.bytes });
}

/**
 * A client that is still sending reads the answer only if its connection is not reset, which closing it at once would do. So the rest is
 * read and dropped for a while.
 */
function linger(request: NodeRequest): void {
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER).unref();
}
const LINGER = 1000;

async function serve(
  application: Application,
  settings: ListenerSettings,
  request: NodeRequest,
  response: NodeResponse,
  received: Received,
  transport: ResponseTransport,
  awaited: boolean,
): Promise<void> {
  const errors = errorStream(settings.sink);
  const left = new AbortController();
  const onClose = (): void => {
    if (response.writableFinished) return;
    transport.gone();
    left.abort(new ClientDisconnected());
  };
  response.once('close', onClose);
  // Behind other pipelined requests a response has no connection yet, and is not told when that is lost.
  if (response.socket === null) request.socket.setMaxListeners(0).once('close', onClose);

  let body: RequestBody | undefined;
  let refused: NativeString = '';
  const ready = settings.readBody?.(request);
  if (received.hasBody && !ready) {
    body = requestBody(request, {
      limit: settings.maxBody,
      onRead: () => {
        if (awaited && !response.headersSent) response.writeContinue();
        awaited = false;
      },
      onOversize: () => {
        const answered = transport.open;
        transport.gone();
        left.abort(new ClientDisconnected());
        if (answered) response.destroy();
        else {
          refused = TOO_LARGE;
          void refuse(
            { ...settings, onEnd: undefined },
            request,
            response,
            TOO_LARGE,
            new ResponseTransport(response),
          );
        }
      },
    });
  }
  const facts = requestFacts(request, received, body, settings.hops);
  if (ready) facts.body = ready;
  const environ = createEnviron(facts, {
    errors,
    basePath: settings.basePath,
    concurrent: true,
    multiprocess: settings.multiprocess,
  });
  extend(environ, request, received, settings, left.signal, errors);
  try {
    await callApplication(application, environ, transport, { signal: left.signal });
  } catch (error) {
    errors.write(`the response could not be sent\n${describeError(error)}\n`);
    response.destroy();
  }
  // Its client still holds back the body, so what comes next on this connection is anybody's guess.
  if (awaited && !request.complete) linger(request);
  body?.release();
  const status = refused || (transport.open ? transport.status : '');
  settings.onEnd?.({ request, response, environ, status, bytes: transport.bytes });
}

/** The keys that are gatecall's own. */
function extend(
  environ: Environ,
  request: NodeRequest,
  { headers }: Received,
  settings: ListenerSettings,
  signal: AbortSignal,
  errors: ErrorStream,
): void {
  const { remotePort } = request.socket ?? {};
  // Behind a proxy it would be the proxy's.
  if (remotePort !== undefined && settings.hops === 0) environ.REMOTE_PORT = String(remotePort);
  environ['gatecall.source'] = settings.source;
  environ['gatecall.signal'] = signal;
  environ['gatecall.after'] = (work: PromiseLike<unknown>): void => {
    const logged = work.then(undefined, (error: unknown) => {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
      return errors.flush();
    });
    settings.onAfter?.(logged);
  };
  const id = settings.requestId && findHeader(headers, settings.requestId);
  if (id) environ['gatecall.request_id'] = id;
}
