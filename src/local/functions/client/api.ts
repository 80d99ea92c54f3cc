/** The requests a runtime makes of the Runtime API. */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest,
} from 'node:http';
import type { ErrorReport } from '../outcome.ts';

/** An event with the headers of its response. */
export interface RuntimeEvent {
  requestId: string;
  event: unknown;
  /** In ms since 1970. */
  deadline: number;
  traceId: string;
  arn: string;
  clientContext: unknown;
  identity: unknown;
  tenantId: string | undefined;
}

const [host, port] = (process.env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ROOT = '/2018-06-01/runtime';

/** A request that is not sent yet. */
export function open(method: string, path: string, headers: OutgoingHttpHeaders): ClientRequest {
  return httpRequest({ host, port, method, path: ROOT + path, headers, agent });
}

/** Waits for the next event. The process ends when the Runtime API is gone. */
export async function nextEvent(): Promise<RuntimeEvent> {
  let response: Response;
  try {
    response = await send('GET', '/invocation/next', { accept: '*/*' });
  } catch {
    process.exit(1);
  }
  if (response.status !== 200) process.exit(1);
  const header = (name: string): string | undefined => {
    const value = response.headers[`lambda-runtime-${name}`];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    requestId: header('aws-request-id') ?? '',
    event: JSON.parse(response.text) as unknown,
    deadline: Number(header('deadline-ms')),
    traceId: header('trace-id') ?? '',
    arn: header('invoked-function-arn') ?? '',
    clientContext: optionalJson(header('client-context')),
    identity: optionalJson(header('cognito-identity')),
    tenantId: header('aws-tenant-id'),
  };
}

export async function postResult({ requestId }: RuntimeEvent, json: string): Promise<void> {
  await post(`/invocation/${encodeURIComponent(requestId)}/response`, json);
}

export async function postError({ requestId }: RuntimeEvent, error: ErrorReport): Promise<void> {
  await post(`/invocation/${encodeURIComponent(requestId)}/error`, JSON.stringify(error));
}

export async function postInitError(error: ErrorReport): Promise<void> {
  const type = error.errorType.replace(/[^\x20-\x7e]/g, '?');
  const headers = { 'Lambda-Runtime-Function-Error-Type': type };
  await post('/init/error', JSON.stringify(error), headers);
}

async function post(
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const length = String(Buffer.byteLength(body));
  const type = { 'content-type': 'application/json', 'content-length': length };
  await send('POST', path, { ...type, ...headers }, body);
}

interface Response {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  text: string;
}

function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Response> {
  const request = open(method, path, headers);
  request.end(body);
  return readResponse(request);
}

/** The whole answer to a request. */
export function readResponse(request: ClientRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
  });
}

function optionalJson(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
