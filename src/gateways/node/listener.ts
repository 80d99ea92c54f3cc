/** One request of `node:http`: build an environ, call the application, send. */
import { callApplication } from '../../call.ts';
import { createEnviron, moveToScriptName } from '../../environ.ts';
import { describeError, errorStream, type ErrorSink } from '../../error-stream.ts';
import { ClientDisconnected, isA } from '../../errors.ts';
import { findHeader } from '../../headers.ts';
import { Interrupter } from '../../interruption.ts';
import { sendErrorPage } from '../../transport.ts';
import type { Application, Environ, ErrorStream, NativeString } from '../../types.ts';
import { type RequestBody, requestBody } from './body.ts';
import {
  isMountItself,
  isRead,
  receive,
  type Received,
  requestFacts,
  useBody,
  useReadBody,
} from './request.ts';
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
  new Exchange(settings, request, response, awaited).run(application);
}

const BAD_REQUEST = '400 Bad Request';
const TOO_LARGE = '413 Content Too Large';
const EXPECTATION_FAILED = '417 Expectation Failed';

/** ms for which a body that nobody wants is read and dropped. */
const LINGER = 1000;

/** One request and its response. */
class Exchange {
  readonly #settings: ListenerSettings;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #received: Received;
  readonly #interrupter = new Interrupter();
  readonly #errors: ErrorStream;
  #transport: ResponseTransport;
  #body: RequestBody | undefined;
  #environ: Environ | undefined;
  #abort: AbortController | undefined;
  #awaited: boolean;
  /** The application's part and the connection's: over when both are. */
  #running = 2;

  constructor(
    settings: ListenerSettings,
    request: NodeRequest,
    response: NodeResponse,
    awaited: boolean,
  ) {
    this.#settings = settings;
    this.#request = request;
    this.#response = response;
    this.#awaited = awaited;
    this.#received = receive(request);
    this.#transport = new ResponseTransport(response);
    this.#errors = errorStream(settings.sink);
  }

  run(application: Application): void {
    const { socket } = this.#request;
    this.#settings.onBegin?.(this.#response);
    this.#response.on('close', this.#onClose);
    // Behind other pipelined requests a response has no connection yet, and is not told when that is lost.
    if (this.#response.socket === null) socket?.setMaxListeners(0).once('close', this.#onClose);
    const refusal = this.#refusal();
    if (refusal === undefined) void this.#call(application);
    else {
      if (refusal === TOO_LARGE) this.#linger();
      else {
        // What follows on this connection may be part of this request, and may have been parsed already.
        if (socket) this.#settings.broken.add(socket);
        this.#response.shouldKeepAlive = false;
      }
      void this.#sendPage(refusal);
    }
  }

  #refusal(): NativeString | undefined {
    const { maxBody, requireHost, unmet } = this.#settings;
    const { refusal, hasHost, length = 0 } = this.#received;
    if (refusal !== undefined) return refusal;
    if (unmet) return EXPECTATION_FAILED;
    if (requireHost && !hasHost && this.#request.httpVersion === '1.1') return BAD_REQUEST;
    return length > maxBody ? TOO_LARGE : undefined;
  }

  async #call(application: Application): Promise<void> {
    const environ = this.#build();
    this.#environ = environ;
    try {
      await callApplication(application, environ, this.#transport, { signal: this.#interrupter });
    } catch (error) {
      if (!isA(error, ClientDisconnected)) {
        this.#errors.write(`the response could not be sent\n${describeError(error)}\n`);
      }
      this.#response.destroy();
    }
    // The client still holds back its body, so what comes next on this connection is anybody's guess.
    if (this.#awaited && this.#received.hasBody) this.#linger();
    this.#body?.release();
    this.#end();
  }

  #build(): Environ {
    const { basePath, hops, multiprocess, requestId, source } = this.#settings;
    const request = this.#request;
    const facts = requestFacts(request, this.#received, hops);
    if (this.#received.hasBody) {
      if (isRead(request)) useReadBody(facts, request.rawBody);
      else if (this.#received.length !== 0) this.#body = useBody(facts, this.#openBody());
    }
    const errors = this.#errors;
    const environ = createEnviron(facts, { errors, basePath, concurrent: true, multiprocess });
    if (isMountItself(request, this.#received)) moveToScriptName(environ, environ.PATH_INFO);
    const remotePort = request.socket?.remotePort;
    // Behind a proxy it would be the proxy's.
    if (remotePort !== undefined && hops === 0) environ.REMOTE_PORT = String(remotePort);
    environ['gatecall.source'] = source;
    this.#abort = new AbortController();
    environ['gatecall.signal'] = this.#abort.signal;
    environ['gatecall.after'] = this.#after;
    const id = requestId && findHeader(this.#received.headers, requestId);
    if (id) environ['gatecall.request_id'] = id;
    return environ;
  }

  #openBody(): RequestBody {
    return requestBody(this.#request, {
      limit: this.#settings.maxBody,
      onRead: () => {
        if (this.#awaited && !this.#response.headersSent) this.#response.writeContinue();
        this.#awaited = false;
      },
      onOversize: () => {
        const answered = this.#transport.open;
        this.#leave();
        if (answered) this.#response.destroy();
        else {
          this.#linger();
          this.#transport = new ResponseTransport(this.#response);
          void this.#sendPage(TOO_LARGE);
        }
      },
    });
  }

  readonly #after = (work: PromiseLike<unknown>): void => {
    const errors = this.#errors;
    const logged = work.then(undefined, (error: unknown) => {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
      return errors.flush();
    });
    this.#settings.onAfter?.(logged);
  };

  /** The server's own answer. Where it cannot be sent, the client has gone. */
  async #sendPage(status: NativeString): Promise<void> {
    await sendErrorPage(this.#transport, status, this.#request.method !== 'HEAD').catch(() => {});
    if (!this.#environ) this.#end();
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
    const reason = new ClientDisconnected();
    this.#interrupter.abort(reason);
    this.#abort?.abort(reason);
  }

  #end(): void {
    if (--this.#running !== 0) return;
    this.#settings.onEnd?.({
      request: this.#request,
      response: this.#response,
      environ: this.#environ,
      status: this.#transport.open ? this.#transport.status : '',
      bytes: this.#transport.bytes,
    });
  }
}
