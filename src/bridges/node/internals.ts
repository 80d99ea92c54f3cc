/** The types that the parts of this bridge share, and what Node keeps inside of a response. */
import { type IncomingMessage, nodeHttp, type ServerResponse } from './builtin.ts';
import type { HeaderList } from '../../types.ts';
import type { Incoming } from './incoming.ts';

/** What a request, a response and their socket ask of the exchange that they belong to. */
export interface ExchangeHooks {
  readonly incoming: Incoming;
  /** Bytes that may wait before `write` says false. */
  readonly highWaterMark: number;
  /** Bytes written and not yet taken. */
  readonly queued: number;
  /** Whether the last event of the response was emitted. */
  readonly closed: boolean;
  setHead(status: string, headers: HeaderList): void;
  /** The head leaves at the end of this turn: until then the response may still become a list. */
  flush(): void;
  /** @returns whether there is room for more */
  push(block: Uint8Array, callback: Callback | undefined): boolean;
  end(block: Uint8Array | undefined): void;
  announceEnd(): void;
  /** Logs an error that came too late to change the response. */
  log(error: unknown): void;
  /** Something reads the request's body. */
  readBody(): void;
  /** The socket was ended: what was written still leaves, and nothing after it. */
  socketEnded(): void;
  /** The socket was destroyed, by a listener or because the client has gone. */
  socketDestroyed(error: Error | undefined): void;
  /** Nothing was written for as long as `setTimeout()` said. */
  socketTimedOut(): void;
}

/** Node's own members that its types leave out, and the exchange. */
export interface BridgeResponse extends ServerResponse {
  _events: object | undefined;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _closed: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _implicitHeader(): void;
  _exchange: ExchangeHooks;
}

/** What handles a request. If it returns a promise, its rejection fails the response. */
export type Dispatch = (request: IncomingMessage, response: BridgeResponse) => unknown;

export type HeaderValue = string | number | readonly string[];
export type Callback = (error?: Error | null) => void;

/**
 * The symbols under which Node keeps a response's state, found on a real one by their description.
 */
interface Symbols {
  outHeaders: symbol;
  needDrain: symbol;
  corked: symbol;
  errored: symbol;
  socket: symbol | 'socket';
  chunkedBuffer: symbol;
  chunkedLength: symbol;
  writableFinished: symbol;
  bytesWritten: symbol;
}

interface Internals {
  symbols: Symbols;
  /** Node's own methods, as they are on its prototypes now. */
  setHeader: ServerResponse['setHeader'];
  writeHead: ServerResponse['writeHead'];
  implicitHeader: () => void;
  highWaterMark: number;
  /**
   * Node 24 calls the callback of `end` before it emits `finish`; earlier versions made a listener
   * of it.
   */
  callsBackFirst: boolean;
}

let found: Internals | undefined;

export function internals(): Internals {
  if (found) return found;
  const { ServerResponse } = nodeHttp();
  const sample = new ServerResponse({
    method: 'GET',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  } as never);
  const own = Object.getOwnPropertySymbols(sample);
  const find = (name: string): symbol =>
    own.find(({ description }) => description === name) ?? Symbol(name);
  const { setHeader, writeHead, _implicitHeader } = ServerResponse.prototype as BridgeResponse;
  found = {
    setHeader,
    writeHead,
    implicitHeader: _implicitHeader,
    symbols: {
      outHeaders: find('kOutHeaders'),
      needDrain: find('kNeedDrain'),
      corked: find('corked'),
      errored: find('errored'),
      socket: Object.hasOwn(sample, 'socket') ? 'socket' : find('kSocket'),
      chunkedBuffer: find('kChunkedBuffer'),
      chunkedLength: find('kChunkedLength'),
      writableFinished: find('kWritableFinished'),
      bytesWritten: find('kBytesWritten'),
    },
    highWaterMark: sample.writableHighWaterMark,
    callsBackFirst: own.some(({ description }) => description === 'kEndCallbacks'),
  };
  return found;
}

/** A response's member under one of Node's symbols. */
export function member(response: BridgeResponse, name: symbol | string): unknown {
  return (response as unknown as Record<symbol | string, unknown>)[name];
}

export function setMember(response: BridgeResponse, name: symbol | string, value: unknown): void {
  (response as unknown as Record<symbol | string, unknown>)[name] = value;
}

export function nodeError(type: ErrorConstructor, code: string, message: string): Error {
  return Object.assign(new type(message), { code });
}
