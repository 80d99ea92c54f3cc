/** What Node keeps inside of a response, and what its types leave out of one. */
import { nodeHttp, type ServerResponse } from './builtin.ts';
import type { Exchange } from './exchange.ts';

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
  _exchange: Exchange;
}

export type HeaderValue = string | number | readonly string[];
export type Callback = (error?: Error | null) => void;

/** The symbols under which Node keeps a response's state, found on a real one by what they are called. */
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
  /** Node 24 calls back who ended a response before it emits `finish`; its forerunners made a listener of the callback. */
  callsBackFirst: boolean;
}

let known: Internals | undefined;

export function internals(): Internals {
  if (known) return known;
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
  known = {
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
  return known;
}

export function nodeError(type: ErrorConstructor, code: string, message: string): Error {
  return Object.assign(new type(message), { code });
}
