/**
 * The table through the local gateway, and there through
 * `fromNodeListener(toNodeListener(application))` as well: a client's request over HTTP to a front,
 * its event to `toLambdaHandler`, and the reply as that front's answer. The functions are in this
 * process, because the table's applications are.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fromNodeListener } from '../../src/bridges/node.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { startFronts } from '../../src/local/fronts.ts';
import type { Front } from '../../src/local/project.ts';
import type { Driver, Limit, Subject } from '../../src/testing/conformance.ts';
import type { TestRequest, TestResponse } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';
import { functionUrl, httpApi, inProcess, loadBalancer, restApi } from '../local/support.ts';
import { describeConformance } from './support.ts';

const MB = 1_000_000;

/** As in aws.test.ts, but for what this machine adds: no TLS. */
const ANY_FRONT: readonly Limit[] = [
  'no-streaming',
  'no-disconnect',
  'no-framing',
  'no-header-budget',
  'text-request-headers',
  'text-response-headers',
  'http-only',
  'own-forwarded',
  'fixed-protocol',
  // Node's client; its server refuses others.
  'upper-case-methods',
];
/** What does not begin with the stage is refused. */
const STAGED: readonly Limit[] = ['origin-form-only'];
const GATEWAY: readonly Limit[] = [...ANY_FRONT, 'no-reason'];
const DECODED: readonly Limit[] = ['decoded-path', 'utf8-path'];
const BALANCER: readonly Limit[] = [...ANY_FRONT, 'grouped-query'];

interface Row {
  front: Front;
  limits: readonly Limit[];
  max: number;
  mount?: string;
}

const everything = { method: '$default', path: '$default' };
const toFunction = (multiValueHeaders: boolean): Front =>
  loadBalancer([
    { conditions: [], action: { type: 'function', functionId: 'Hello', multiValueHeaders } },
  ]);

const FRONTS: Readonly<Record<string, Row>> = {
  'rest-api': {
    front: restApi([{ path: '/' }, { path: '/{proxy+}' }], { binaryMediaTypes: ['*/*'] }),
    limits: [...GATEWAY, ...STAGED, 'one-leading-slash', 'parsed-query', 'own-date-server'],
    max: 4.5 * MB,
    mount: '/live',
  },
  'http-api-1': {
    front: httpApi([{ ...everything, payloadFormat: '1.0' }]),
    limits: [...GATEWAY, ...DECODED, 'parsed-query'],
    max: 4.5 * MB,
  },
  'http-api-2': {
    front: httpApi([everything], { stage: 'dev' }),
    limits: [...GATEWAY, ...STAGED, ...DECODED, 'one-header-value'],
    max: 4.5 * MB,
    mount: '/dev',
  },
  'function-url': {
    front: functionUrl(),
    limits: [...GATEWAY, 'one-header-value', 'own-date-server'],
    max: 4.5 * MB,
  },
  alb: {
    front: toFunction(false),
    limits: [...BALANCER, 'last-query-value', 'last-header-value', 'one-header-value'],
    max: 0.7 * MB,
  },
  'alb-multi': { front: toFunction(true), limits: BALANCER, max: 0.7 * MB },
};

async function serve(
  front: Front,
  application: Application,
  bridged: boolean,
  basePath?: string,
): Promise<Driver> {
  const log: string[] = [];
  const errors = (message: string): void => void log.push(message);
  const served = bridged
    ? fromNodeListener(toNodeListener(application, { log: errors, multiprocess: true }))
    : application;
  const handler = toLambdaHandler(served, {
    log: errors,
    ...(basePath !== undefined && { basePath }),
  });
  // Lambda sends an event only to an instance that is idle, but for managed ones.
  let idle: Promise<unknown> = Promise.resolve();
  const Hello = (event: unknown, context: unknown): Promise<unknown> => {
    if (bridged) return handler(event, context);
    const reply = idle.then(() => handler(event, context));
    idle = reply.catch(() => undefined);
    return reply;
  };
  const project = { file: '', folder: '', functions: [], fronts: [front], notes: [] };
  const fronts = await startFronts(project, {
    functions: inProcess({ Hello }),
    port: 0,
    allowedHosts: 'any',
  });
  const { port } = new URL(fronts.list[0]?.url ?? '');
  return {
    log: () => log.join('\n'),
    send: (request) => send(Number(port), request),
    close: () => fronts.close(),
  };
}

async function send(port: number, request: TestRequest): Promise<TestResponse> {
  const { method, target, headers, body } = request;
  const sent = httpRequest({
    port,
    method,
    path: target,
    headers: headers.flat(),
    setHost: false,
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode = 0, statusMessage = '', rawHeaders } = response;
  const pairs: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    // Of this connection.
    if (name !== 'connection' && name !== 'keep-alive')
      pairs.push([name, rawHeaders[at + 1] ?? '']);
  }
  const bytes = new Uint8Array(await buffer(response));
  return { status: statusCode, reason: statusMessage, headers: pairs, body: bytes };
}

function subjectOf({ front, limits, max, mount = '' }: Row, bridged: boolean): Subject {
  return {
    serve: (application) => serve(front, application, bridged),
    serveAt: (application, basePath) => serve(front, application, bridged, basePath),
    limits,
    maxRequest: max,
    maxResponse: max,
    mount,
    buffered: true,
    multithread: false,
    multiprocess: true,
    runOnce: false,
    // A listener is written for servers, which call it while an earlier call still runs.
    concurrent: bridged,
  };
}

for (const [name, row] of Object.entries(FRONTS)) {
  describeConformance(`local ${name}`, subjectOf(row, false));
  describeConformance(`local ${name}, node and back`, subjectOf(row, true), ['bare']);
}
