/**
 * One process's HTTP server: limits, timeouts, the access log, and a stop that loses no request.
 */
import type { IncomingMessage, Server as HttpServer, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Application } from '../../types.ts';
import { accessLine, unreadableLine } from './access-log.ts';
import type { ListenAddress } from './address.ts';
import { withLazyHeaders } from './incoming.ts';
import { listen } from './listen.ts';
import { type FinishedRequest, handle, type ListenerSettings } from './listener.ts';
import type { ServeSettings } from './serve-options.ts';
import type { NodeResponse } from './types.ts';

/** ms in which a connection without a request may still send one when the server stops. */
const LAST_CALL = 500;

/**
 * ms for which a refused client may read its answer: closing at once would reset the connection.
 */
const LINGER = 1000;

export class WebServer {
  readonly #application: Application;
  readonly #settings: ServeSettings;
  readonly #listener: ListenerSettings;
  readonly #onRequest: (count: number) => void;
  readonly #server: HttpServer;
  /** Responses that have not ended. */
  readonly #active = new Set<NodeResponse>();
  readonly #connections = new Set<Socket>();
  /** Work that was given to `gatecall.after`. */
  readonly #after = new Set<PromiseLike<unknown>>();
  /** Connections on which something came that is no request. */
  readonly #unreadable = new WeakSet<Socket>();
  #stopping = false;
  #started = false;
  #count = 0;
  #onIdle: (() => void) | undefined;

  /** @param onRequest Called with the number of requests so far */
  constructor(
    application: Application,
    settings: ServeSettings,
    onRequest: (count: number) => void = () => {},
  ) {
    this.#application = application;
    this.#settings = settings;
    this.#onRequest = onRequest;
    this.#listener = {
      ...settings.listener,
      exclusive: true,
      onBegin: (response) => this.#requestBegan(response),
      onEnd: (finished) => this.#requestEnded(finished),
      onAfter: (work) => void this.#keep(work),
    };
    this.#server = createServer(settings);
    this.#handleEvents(this.#server);
  }

  /** Accepts connections itself. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    return listen(this.#server, address);
  }

  /** Takes a connection that another process has accepted. */
  accept(socket: Socket): void {
    if (this.#connections.size >= this.#settings.maxConnections) {
      socket.destroy();
      return;
    }
    // Node starts the clock for its timeouts when a server begins to listen, which this one never
    // does.
    if (!this.#started) this.#started = this.#server.emit('listening');
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /**
   * Accepts no more connections, and settles when all requests have ended or after `stopTimeout`
   * ms.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const response of this.#active) {
      if (!response.headersSent) response.shouldKeepAlive = false;
    }
    this.#server.close();
    this.#server.closeIdleConnections();
    const { stopTimeout } = this.#settings;
    const deadline = Date.now() + stopTimeout;
    // A connection that has just come may hold a request that has not been read yet.
    await this.#idle(Math.min(LAST_CALL, stopTimeout), () => this.#connections.size === 0);
    await this.#idle(
      deadline - Date.now(),
      () => this.#active.size === 0 && this.#after.size === 0,
    );
    this.#server.closeAllConnections();
  }

  #handleEvents(server: HttpServer): void {
    const answer = (
      request: IncomingMessage,
      response: NodeResponse,
      listener: ListenerSettings,
      expectsContinue = false,
    ): void => handle(this.#application, listener, request, response, expectsContinue);
    server.on('request', (request, response) => answer(request, response, this.#listener));
    // `100 Continue` is sent when the application reads: one that refuses never gets the body.
    server.on('checkContinue', (request, response) =>
      answer(request, response, this.#listener, true),
    );
    const rejecting = { ...this.#listener, rejectExpectation: true };
    server.on('checkExpectation', (request, response) => answer(request, response, rejecting));
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => {
        this.#connections.delete(socket);
        this.#onIdle?.();
      });
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#clientError(error, socket),
    );
  }

  #requestBegan(response: NodeResponse): void {
    this.#active.add(response);
    if (this.#stopping) response.shouldKeepAlive = false;
    this.#onRequest(++this.#count);
  }

  #requestEnded(finished: FinishedRequest): void {
    this.#active.delete(finished.response);
    this.#settings.accessLog?.(accessLine(finished, new Date()));
    if (this.#stopping) this.#server.closeIdleConnections();
    this.#onIdle?.();
  }

  async #keep(work: PromiseLike<unknown>): Promise<void> {
    this.#after.add(work);
    await work;
    this.#after.delete(work);
    this.#onIdle?.();
  }

  /**
   * What came is no request. Answers to requests before it on the connection come first: put in
   * their place, the refusal would be taken for one of them.
   */
  #clientError(error: NodeJS.ErrnoException, socket: Socket): void {
    // Each further piece that comes is an error again.
    if (this.#unreadable.has(socket)) return;
    this.#unreadable.add(socket);
    const pending = [...this.#active].filter((response) => response.req.socket === socket);
    // The last request itself may be what cannot be read to its end.
    const broken = pending.find((response) => !response.req.complete);
    const earlier = pending.filter((response) => response !== broken);
    if (error.code === 'ECONNRESET' || earlier.length === 0) {
      this.#refuse(error, socket, broken?.headersSent ?? false);
      return;
    }
    const last = earlier.at(-1);
    if (last && !last.headersSent) last.shouldKeepAlive = false;
    for (const response of earlier) {
      response.once('close', () => {
        earlier.splice(earlier.indexOf(response), 1);
        if (earlier.length === 0) socket.destroySoon();
      });
    }
  }

  #refuse(error: NodeJS.ErrnoException, socket: Socket, begun: boolean): void {
    const code = refuse(error, socket, begun);
    if (code === undefined) return;
    this.#settings.accessLog?.(unreadableLine(socket.remoteAddress, code, new Date()));
  }

  #idle(ms: number, reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (reached()) {
        resolve();
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        this.#onIdle = undefined;
        resolve();
      };
      const timer = setTimeout(finish, Math.max(ms, 0));
      const onIdle = (): void => {
        if (reached()) finish();
      };
      this.#onIdle = onIdle;
    });
  }
}

function createServer(settings: ServeSettings): HttpServer {
  const { keepAliveTimeout, headersTimeout, requestTimeout, maxHeader, maxConnections } = settings;
  const http = process.getBuiltinModule('node:http');
  const options: ServerOptions & { optimizeEmptyRequests: boolean } = {
    IncomingMessage: withLazyHeaders(http.IncomingMessage),
    // Node 24 makes no stream then for a request without a body, and nothing here would read it.
    optimizeEmptyRequests: true,
    keepAliveTimeout,
    // Node insists that a header section takes no longer than its request may.
    headersTimeout: requestTimeout > 0 ? Math.min(headersTimeout, requestTimeout) : headersTimeout,
    requestTimeout,
    maxHeaderSize: maxHeader,
    connectionsCheckingInterval: checkInterval(headersTimeout, requestTimeout),
    // The listener refuses it too, and then it shows in the access log.
    requireHostHeader: false,
    // Whatever the process was started with.
    insecureHTTPParser: false,
  };
  const server = http.createServer(options);
  // Beyond a number Node drops headers without a word, and the application would see another
  // request than the proxy did. `maxHeader` bounds them.
  server.maxHeadersCount = 0;
  if (maxConnections !== Infinity) server.maxConnections = maxConnections;
  return server;
}

/** Node checks every 30 s by default, so that shorter timeouts would not hold. */
function checkInterval(...timeouts: number[]): number {
  const shortest = Math.min(...timeouts.filter((ms) => ms > 0), 60_000);
  return Math.max(Math.round(shortest / 2), 50);
}

const ANSWERS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what could not be read as a request. Undefined where no client can read an answer. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, begun: boolean): number | undefined {
  if (begun || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return undefined;
  }
  const code = ANSWERS[error.code ?? ''] ?? 400;
  const reason = process.getBuiltinModule('node:http').STATUS_CODES[code] ?? '';
  const page = `${reason}\n`;
  socket.end(
    [
      `HTTP/1.1 ${code} ${reason}`,
      `Date: ${new Date().toUTCString()}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${page.length}`,
      '',
      page,
    ].join('\r\n'),
  );
  setTimeout(() => socket.destroy(), LINGER).unref();
  return code;
}
