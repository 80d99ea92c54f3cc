/**
 * Traces of real invocations: the demo behind `toLambdaHandler`, with the events and answers that
 * AWS would make.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { application as demo } from '../../examples/application.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import type {
  InvocationTrace,
  Limit,
  TracedBody,
  TracedHead,
  TraceLog,
} from '../../src/local/trace.ts';
import { type FrontSettings, warningsOf } from '../../src/local/warnings.ts';
import {
  lambdaEvent,
  lambdaFailure,
  type LambdaRequest,
  lambdaResponse,
  type LambdaSource,
} from '../../src/aws-model.ts';
import { testRequest } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';

export type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface Run {
  request?: LambdaRequest;
  /** Unless given, the source's own of the request. */
  event?: unknown;
  application?: Application;
  /** Instead of the application, for replies no application makes. */
  handler?: Handler;
  front?: FrontSettings;
  frontId?: string;
  cold?: boolean;
  replayOf?: string;
  id?: string;
  time?: number;
}

/** Invokes, and puts the trace as it grows: running, then done or failed. */
export async function invoke(
  traces: TraceLog,
  source: LambdaSource,
  run: Run = {},
): Promise<InvocationTrace> {
  const { front = {}, id = crypto.randomUUID(), time = Date.now() } = run;
  const types = front.binaryMediaTypes;
  const request = { ...run.request, ...(types && { binaryMediaTypes: types }) };
  const event = run.event ?? lambdaEvent(source, { ...request, time });
  const seen = spy(run.application ?? demo);
  const clock = performance.now();
  const at = (): number => performance.now() - clock;
  const { headers, ...sent } = testRequest(request);
  let trace: InvocationTrace = {
    id,
    time,
    state: 'running',
    functionId: 'DemoFunction',
    frontId: run.frontId ?? FRONTS[source],
    source,
    cold: run.cold ?? false,
    streamed: false,
    request: { method: sent.method, target: sent.target, headers, body: tracedBody(sent.body) },
    event,
    logs: [],
    timings: {},
    limits: [],
    warnings: [],
    ...(run.replayOf !== undefined && { replayOf: run.replayOf }),
  };
  traces.put(trace);

  const logs: { at: number; stream: 'stderr' | 'platform'; text: string }[] = [
    { at: at(), stream: 'platform', text: `START RequestId: ${id} Version: $LATEST` },
  ];
  const errors = (text: string): void => void logs.push({ at: at(), stream: 'stderr', text });
  const handler: Handler = run.handler ?? toLambdaHandler(seen.application, { log: errors });
  await new Promise(setImmediate);
  const dequeued = at();
  if (trace.cold) await promisify(execFile)(process.execPath, ['--eval', '']); // a new instance is a process
  const initialized = trace.cold ? at() : undefined;
  const invoked = at();
  const [outcome] = await Promise.allSettled([handler(event, { awsRequestId: id })]);
  const firstByte = at();
  const ok = outcome.status === 'fulfilled';
  const reply: unknown = ok ? outcome.value : undefined;
  const response = ok
    ? lambdaResponse(source, reply, request)
    : lambdaFailure(source, outcome.reason, request);
  const ended = at();
  logs.push({ at: ended, stream: 'platform', text: `END RequestId: ${id}` });
  logs.push({
    at: ended,
    stream: 'platform',
    text: `REPORT RequestId: ${id} Duration: ${(ended - invoked).toFixed(2)} ms`,
  });
  trace = {
    ...trace,
    state: ok ? 'done' : 'failed',
    ...(seen.environ && { environ: seen.environ, startResponse: seen.calls }),
    ...(ok && { reply }),
    ...(!ok && { error: { type: 'Error', message: String(outcome.reason), stack: [] } }),
    response: {
      status: response.status,
      headers: response.headers,
      body: tracedBody(response.body),
    },
    logs,
    timings: {
      dequeued,
      ...(initialized !== undefined && { initialized }),
      invoked,
      ...(seen.started !== undefined && { started: seen.started - clock }),
      firstByte,
      ended,
    },
    limits: limitsOf(source, event, reply, ended - invoked),
  };
  trace = { ...trace, warnings: warningsOf(trace, front) };
  traces.put(trace);
  return trace;
}

const FRONTS: Readonly<Record<LambdaSource, string>> = {
  'rest-api': 'ShopRestApi',
  'http-api-1': 'LegacyApi',
  'http-api-2': 'ShopApi',
  'function-url': 'ImagesUrl',
  alb: 'Listener',
  'alb-multi': 'MultiListener',
  'lattice-1': 'Mesh',
  'lattice-2': 'MeshV2',
  'edge-viewer': 'ViewerFunction',
  'edge-origin': 'OriginFunction',
};

interface Seen {
  application: Application;
  environ?: Record<string, unknown>;
  calls: { status: string; headers: TracedHead['headers'] }[];
  started?: number;
}

/** The application, and what passes through its two ends. */
function spy(application: Application): Seen {
  const seen: Seen = {
    calls: [],
    application: (environ, startResponse) => {
      seen.environ = Object.fromEntries(
        Object.entries(environ).map(([key, value]) => [key, plain(value)]),
      );
      return application(environ, (status, headers, ...error) => {
        seen.started ??= performance.now();
        seen.calls.push({ status, headers: headers.map(([name, value]) => [name, value]) });
        return startResponse(status, headers, ...error);
      });
    },
  };
  return seen;
}

function plain(value: unknown): unknown {
  if (typeof value === 'function') return '[Function]';
  if (typeof value !== 'object' || value === null) return value;
  const name = Object.getPrototypeOf(value) === null ? 'Object' : value.constructor.name;
  return name === 'Object' || Array.isArray(value) ? value : `[${name}]`;
}

const KEPT = 256 * 1024;

export function tracedBody(body: Uint8Array | undefined): TracedBody {
  const bytes = Buffer.from(body ?? []);
  return {
    length: bytes.length,
    base64: bytes.subarray(0, KEPT).toString('base64'),
    truncated: bytes.length > KEPT,
  };
}

function limitsOf(source: LambdaSource, event: unknown, reply: unknown, ms: number): Limit[] {
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');
  const most = source.startsWith('alb') ? 1024 * 1024 : 6 * 1024 * 1024;
  return [
    { name: 'request', used: bytes(event), limit: most, unit: 'bytes' },
    { name: 'response', used: bytes(reply), limit: most, unit: 'bytes' },
    { name: 'duration', used: ms, limit: 3000, unit: 'ms' },
  ];
}
