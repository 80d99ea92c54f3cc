/** The HTTP server of a front: it reads whole requests, writes answers, and limits clients. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Header } from '../../types.ts';
import type { FrontAnswer, FrontHandler, FrontRequest } from './front.ts';
import { ABSOLUTE, requestHost } from './names.ts';

export interface FrontServerOptions {
  handler: FrontHandler;
  /** The most bytes a body may have, and the answer to more. */
  bodyLimit: number;
  tooLarge: FrontAnswer;
  onAnswered: (request: FrontRequest, answer: FrontAnswer, ms: number) => void;
}

/** A front by the Host header of a request; undefined refuses it. */
export type FindFront = (host: string | undefined) => FrontServerOptions | undefined;

/** The largest head in bytes that Node accepts; each front has a lower limit of its own. */
const MAX_HEAD = 80 * 1024;
/** How long a client may take for a head and for a whole request, in ms. */
const HEAD_TIMEOUT = 20_000;
const REQUEST_TIMEOUT = 60_000;

export async function startServer(host: string, port: number, find: FindFront): Promise<Server> {
  const server = createServer(
    { maxHeaderSize: MAX_HEAD, headersTimeout: HEAD_TIMEOUT, requestTimeout: REQUEST_TIMEOUT },
    (request, response) => {
      serve(find, request, response).catch(() => response.destroy());
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export async function stopServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function serve(
  find: FindFront,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const begun = performance.now();
  const { host, isValid } = requestHost(incoming.url ?? '/', hostsOf(incoming));
  if (!isValid) return await send(NO_HOST, incoming, response);
  const front = find(host);
  if (!front) return await send(REFUSED, incoming, response);
  const body = await readBody(incoming, front.bodyLimit);
  const request = requestOf(incoming, body ?? new Uint8Array());
  const answer = body ? await answerRequest(front, request) : front.tooLarge;
  front.onAnswered(request, answer, performance.now() - begun);
  if (body) await send(answer, incoming, response);
  else await sendAndLinger(answer, incoming, response);
}

/** An unexpected error is a fault of gatecall: the client gets a 500, the terminal the reason. */
async function answerRequest(
  { handler }: FrontServerOptions,
  request: FrontRequest,
): Promise<FrontAnswer> {
  try {
    return await handler(request);
  } catch (error) {
    return textAnswer(500, 'The local gateway failed; its terminal says why.', String(error));
  }
}

function textAnswer(status: number, text: string, problem?: string): FrontAnswer {
  const body = Buffer.from(`${text}\n`);
  const length = ['content-length', String(body.length)] as const;
  return { status, headers: [['content-type', 'text/plain'], length], body, problem };
}

/** How long a client may go on sending after the answer, in ms. */
const LINGER = 500;

/**
 * Reads on for a while: a connection that is closed at once is reset, and the client may never read
 * the answer.
 */
async function sendAndLinger(
  { status, headers, body }: FrontAnswer,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('connection', 'close');
  response.writeHead(status, headers.flat());
  response.write(body);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LINGER);
    incoming.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    incoming.resume();
  });
  response.end();
}

/**
 * DNS rebinding: any web page can let its own host name resolve to this machine, so that only known
 * names are answered.
 */
const REFUSED = textAnswer(
  421,
  'This host name is none of a local front. Use localhost, or allow it with --allowed-host.',
);

const NO_HOST = textAnswer(400, 'A request has one host: name, or name:port.');

/** Each Host header: `incoming.headers` keeps the first alone. */
function hostsOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && /^host$/i.test(rawHeaders[at - 1] ?? ''));
}

/** The whole body; undefined when it is over the limit. The rest stays unread then. */
function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(incoming.headers['content-length'] ?? 0) > limit) return resolve(undefined);
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limit) return;
      incoming.off('data', take);
      chunks.length = 0;
      resolve(undefined);
    };
    incoming.on('data', take);
    incoming.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
    incoming.on('error', reject);
  });
}

function requestOf(incoming: IncomingMessage, body: Uint8Array): FrontRequest {
  const { rawHeaders, socket } = incoming;
  const headers: Header[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  }
  // An IPv4 client of an IPv6 socket.
  const address = (socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '');
  return {
    ...newRequest(address, socket.localPort ?? 0),
    method: incoming.method ?? 'GET',
    ...originForm(incoming.url ?? '/', headers),
    body,
  };
}

/** The parts of a request that its client does not send. */
export function newRequest(
  clientAddress: string,
  port: number,
): Pick<FrontRequest, 'id' | 'clientAddress' | 'port' | 'time' | 'traceId'> {
  const time = Date.now();
  const seconds = Math.floor(time / 1000).toString(16);
  const traceId = `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
  return { id: randomUUID(), clientAddress, port, time, traceId };
}

/** RFC 9112 section 3.2.2: the authority of an absolute target replaces Host. */
function originForm(target: string, headers: Header[]): Pick<FrontRequest, 'target' | 'headers'> {
  const [, authority, rest = ''] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined) return { target, headers };
  const others = headers.filter(([name]) => name.toLowerCase() !== 'host');
  return {
    target: rest.startsWith('/') ? rest : `/${rest}`,
    headers: [['Host', authority], ...others],
  };
}

async function send(
  answer: FrontAnswer,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, reason, headers, body } = answer;
  // An unread body must not be read as the next request.
  if (!incoming.complete) response.setHeader('connection', 'close');
  if (reason === undefined) response.writeHead(status, headers.flat());
  else response.writeHead(status, reason, headers.flat());
  if (body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  for await (const piece of body) {
    if (response.destroyed) break;
    if (response.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done);
        resolve();
      };
      response.on('drain', done).on('close', done);
    });
  }
  response.end();
}
