/**
 * Runs the conformance table under vitest, and the plainest subjects there are: the core itself.
 */
import { describe, it } from 'vitest';
import { callApplication } from '../../src/core/call.ts';
import { BufferedResponse, type Transport } from '../../src/core/transport.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { nativeToText } from '../../src/base/native.ts';
import { statusCode } from '../../src/http/status.ts';
import {
  type ArrivedBlock,
  conformanceCases,
  type Driver,
  type Limit,
  type Mode,
  runCase,
  type Subject,
} from '../../src/testing/conformance.ts';
import type { TestRequest, TestResponse } from '../../src/aws-model/message.ts';
import type { Application, Environ, HeaderList } from '../../src/types.ts';

/** One test a case and mode. What a subject cannot express shows as skipped, with the reason. */
export function describeConformance(
  name: string,
  subject: Subject,
  modes: readonly Mode[] = ['bare', 'validated'],
): void {
  for (const mode of modes) {
    describe(`${name}, ${mode}`, () => {
      for (const one of conformanceCases) {
        if (one.modes && !one.modes.includes(mode)) continue;
        it(`${one.id} ${one.title}`, { timeout: 30_000 }, async (context) => {
          const row = await runCase(subject, one, mode);
          if (row.outcome === 'not expressible') context.skip(row.reason);
          if (row.error) throw row.error;
        });
      }
    });
  }
}

/** What the core cannot be asked without a server in front of it. */
const CORE_LIMITS: readonly Limit[] = [
  // createEnviron() takes header text, as platform events hold it.
  'text-request-headers',
  // Reading the request line is the server's work.
  'origin-form-only',
];

/** The core with nothing around it: `createEnviron`, `callApplication`, and a transport. */
export function coreSubject(kind: 'buffered' | 'streaming'): Subject {
  const serve = kind === 'buffered' ? serveBuffered : serveStreaming;
  return {
    serve: (application) => serve(application),
    serveAt: (application, mount) => serve(application, mount),
    limits: kind === 'buffered' ? [...CORE_LIMITS, 'no-streaming', 'no-disconnect'] : CORE_LIMITS,
    buffered: kind === 'buffered',
    multithread: false,
    multiprocess: false,
    runOnce: false,
    concurrent: true,
  };
}

function environOf(request: TestRequest, log: string[], mount?: string): Environ {
  const [rawPath = '', ...query] = request.target.split('?');
  return createEnviron(
    {
      method: request.method,
      rawPath,
      query: query.join('?'),
      headers: request.headers.map(([name, value]) => [name, nativeToText(value)] as const),
      body: request.body,
      scheme: request.scheme ?? 'http',
      protocol: request.protocol,
      remoteAddress: request.clientAddress ?? '127.0.0.1',
    },
    {
      errors: errorStream((message) => log.push(message)),
      basePath: mount === undefined ? undefined : [mount],
      concurrent: true,
    },
  );
}

function serveBuffered(application: Application, mount?: string): Driver {
  const log: string[] = [];
  return {
    log: () => log.join('\n'),
    async send(request) {
      const response = await callApplication(application, environOf(request, log, mount));
      return received(response.status, response.headers, response.body);
    },
  };
}

function serveStreaming(application: Application, mount?: string): Driver {
  const log: string[] = [];
  const exchange = async (
    request: TestRequest,
    signal?: AbortSignal,
    onBlock?: () => void,
  ): Promise<RecordingTransport> => {
    const transport = new RecordingTransport(request.method, onBlock);
    const environ = environOf(request, log, mount);
    if (signal) environ['gatecall.signal'] = signal;
    return callApplication(application, environ, { transport, signal });
  };
  return {
    log: () => log.join('\n'),
    async send(request) {
      const { status, headers, blocks, aborted } = await exchange(request);
      const all = new BufferedResponse();
      for (const { bytes } of blocks) all.send(bytes);
      const response = received(status, headers, all.body);
      if (aborted) response.aborted = true;
      return response;
    },
    async stream(request) {
      return (await exchange(request)).blocks;
    },
    async sendAndLeave(request, { bytes = Infinity, when }) {
      const controller = new AbortController();
      let came = 0;
      const left = new Promise<void>((resolve) => {
        const leave = (): void => {
          controller.abort();
          resolve();
        };
        void when?.then(leave);
        void exchange(request, controller.signal, () => {
          if (++came >= bytes) leave();
        });
      });
      await left;
    },
  };
}

/**
 * A socket as the core sees it: notes what came and when, and is never faster than one turn of the
 * event loop.
 */
class RecordingTransport implements Transport {
  status = '';
  headers: HeaderList = [];
  blocks: ArrivedBlock[] = [];
  aborted = false;
  #method: string;
  #onBlock: (() => void) | undefined;
  #ended = false;
  #busy = false;

  constructor(method: string, onBlock: (() => void) | undefined) {
    this.#method = method;
    this.#onBlock = onBlock;
  }

  begin(status: string, headers: HeaderList): void {
    if (this.status !== '') throw new Error('begin() was called twice');
    this.status = status;
    this.headers = headers;
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.status === '') throw new Error('send() was called before begin()');
    if (this.#ended || this.aborted) throw new Error('send() was called after the end');
    if (bytes.length === 0) throw new Error('an empty block would end a chunked body');
    this.blocks.push({ bytes: bytes.slice(), at: performance.timeOrigin + performance.now() });
    this.#onBlock?.();
    if (this.#busy) throw new Error('a block was sent before the one before was on its way');
    this.#busy = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.#busy = false;
  }

  end(): void {
    if (this.#busy) throw new Error('end() was called before the last block was on its way');
    if (this.#ended || this.aborted) throw new Error('end() was called after the end');
    this.#ended = true;
    const length = this.headers.find(([name]) => /^content-length$/i.test(name))?.[1];
    const bodiless = this.#method === 'HEAD' || [204, 304].includes(statusCode(this.status));
    const sent = this.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (bodiless ? sent > 0 : length !== undefined && Number(length) !== sent) {
      throw new Error(`a body of ${sent} bytes with Content-Length ${length} to ${this.#method}`);
    }
  }

  abort(): void {
    this.aborted = true;
  }
}

function received(status: string, headers: HeaderList, body: Uint8Array): TestResponse {
  return {
    status: statusCode(status),
    reason: status.slice(4),
    headers: headers.map(([name, value]) => [name.toLowerCase(), value] as const),
    body,
  };
}
