/** One process's HTTP server: limits, timeouts, the access log, and an end that loses nothing. */
import type { Server as HttpServer, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Application } from '../../types.ts';
import { accessLine, unreadableLine } from './access-log.ts';
import type { ListenAddress } from './address.ts';
import { withLazyHeaders } from './incoming.ts';
import { listen } from './listen.ts';
import { handle, type ListenerSettings } from './listener.ts';
import type { ServeSettings } from './serve-options.ts';
import type { NodeResponse } from './types.ts';

export interface WebServer {
  /** Listens by itself. */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /** Takes a connection that another process has accepted. */
  accept(socket: Socket): void;
  /** Takes no more connections, lets requests that have begun end, and settles when all is over or the time is. */
  stop(): Promise<void>;
}

/** @param onRequest is told how many requests have come */
export function webServer(
  application: Application,
  settings: ServeSettings,
  onRequest: (count: number) => void = () => {},
): WebServer {
  const active = new Set<NodeResponse>();
  const connections = new Set<Socket>();
  const after = new Set<PromiseLike<unknown>>();
  const { accessLog } = settings;
  const refused = new WeakSet<Socket>();
  let stopping = false;
  let started = false;
  let count = 0;
  let onIdle: (() => void) | undefined;

  const listener: ListenerSettings = {
    ...settings.listener,
    sole: true,
    onBegin(response) {
      active.add(response);
      if (stopping) response.shouldKeepAlive = false;
      onRequest(++count);
    },
    onEnd(exchange) {
      active.delete(exchange.response);
      accessLog?.(accessLine(exchange, new Date()));
      if (stopping) server.closeIdleConnections();
      onIdle?.();
    },
    onAfter(work) {
      after.add(work);
      void finished(work);
    },
  };
  const finished = async (work: PromiseLike<unknown>): Promise<void> => {
    await work;
    after.delete(work);
    onIdle?.();
  };

  const server = createServer(settings);
  server.on('request', (request, response) => handle(application, listener, request, response));
  // Asked to continue only when the application reads: one that refuses never sees the body.
  server.on('checkContinue', (request, response) =>
    handle(application, listener, request, response, true),
  );
  server.on('checkExpectation', (request, response) => {
    handle(application, { ...listener, unmet: true }, request, response);
  });
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      onIdle?.();
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Each further piece that comes is an error again.
    if (refused.has(socket)) return;
    refused.add(socket);
    const begun = [...active].some(
      (response) => response.socket === socket && response.headersSent,
    );
    const code = refuse(error, socket, begun);
    if (code !== undefined) accessLog?.(unreadableLine(socket.remoteAddress, code, new Date()));
  });

  return {
    listen: (address) => listen(server, address),
    accept(socket) {
      // Node starts the clock for its timeouts when a server begins to listen, which this one never does.
      if (!started) started = server.emit('listening');
      server.emit('connection', socket);
      socket.resume();
    },
    async stop() {
      stopping = true;
      for (const response of active) if (!response.headersSent) response.shouldKeepAlive = false;
      server.close();
      server.closeIdleConnections();
      const deadline = Date.now() + settings.stopTimeout;
      // A connection that has just come may hold a request that has not been read yet.
      await idle(Math.min(LAST_CALL, settings.stopTimeout), () => connections.size === 0);
      await idle(deadline - Date.now(), () => active.size === 0 && after.size === 0);
      server.closeAllConnections();
    },
  };

  function idle(ms: number, reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (reached()) {
        resolve();
        return;
      }
      const timer = setTimeout(finish, Math.max(ms, 0));
      function finish(): void {
        clearTimeout(timer);
        onIdle = undefined;
        resolve();
      }
      onIdle = () => {
        if (reached()) finish();
      };
    });
  }
}

/** ms in which a connection without a request may still send one when the server stops. */
const LAST_CALL = 500;

function createServer(settings: ServeSettings): HttpServer {
  const { keepAliveTimeout, headersTimeout, requestTimeout, maxHeader } = settings;
  const http = process.getBuiltinModule('node:http');
  const options: ServerOptions & { optimizeEmptyRequests: boolean } = {
    IncomingMessage: withLazyHeaders(http.IncomingMessage),
    // Of a request without a body Node 24 keeps no stream then: nothing here would read it.
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
  // Beyond a number Node drops headers in silence, and the application would see another request than the proxy did. maxHeader bounds them.
  server.maxHeadersCount = 0;
  return server;
}

/** Node looks every 30 s unless told, so that shorter timeouts would not hold. */
function checkInterval(...timeouts: number[]): number {
  const shortest = Math.min(...timeouts.filter((ms) => ms > 0), 60_000);
  return Math.max(Math.round(shortest / 2), 50);
}

const ANSWERS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what could not be read as a request. Undefined where there is nobody to answer. */
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
  // At once would reset it, and a client that still sends would never read the answer.
  setTimeout(() => socket.destroy(), 1000).unref();
  return code;
}
