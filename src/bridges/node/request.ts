/** A request as Node's own `IncomingMessage`. */
import { type IncomingMessage, nodeHttp } from './builtin.ts';
import type { Incoming } from './incoming.ts';
import type { BridgeSocket } from './socket.ts';

export type RequestConstructor = new (socket: BridgeSocket) => IncomingMessage;

/** Members that Node's types leave out. */
interface RequestInternals {
  originalUrl?: string;
  baseUrl?: string;
  _addHeaderLines(list: readonly string[], length: number): void;
}

/**
 * `IncomingMessage` with another prototype. A request that is made with the prototype of
 * `app.request` turns Express's `setPrototypeOf` into a no-op. Changed afterwards, each request
 * gets a hidden class of its own on Node 20 and 22, which is four times as slow.
 */
export function requestConstructor(prototype: object): RequestConstructor {
  const { IncomingMessage } = nodeHttp();
  const Request = function (this: Record<string, unknown>, socket: BridgeSocket): void {
    // All members that the constructor sets, so that V8 leaves room for them (half of its time).
    this._events = undefined;
    this._readableState = undefined;
    this._maxListeners = undefined;
    this.socket = undefined;
    this.httpVersionMajor = null;
    this.httpVersionMinor = null;
    this.httpVersion = null;
    this.complete = false;
    this.rawHeaders = undefined;
    this.rawTrailers = undefined;
    this.joinDuplicateHeaders = false;
    this.aborted = false;
    this.upgrade = null;
    this.url = '';
    this.method = null;
    this.statusCode = null;
    this.statusMessage = null;
    this.client = undefined;
    this._consuming = false;
    this._dumped = false;
    (IncomingMessage as unknown as (this: object, socket: BridgeSocket) => void).call(this, socket);
  };
  Request.prototype = prototype;
  return Request as unknown as RequestConstructor;
}

export function createRequest(
  Request: RequestConstructor,
  socket: BridgeSocket,
  incoming: Incoming,
): IncomingMessage {
  const request = new Request(socket) as IncomingMessage & RequestInternals;
  request.method = incoming.method;
  request.url = incoming.url;
  // Only below a mount: serve-static, finalhandler and Connect prefer it to a `url` that a listener
  // has rewritten since.
  if (incoming.mounted) {
    request.originalUrl = incoming.originalUrl;
    if (incoming.baseUrl !== '') request.baseUrl = incoming.baseUrl;
  }
  request.httpVersion = incoming.isHttp10 ? '1.0' : '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = incoming.isHttp10 ? 0 : 1;
  const { list, byName } = incoming.headers;
  request._addHeaderLines(list, list.length);
  // Node would make the same of the list on the first read of `headers`, in four times the time.
  if (byName) request.headers = byName;
  return request;
}
