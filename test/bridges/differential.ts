/** The same listener behind real node:http, over a loopback socket, and behind the bridge. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  fromNodeListener,
  type NodeApplication,
  type NodeListener,
} from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, type LambdaSource } from '../../src/aws-model.ts';
import { testRequest, type TestRequestOptions } from '../../src/aws-model/message.ts';

export interface Answer {
  status: number;
  reason: string;
  /** In order; a name as it was sent. */
  headers: [name: string, value: string][];
  body: Buffer;
  /** The response never came whole. */
  broken: boolean;
  log: string[];
}

/** Sends one request to `listener` behind a server of its own, which is closed afterwards. */
export async function behindNode(
  listener: NodeListener | http.Server,
  options: TestRequestOptions = {},
  /** What must have happened before the connection may go. */
  until?: Promise<unknown>,
): Promise<Answer> {
  const server =
    listener instanceof http.Server
      ? listener
      : http.createServer(listener as http.RequestListener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new http.Agent({ keepAlive: true });
  try {
    const answer = await send((server.address() as AddressInfo).port, options, agent);
    await until;
    return answer;
  } finally {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends one request to a port of this machine. */
export async function send(
  port: number,
  options: TestRequestOptions,
  agent: http.Agent,
): Promise<Answer> {
  const { method, target, headers, body } = testRequest(options);
  const answer: Answer = {
    status: 0,
    reason: '',
    headers: [],
    body: Buffer.alloc(0),
    broken: false,
    log: [],
  };
  await new Promise<void>((resolve) => {
    const fail = (): void => {
      answer.broken = true;
      resolve();
    };
    // A list, so that names and repeats are sent as they are.
    const list = headers.flat();
    if (!headers.some(([name]) => name.toLowerCase() === 'host')) list.push('Host', 'example.com');
    if (body) list.push('Content-Length', String(body.length));
    const request = http.request({
      host: '127.0.0.1',
      port,
      method,
      path: target,
      headers: list as never,
      agent,
    });
    request.on('error', fail);
    // Less than was announced: the client waits.
    request.setTimeout(1000, () => request.destroy());
    request.on('response', (response) => {
      answer.status = response.statusCode ?? 0;
      answer.reason = response.statusMessage ?? '';
      answer.headers = pairs(response.rawHeaders);
      const blocks: Buffer[] = [];
      response.on('data', (block: Buffer) => blocks.push(block));
      response.on('error', fail);
      response.on('end', () => {
        answer.body = Buffer.concat(blocks);
        resolve();
      });
    });
    request.end(body);
  });
  return answer;
}

/**
 * Calls as Node's parser does. From a promise's turn the microtasks of a listener would come before
 * what it put off to the next tick, from the event loop's they come after it.
 */
function fromTheLoop<T>(call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      call().then(resolve, reject);
    });
  });
}

/** The same through the bridge alone: what a gateway is given. */
export async function behindBridge(
  listener: NodeApplication,
  options: TestRequestOptions = {},
): Promise<Answer> {
  const { method, target, headers, body } = testRequest(options);
  const [rawPath = '', query] = target.split('?');
  const log: string[] = [];
  const environ = createEnviron(
    {
      method,
      rawPath,
      query,
      headers: headers.some(([name]) => name.toLowerCase() === 'host')
        ? headers
        : [...headers, ['Host', 'example.com']],
      body,
      scheme: 'http',
      remoteAddress: '127.0.0.1',
    },
    { errors: errorStream((message) => log.push(message)) },
  );
  const response = await fromTheLoop(async () =>
    callApplication(fromNodeListener(listener), environ),
  );
  return {
    status: Number.parseInt(response.status, 10),
    reason: response.status.slice(4),
    headers: response.headers.map(([name, value]) => [name, value]),
    body: Buffer.from(response.body),
    broken: log.length > 0 && response.status.startsWith('500'),
    log,
  };
}

/** The same through a Lambda event. */
export async function behindLambda(
  source: LambdaSource,
  listener: NodeApplication,
  options: TestRequestOptions = {},
): Promise<Answer> {
  const log: string[] = [];
  const handler = toLambdaHandler(fromNodeListener(listener), { log: (line) => log.push(line) });
  // Of a domain of its own, so that no stage is in the URL.
  const event = lambdaEvent(source, { customDomain: 'example.com', ...options });
  const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 20_000 };
  const reply = await fromTheLoop(() => handler(event, context));
  const response = lambdaResponse(source, reply, options);
  return {
    status: response.status,
    reason: response.reason ?? '',
    headers: response.headers.map(([name, value]) => [name, value]),
    body: Buffer.from(response.body),
    broken: log.length > 0 && response.status === 500,
    log,
  };
}

export function pairs(list: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [
    list[index * 2] as string,
    list[index * 2 + 1] as string,
  ]);
}

const OF_THE_FRONT = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'date',
  'content-length',
]);

/** Without what a server or front writes by itself. */
export function ownHeaders(
  { headers }: Answer,
  alsoWithout: readonly string[] = [],
): [name: string, value: string][] {
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !OF_THE_FRONT.has(lower) && !alsoWithout.includes(lower);
  });
}
