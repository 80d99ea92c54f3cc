/** One request of `node:http`: build an environ, call the application, send. */
import { callApplication, type ErrorCallback } from '../../core/call.ts';
import { createEnviron, moveToScriptName } from '../../core/request/environ.ts';
import type { ServerInfo } from '../../core/request/request-parts.ts';
import { describeError, errorStream, type LogSink } from '../../core/request/error-stream.ts';
import { ClientDisconnected, isA } from '../../core/errors.ts';
import { findHeader } from '../../http/headers.ts';
import { streamedInput } from '../../core/request/input.ts';
import { LightAbortController } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import { sendErrorPage } from '../../core/transport.ts';
import type { Application, Environ, ErrorStream, HeaderList, NativeString } from '../../types.ts';
import { RequestBody } from './body.ts';
import { completeFacts, isRead, NodeRequestParts, useReadBody } from './request.ts';
import { ResponseTransport } from './response.ts';
import type { NodeRequest, NodeResponse } from './types.ts';

export interface ListenerSettings {
  sink: LogSink;
  onError?: ErrorCallback | undefined;
  basePath: readonly string[] | undefined;
  /** Trusted proxies in front. */
  trustedProxies: number;
  maxBody: number;
  multiprocess: boolean;
  /** For `gatecall.source`. */
  source: string;
  /** The header, in lower case, in which the platform names the request, for `gatecall.request_id`. */
  requestId?: string | undefined;
  /** Whether to refuse HTTP/1.1 without Host (RFC 9112 section 3.2), where Node has not done so. */
  requireHost?: boolean | undefined;
  /** The client expects what nobody here can do (RFC 9110 section 10.1.1). */
  rejectExpectation?: boolean | undefined;
  /** Connections of which nobody knows any more where a request begins. */
  unsafeConnections: WeakSet<object>;
  /** Whether nobody else has a hand in requests and responses, as middleware of Express would. */
  exclusive?: boolean | undefined;
  /** A response is due. */
  onBegin?: ((response: NodeResponse) => void) | undefined;
  /** It is over, one way or another. */
  onEnd?: ((finished: FinishedRequest) => void) | undefined;
  /** Work that was given to `gatecall.after`; its failure is logged and does not show here. */
  onAfter?: ((work: PromiseLike<unknown>) => void) | undefined;
}

/** What an access log wants to know. */
export interface FinishedRequest {
  request: NodeRequest;
  response: NodeResponse;
  headers: HeaderList;
  /** The client's, as far as the application was asked and has left it. */
  address: NativeString | undefined;
  user: NativeString | undefined;
  /** `''` when the client left before there was one. */
  status: NativeString;
  /** Bytes of body sent. */
  bytes: number;
}

/** @param expectsContinue The client waits for `100 Continue` before it sends its body, and nobody has said so yet. */
export function handle(
  application: Application,
  settings: ListenerSettings,
  request: NodeRequest,
  response: NodeResponse,
  expectsContinue = false,
): void {
  // It goes down with the refusal that is on its way.
  if (settings.unsafeConnections.has(request.socket)) return;
  new RequestHandler(settings, request, response, expectsContinue).run(application);
}

const BAD_REQUEST = '400 Bad Request';
const TOO_LARGE = '413 Content Too Large';
const EXPECTATION_FAILED = '417 Expectation Failed';

/** ms for which a body that nobody wants is read and dropped. */
const LINGER = 1000;

/** One request and its response. */
class RequestHandler implements GatewayRequest {
  readonly parts: NodeRequestParts;
  readonly server: ServerInfo;
  readonly signal: LightAbortController = new LightAbortController();
  readonly #settings: ListenerSettings;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #errors: ErrorStream;
  #transport: ResponseTransport;
  #body: RequestBody | undefined;
  #environ: Environ | undefined;
  #abort: AbortController | undefined;
  #expectsContinue: boolean;
  /** The application's part and the connection's: over when both are. */
  #running = 2;

  constructor(
    settings: ListenerSettings,
    request: NodeRequest,
    response: NodeResponse,
    expectsContinue: boolean,
  ) {
    const { basePath, multiprocess } = settings;
    this.parts = new NodeRequestParts(request);
    this.#errors = errorStream(settings.sink);
    this.server = { errors: this.#errors, basePath, concurrent: true, multiprocess };
    this.#settings = settings;
    this.#request = request;
    this.#response = response;
    this.#expectsContinue = expectsContinue;
    this.#transport = new ResponseTransport(response, settings.exclusive);
  }

  run(application: Application): void {
    const { socket } = this.#request;
    this.#settings.onBegin?.(this.#response);
    this.#response.on('close', this.#onClose);
    // Behind other pipelined requests a response has no connection yet, and is not told when that is lost.
    if (this.#response.socket === null) socket?.setMaxListeners(0).once('close', this.#onClose);
    const refusal = this.#refusal();
    if (refusal === undefined) this.#call(application);
    else {
      if (refusal === TOO_LARGE) this.#linger();
      else {
        // What follows on this connection may be part of this request, and may have been parsed already.
        if (socket) this.#settings.unsafeConnections.add(socket);
        this.#response.shouldKeepAlive = false;
      }
      void this.#sendPage(refusal).then(() => this.#end());
    }
  }

  #refusal(): NativeString | undefined {
    const { maxBody, requireHost, rejectExpectation } = this.#settings;
    const { refusal, hasHost, contentLength = 0, protocol } = this.parts;
    if (refusal !== undefined) return refusal;
    if (rejectExpectation) return EXPECTATION_FAILED;
    if (requireHost && !hasHost && protocol === 'HTTP/1.1') return BAD_REQUEST;
    return contentLength > maxBody ? TOO_LARGE : undefined;
  }

  /** Without a promise where the response is complete at once. */
  #call(application: Application): void {
    const facts = this.parts;
    completeFacts(facts, this.#request, this.#settings.trustedProxies);
    if (facts.hasBody) this.#takeBody(facts);
    // Only the environ knows the whole target below a mount, which is what a log names.
    const called = callApplication(application, facts.scriptName ? this.environ : this, {
      transport: this.#transport,
      onError: this.#settings.onError,
      signal: this.signal,
    });
    if (called instanceof Promise) {
      called.then(
        () => this.#called(),
        (error: unknown) => this.#failed(error),
      );
    } else this.#called();
  }

  #called(): void {
    // The client still holds back its body, so what comes next on this connection is anybody's guess.
    if (this.#expectsContinue && this.parts.hasBody) this.#linger();
    this.#body?.release();
    this.#end();
  }

  #failed(error: unknown): void {
    if (!isA(error, ClientDisconnected)) {
      this.#errors.write(`the response could not be sent\n${describeError(error)}\n`);
    }
    this.#response.destroy();
    this.#called();
  }

  get environ(): Environ {
    return (this.#environ ??= this.#makeEnviron());
  }

  #makeEnviron(): Environ {
    const { trustedProxies, requestId, source } = this.#settings;
    const facts = this.parts;
    const environ = createEnviron(facts, this.server);
    if (facts.isMount) moveToScriptName(environ, environ.PATH_INFO);
    const remotePort = this.#request.socket?.remotePort;
    // Behind a proxy it would be the proxy's.
    if (remotePort !== undefined && trustedProxies === 0) environ.REMOTE_PORT = String(remotePort);
    environ['gatecall.source'] = source;
    this.#abort = new AbortController();
    if (this.signal.aborted) this.#abort.abort(this.signal.reason);
    environ['gatecall.signal'] = this.#abort.signal;
    environ['gatecall.after'] = afterwards(this.#settings, this.#errors);
    const id = requestId && findHeader(facts.headers, requestId);
    if (id) environ['gatecall.request_id'] = id;
    return environ;
  }

  #takeBody(facts: NodeRequestParts): void {
    if (isRead(this.#request)) useReadBody(facts, this.#request.rawBody);
    else if (facts.contentLength !== 0) {
      const length = facts.contentLength;
      this.#body = this.#openBody();
      facts.input = streamedInput(this.#body, length === undefined ? {} : { length });
    }
  }

  #openBody(): RequestBody {
    return new RequestBody(this.#request, {
      limit: this.#settings.maxBody,
      onRead: () => {
        if (this.#expectsContinue && !this.#response.headersSent) this.#response.writeContinue();
        this.#expectsContinue = false;
      },
      onOversize: () => {
        const answered = this.#transport.open;
        this.#leave();
        if (answered) this.#response.destroy();
        else {
          this.#linger();
          this.#transport = new ResponseTransport(this.#response, this.#settings.exclusive);
          void this.#sendPage(TOO_LARGE);
        }
      },
    });
  }

  /** The server's own answer. Where it cannot be sent, the client has gone. */
  async #sendPage(status: NativeString): Promise<void> {
    await sendErrorPage(this.#transport, status, this.parts.method !== 'HEAD').catch(() => {});
  }

  /**
   * A client that is still sending reads the answer only if its connection is not reset, which closing it at once would do. So the rest is
   * read and dropped for a while.
   */
  #linger(): void {
    const request = this.#request;
    request.resume();
    setTimeout(() => {
      if (!request.complete) request.socket?.destroy();
    }, LINGER).unref();
  }

  readonly #onClose = (): void => {
    if (!this.#response.writableFinished) this.#leave();
    this.#end();
  };

  /** Nobody waits for the application any more. */
  #leave(): void {
    this.#transport.gone();
    // The Node bridge emits the socket's own error, and no other.
    const { errored } = this.#request.socket ?? {};
    const reason = errored
      ? new ClientDisconnected(undefined, { cause: errored })
      : new ClientDisconnected();
    this.signal.abort(reason);
    this.#abort?.abort(reason);
  }

  #end(): void {
    if (--this.#running !== 0) return;
    this.#settings.onEnd?.({
      request: this.#request,
      response: this.#response,
      headers: this.parts.headers,
      address: this.#environ ? this.#environ.REMOTE_ADDR : this.parts.remoteAddress,
      user: this.#environ?.REMOTE_USER,
      status: this.#transport.open ? this.#transport.status : '',
      bytes: this.#transport.bytes,
    });
  }
}

/** `gatecall.after`. A function of its own makes it, or it would outlive the request (see `collector` in gateways/aws/invocation.ts). */
function afterwards(
  { onAfter }: ListenerSettings,
  errors: ErrorStream,
): (work: PromiseLike<unknown>) => void {
  return (work) => {
    const logged = work.then(undefined, (error: unknown) => {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
      return errors.flush();
    });
    onAfter?.(logged);
  };
}
