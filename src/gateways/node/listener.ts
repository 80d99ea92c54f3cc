/** One request of `node:http`: refuse it or call the application, send the response, log. */
import { addAfter, afterFunction } from '../../core/after.ts';
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
import { completeParts, isRead, NodeRequestParts, useReadBody } from './request.ts';
import { ResponseTransport } from './response.ts';
import type { NodeRequest, NodeResponse } from './types.ts';

export interface ListenerSettings {
  sink: LogSink;
  onError?: ErrorCallback | undefined;
  basePath: readonly string[] | undefined;
  /** The number of trusted proxies in front. */
  trustedProxies: number;
  maxBody: number;
  multiprocess: boolean;
  /** For `gatecall.source`. */
  source: string;
  /**
   * The header, in lower case, in which the platform names the request, for `gatecall.request_id`.
   */
  requestId?: string | undefined;
  /** Whether to refuse HTTP/1.1 without Host (RFC 9112 section 3.2), where Node has not done so. */
  requireHost?: boolean | undefined;
  /** Whether to refuse an expectation other than `100-continue` (RFC 9110 section 10.1.1). */
  rejectExpectation?: boolean | undefined;
  /** Connections on which the next request cannot be told from the rest of the last one. */
  unsafeConnections: WeakSet<object>;
  /**
   * Whether no other code, such as middleware of Express, has changed the request and the response.
   */
  exclusive?: boolean | undefined;
  /** Called before each request. */
  onBegin?: ((response: NodeResponse) => void) | undefined;
  /** Called when it is over, however it ended. */
  onEnd?: ((finished: FinishedRequest) => void) | undefined;
  /**
   * Called with work that was given to `gatecall.after`, which never rejects: its failure is
   * logged.
   */
  onAfter?: ((work: PromiseLike<unknown>) => void) | undefined;
}

/** What an access log needs. */
export interface FinishedRequest {
  request: NodeRequest;
  response: NodeResponse;
  headers: HeaderList;
  /** The client's, from the environ if the application had one. */
  address: NativeString | undefined;
  user: NativeString | undefined;
  /** `''` when the client left before there was one. */
  status: NativeString;
  /** Bytes of body sent. */
  bytes: number;
}

/** @param expectsContinue Whether the client waits for `100 Continue` before it sends its body */
export function handle(
  application: Application,
  settings: ListenerSettings,
  request: NodeRequest,
  response: NodeResponse,
  expectsContinue = false,
): void {
  // A refusal that closes the connection is on its way.
  if (settings.unsafeConnections.has(request.socket)) return;
  new RequestHandler(settings, request, response, expectsContinue).run(application);
}

const BAD_REQUEST = '400 Bad Request';
const TOO_LARGE = '413 Content Too Large';
const EXPECTATION_FAILED = '417 Expectation Failed';

/** ms for which a body that is not wanted is read and dropped. */
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
  /** Parts that are not over: the application and the connection. */
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
    // Behind other pipelined requests a response has no connection yet, and does not emit `close`
    // when that is lost.
    if (this.#response.socket === null) socket?.setMaxListeners(0).once('close', this.#onClose);
    const refusal = this.#refusal();
    if (refusal === undefined) this.#call(application);
    else {
      if (refusal !== TOO_LARGE) {
        // What follows on this connection may be part of this request, and may have been parsed
        // already.
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
    const { parts } = this;
    completeParts(parts, this.#request, this.#settings.trustedProxies);
    if (parts.hasBody) this.#takeBody(parts);
    // The log names the whole target, which only the environ has below a mount.
    const called = callApplication(application, parts.scriptName ? this.environ : this, {
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
    // The client may still send its body, so what comes next on this connection is not known.
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
    const { onAfter, requestId, source, trustedProxies } = this.#settings;
    const { parts } = this;
    const environ = createEnviron(parts, this.server);
    if (parts.isMount) moveToScriptName(environ, environ.PATH_INFO);
    const remotePort = this.#request.socket?.remotePort;
    // Behind a proxy it is the proxy's.
    if (remotePort !== undefined && trustedProxies === 0) environ.REMOTE_PORT = String(remotePort);
    environ['gatecall.source'] = source;
    this.#abort = new AbortController();
    if (this.signal.aborted) this.#abort.abort(this.signal.reason);
    environ['gatecall.signal'] = this.#abort.signal;
    addAfter(environ, afterFunction(this.#errors, onAfter ?? ignore));
    const id = requestId && findHeader(parts.headers, requestId);
    if (id) environ['gatecall.request_id'] = id;
    return environ;
  }

  #takeBody(parts: NodeRequestParts): void {
    if (isRead(this.#request)) useReadBody(parts, this.#request.rawBody);
    else if (parts.contentLength !== 0) {
      const length = parts.contentLength;
      this.#body = this.#openBody();
      parts.input = streamedInput(this.#body, length === undefined ? {} : { length });
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
          this.#transport = new ResponseTransport(this.#response, this.#settings.exclusive);
          void this.#sendPage(TOO_LARGE);
        }
      },
    });
  }

  /** The server's own answer. If it cannot be sent, the client has gone. */
  async #sendPage(status: NativeString): Promise<void> {
    if (status === TOO_LARGE) this.#linger();
    await sendErrorPage(this.#transport, status, this.parts.method !== 'HEAD').catch(() => {});
  }

  /**
   * Reads and drops the rest of the body for a while. Closing at once would reset the connection,
   * and a client that is still sending would never read the answer.
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

  /** The client has gone: aborts the application's work. */
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

function ignore(): void {}
