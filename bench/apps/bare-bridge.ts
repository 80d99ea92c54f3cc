/**
 * The least that a Node listener costs: Node's own `IncomingMessage` with its headers, and a light
 * response of the fields that frameworks look at, both born with the application's prototypes. No
 * value is checked, no error is caught, no deadline watched, nothing streams, nobody hears `finish`
 * or `close`; only the small GET is answered.
 */
import http from 'node:http';
import { type BareEvent, bareReply, pathOf, queryOf } from './bare.ts';

type Dispatch = (request: http.IncomingMessage, response: http.ServerResponse) => unknown;
type Fields = Record<string | symbol, unknown>;
type Ended = (body: string | Uint8Array | undefined) => void;

/** Where Node keeps the headers of a response. */
const OUT_HEADERS = Object.getOwnPropertySymbols(new http.ServerResponse({} as never)).find(
  ({ description }) => description === 'kOutHeaders',
) as symbol;

export function bareBridge(
  dispatch: Dispatch,
  app?: { request?: object; response?: object },
): (event: BareEvent) => Promise<object> {
  const Request = requestClass(app?.request ?? http.IncomingMessage.prototype);
  const Response = responseClass(app?.response ?? http.ServerResponse.prototype);
  return (event) =>
    new Promise((resolve, reject) => {
      if (event.body) return reject(new Error('the bare bridge takes no body'));
      const socket = new BareSocket();
      const request = new Request(socket);
      socket.request = request;
      fill(request as unknown as Fields, event);
      const response = new Response(request, (body) => {
        const headers: Record<string, string> = {};
        const stored = (response as unknown as Fields)[OUT_HEADERS] as Record<string, string[]>;
        for (const name in stored) headers[name] = String(stored[name]?.[1]);
        resolve(bareReply(event, response.statusCode, headers, Buffer.from(body ?? '')));
      });
      return dispatch(request, response);
    });
}

function fill(request: Fields, event: BareEvent): void {
  const query = queryOf(event);
  request['method'] = event.requestContext.http?.method ?? 'GET';
  request['url'] = query === '' ? pathOf(event) : `${pathOf(event)}?${query}`;
  request['originalUrl'] = request['url'];
  request['httpVersion'] = '1.1';
  request['httpVersionMajor'] = 1;
  request['httpVersionMinor'] = 1;
  request['complete'] = true;
  const list: string[] = [];
  let byName: Record<string, string>;
  if (event.multiValueHeaders) {
    byName = {};
    for (const name in event.multiValueHeaders) {
      const value = event.multiValueHeaders[name]?.[0] ?? '';
      list.push(name, value);
      byName[lowerOf(name)] = value;
    }
  } else {
    for (const name in event.headers) list.push(name, event.headers[name] as string);
    byName = COPY(event.headers);
  }
  if (event.cookies) {
    byName['cookie'] = event.cookies.join('; ');
    list.push('cookie', byName['cookie']);
  }
  (request['_addHeaderLines'] as (list: string[], length: number) => void)(list, list.length);
  request['headers'] = byName;
}

// What is added to a spread object makes a hidden class for each on Node 20.
const COPY: (headers: Record<string, string>) => Record<string, string> =
  process.version.startsWith('v20.')
    ? (headers) => Object.assign({}, headers)
    : (headers) => ({ ...headers });

const LOWER = new Map<string, string>();

function lowerOf(name: string): string {
  let lower = LOWER.get(name);
  if (lower === undefined) LOWER.set(name, (lower = name.toLowerCase()));
  return lower;
}

class BareSocket {
  readable = true;
  writable = true;
  destroyed = false;
  encrypted = true;
  remoteAddress = '203.0.113.7';
  request: http.IncomingMessage | undefined;
  on(): void {}
  once(): void {}
  removeListener(): void {}
  /** Who answers an error reads the request to its end before. */
  resume(): void {
    this.request?.push(null);
  }
}

function requestClass(prototype: object): new (socket: BareSocket) => http.IncomingMessage {
  const Request = function (this: Fields, socket: BareSocket): void {
    // Room for all that the constructor sets, or each of them would move the object.
    this['_events'] = undefined;
    this['_readableState'] = undefined;
    this['_maxListeners'] = undefined;
    this['socket'] = undefined;
    this['httpVersionMajor'] = null;
    this['httpVersionMinor'] = null;
    this['httpVersion'] = null;
    this['complete'] = false;
    this['rawHeaders'] = undefined;
    this['rawTrailers'] = undefined;
    this['joinDuplicateHeaders'] = false;
    this['aborted'] = false;
    this['upgrade'] = null;
    this['url'] = '';
    this['method'] = null;
    this['statusCode'] = null;
    this['statusMessage'] = null;
    this['client'] = undefined;
    this['_consuming'] = false;
    this['_dumped'] = false;
    this['originalUrl'] = '';
    (http.IncomingMessage as unknown as (this: Fields, socket: BareSocket) => void).call(
      this,
      socket,
    );
  };
  Request.prototype = prototype;
  return Request as never;
}

function responseClass(
  prototype: object,
): new (request: http.IncomingMessage, ended: Ended) => http.ServerResponse {
  const Response = function (this: Fields, request: http.IncomingMessage, ended: Ended): void {
    this[OUT_HEADERS] = null;
    this['_events'] = undefined;
    this['_eventsCount'] = 0;
    this['_maxListeners'] = undefined;
    this['writable'] = true;
    this['destroyed'] = false;
    this['sendDate'] = true;
    this['_contentLength'] = null;
    this['_removedContLen'] = false;
    this['_hasBody'] = true;
    this['finished'] = false;
    this['_headerSent'] = false;
    this['_header'] = null;
    this['req'] = request;
    this['statusCode'] = 200;
    this['statusMessage'] = undefined;
    this['setHeader'] = setHeader;
    this['writeHead'] = writeHead;
    this['end'] = end;
    this['ended'] = ended;
  };
  Response.prototype = prototype;
  return Response as never;
}

function setHeader(this: Fields, name: string, value: unknown): void {
  const stored = (this[OUT_HEADERS] ??= {}) as Record<string, unknown>;
  stored[lowerOf(name)] = [name, value];
}

function writeHead(this: Fields, status: number, headers: Record<string, unknown>): Fields {
  this['statusCode'] = status;
  for (const name in headers) setHeader.call(this, name, headers[name]);
  return this;
}

function end(this: Fields, body: string | Uint8Array): void {
  this['finished'] = true;
  this['_header'] = 'sent';
  (this['ended'] as Ended)(body);
}
