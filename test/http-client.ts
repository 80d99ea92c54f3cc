/**
 * An HTTP/1.1 client over bare sockets, for what no library would send: any byte, any target, any
 * protocol version.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Worker } from 'node:worker_threads';
import type { ArrivedBlock, Driver, RawConnection } from '../src/testing/conformance.ts';
import type { TestRequest, TestResponse } from '../src/aws-model/message.ts';

/** Where a server listens. */
export interface Address {
  port?: number;
  /** A Unix socket. */
  path?: string;
}

export interface ServerAddresses {
  http: Address;
  https?: Address;
}

/** The members of a conformance driver that only need to know where the server is. */
export function httpDriver(at: ServerAddresses): Required<Omit<Driver, 'log' | 'close'>> {
  return {
    send: (request) => send(at, request),
    stream: (request) => stream(at, request),
    sendAndLeave: (request, moment) => sendAndLeave(at, request, moment),
    connect: () => openConnection(at.http),
  };
}

export async function send(at: ServerAddresses, request: TestRequest): Promise<TestResponse> {
  const { socket, done, reader } = await exchange(at, request);
  const response = await done;
  socket.destroy();
  return { ...response, body: Buffer.concat(reader.blocks.map(({ bytes }) => bytes)) };
}

async function sendAndLeave(
  at: ServerAddresses,
  request: TestRequest,
  { bytes = Infinity, when }: { bytes?: number; when?: PromiseLike<unknown> },
): Promise<void> {
  const { socket, reader } = await exchange(at, request);
  await new Promise<void>((resolve) => {
    const leave = (): void => {
      socket.destroy();
      resolve();
    };
    void when?.then(leave);
    socket.on('data', () => {
      if (reader.length >= bytes) leave();
    });
  });
}

/** In a thread of its own, whose clock goes on while an application keeps this one busy. */
async function stream(at: ServerAddresses, request: TestRequest): Promise<ArrivedBlock[]> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const socket = require('node:net').connect(workerData.at, () => socket.write(workerData.bytes));
    socket.on('data', (bytes) => parentPort.postMessage({ bytes: new Uint8Array(bytes), at: performance.timeOrigin + performance.now() }));
    socket.on('error', () => {}).on('close', () => process.exit());`;
  const bytes = requestBytes(request);
  const thread = new Worker(code, { eval: true, workerData: { at: at.http, bytes } });
  const reader = new ResponseReader(request.method);
  await new Promise<unknown>((resolve, reject) => {
    thread.on('error', reject);
    thread.on('exit', resolve);
    thread.on('message', (message: ArrivedBlock) => {
      reader.feed(message.bytes, message.at);
      if (reader.complete) void thread.terminate();
    });
  });
  return reader.blocks;
}

async function exchange(
  at: ServerAddresses,
  request: TestRequest,
): Promise<{ socket: Socket; reader: ResponseReader; done: Promise<TestResponse> }> {
  const secure = request.scheme === 'https';
  const address = secure ? at.https : at.http;
  if (!address) throw new Error(`the server under test does not speak ${request.scheme}`);
  const socket = await open(address, secure);
  const reader = new ResponseReader(request.method);
  const done = new Promise<TestResponse>((resolve, reject) => {
    let broken = false;
    socket.on('data', (bytes: Buffer) => {
      reader.feed(bytes, performance.timeOrigin + performance.now());
      if (reader.complete) resolve(reader.response(false));
    });
    socket.on('error', () => (broken = true));
    socket.on('close', () => {
      try {
        resolve(reader.response(broken || !reader.endedByClose));
      } catch (error) {
        reject(error);
      }
    });
  });
  done.catch(() => {}); // of a client that leaves
  socket.write(requestBytes(request));
  return { socket, reader, done };
}

function open(address: Address, secure = false): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', ...address } as { port: number };
    const socket: Socket = secure
      ? connectTls({ ...options, rejectUnauthorized: false }, () => resolve(socket))
      : connectTcp(options, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** A connection to write to and read from by hand. */
export async function openConnection(address: Address): Promise<RawConnection> {
  const socket = await open(address);
  const came: Uint8Array[] = [];
  let wake = (): void => {};
  let closed = false;
  socket.on('data', (bytes: Buffer) => {
    came.push(bytes);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    wake();
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async read() {
      while (came.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
      return came.shift() ?? new Uint8Array(0);
    },
    destroy: () => socket.destroy(),
  };
}

export function requestBytes(request: TestRequest): Buffer {
  const { method, target, headers, protocol = 'HTTP/1.1' } = request;
  const lines = [
    `${method} ${target} ${protocol}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, request.body ?? new Uint8Array(0)]);
}

/** Reads one response out of the bytes that come. */
export class ResponseReader {
  blocks: ArrivedBlock[] = [];
  /** Bytes of body that have come. */
  length = 0;
  complete = false;
  #method: string;
  #pending = '';
  #head: Omit<TestResponse, 'body'> | undefined;
  #chunked = false;
  /** Bytes of the body, or of the chunk being read, that are still to come. */
  #due = Infinity;

  constructor(method: string) {
    this.#method = method;
  }

  /** Whether a body of this kind ends with the connection. */
  get endedByClose(): boolean {
    return this.#head !== undefined && !this.#chunked && this.#due === Infinity;
  }

  feed(bytes: Uint8Array, at: number): void {
    this.#pending += Buffer.from(bytes).toString('latin1');
    if (!this.#head && !this.#readHead()) return;
    while (!this.complete && this.#readBody(at));
  }

  response(aborted: boolean): TestResponse {
    if (!this.#head) throw new Error('the connection closed before a response had come');
    return {
      ...this.#head,
      body: new Uint8Array(0),
      ...(aborted && !this.complete && { aborted: true }),
    };
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [statusLine = '', ...lines] = this.#pending.slice(0, end).split('\r\n');
    this.#pending = this.#pending.slice(end + 4);
    const [, code, reason = ''] = /^HTTP\/1\.1 ([0-9]{3}) (.*)$/.exec(statusLine) ?? [];
    if (code === undefined) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    const status = Number(code);
    if (status < 200) return this.#readHead();
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    this.#head = { status, reason, headers };
    const of = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1];
    this.#chunked = of('transfer-encoding') === 'chunked';
    const length = of('content-length');
    if (this.#method === 'HEAD' || status === 204 || status === 304) this.complete = true;
    else if (this.#chunked) this.#due = 0;
    else if (length !== undefined) this.#due = Number(length);
    if (this.#due === 0 && !this.#chunked) this.complete = true;
    return true;
  }

  /** One step; false when more bytes are needed. */
  #readBody(at: number): boolean {
    if (this.#chunked && this.#due === 0) return this.#readChunkHead();
    if (this.#pending === '') return false;
    const part = this.#pending.slice(0, this.#due);
    this.#pending = this.#pending.slice(part.length);
    this.#due -= part.length;
    this.length += part.length;
    this.blocks.push({ bytes: Buffer.from(part, 'latin1'), at });
    if (this.#due === 0 && !this.#chunked) this.complete = true;
    return true;
  }

  #readChunkHead(): boolean {
    // Node sends neither extensions nor, of its own accord, trailers.
    const [line, size = ''] = /^(?:\r\n)?([0-9A-Fa-f]+)\r\n/.exec(this.#pending) ?? [];
    if (line === undefined) return false;
    this.#due = Number.parseInt(size, 16);
    if (this.#due > 0) this.#pending = this.#pending.slice(line.length);
    else this.complete = this.#pending.startsWith('\r\n', line.length);
    return this.#due > 0;
  }
}
