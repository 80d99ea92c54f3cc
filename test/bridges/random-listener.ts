/** Random listeners: a program is a list of calls on `req` and `res`, and what came of them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as immediate, setTimeout as timeout } from 'node:timers/promises';
import fc from 'fast-check';

type HeaderValue = string | number | string[];
type Chunk = { text: string; encoding?: BufferEncoding } | { bytes: number[] } | { large: number };

export type Step =
  | { do: 'setHeader' | 'appendHeader'; name: string; value: HeaderValue }
  | { do: 'removeHeader'; name: string }
  | { do: 'setHeaders'; headers: [string, string][] }
  | { do: 'status'; code: number; message?: string }
  | {
      do: 'writeHead';
      code: number;
      reason?: string;
      form: 'none' | 'object' | 'flat' | 'pairs';
      headers: [string, string][];
    }
  | { do: 'write'; chunk: Chunk; callback: boolean }
  | { do: 'end'; chunk?: Chunk; callback: boolean }
  | { do: 'pipe'; chunks: Chunk[] }
  | {
      do:
        | 'flushHeaders'
        | 'earlyHints'
        | 'processing'
        | 'continue'
        | 'cork'
        | 'probe'
        | 'bad'
        | 'declare'
        | 'trailers';
    }
  | { do: 'strict'; off: number }
  | { do: 'gap'; kind: 'micro' | 'tick' | 'immediate' | 'timeout' }
  | { do: 'readBody'; how: 'data' | 'iterate' | 'pause' }
  | { do: 'destroy'; what: 'res' | 'req' | 'socket'; error: boolean };

export interface Program {
  steps: Step[];
  /** What to listen to. */
  listen: string[];
}

export interface Outcome {
  /** What the calls returned or threw, in order. */
  calls: string[];
  /** Callbacks of writes, in order. */
  callbacks: string[];
  response: string[];
  request: string[];
  body: string;
}

export interface Running {
  listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Settles when the response has been closed and everything has settled. */
  done: Promise<Outcome>;
}

/** A listener for one request that runs the program. */
export function running({ steps, listen }: Program): Running {
  const outcome: Outcome = { calls: [], callbacks: [], response: [], request: [], body: '' };
  let finish = (_outcome: Outcome): void => {};
  const done = new Promise<Outcome>((resolve) => {
    finish = resolve;
  });
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    for (const event of ['prefinish', 'finish', 'close', 'error'].filter(
      (it) => listen.includes(it) || it === 'error' || it === 'close',
    )) {
      response.on(event, (error?: NodeJS.ErrnoException) => {
        outcome.response.push(
          error ? `${event} ${error.code ?? error.message}` : `${event} ${state(response)}`,
        );
      });
    }
    for (const event of ['aborted', 'end', 'close'].filter((it) => listen.includes(`req ${it}`))) {
      request.on(event, () => outcome.request.push(event));
    }
    request.on('error', (error: NodeJS.ErrnoException) =>
      outcome.request.push(`error ${error.code ?? error.message}`),
    );
    let closed = false;
    response.on('close', () => {
      closed = true;
    });
    const whole = async (): Promise<void> => {
      for (const step of steps) {
        const call = perform(step, steps, request, response, outcome);
        if (call) await call;
      }
      if (!response.writableEnded && !response.destroyed) {
        outcome.calls.push('not ended');
        response.destroy();
      }
      for (let turn = 0; !closed && turn < 200; turn++) await timeout(5);
      outcome.response.push(closed ? 'closed' : 'never closed');
      for (let turn = 0; turn < 3; turn++) await immediate();
      finish(outcome);
    };
    void whole();
  };
  return { listener, done };
}

function state(response: ServerResponse): string {
  const { headersSent, writableEnded, finished } = response;
  return [headersSent, writableEnded, finished].map(Number).join('');
}

function perform(
  step: Step,
  steps: readonly Step[],
  request: IncomingMessage,
  response: ServerResponse,
  { calls, callbacks, ...outcome }: Outcome,
): Promise<unknown> | undefined {
  const call = (action: () => unknown): void => {
    try {
      const value = action();
      calls.push(`${step.do} ${value === response ? 'this' : String(value)}`);
    } catch (error) {
      calls.push(`${step.do} threw ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  };
  switch (step.do) {
    case 'setHeader':
    case 'appendHeader':
      // A copy: to append is to add to the very list that was set, which the next run must not see.
      call(() => response[step.do](step.name, structuredClone(step.value) as string));
      return;
    case 'removeHeader':
      call(() => response.removeHeader(step.name));
      return;
    case 'setHeaders':
      call(() => response.setHeaders(new Map(step.headers)));
      return;
    case 'status':
      response.statusCode = step.code;
      if (step.message !== undefined) response.statusMessage = step.message;
      return;
    case 'writeHead':
      call(() => {
        const headers = {
          none: undefined,
          object: Object.fromEntries(step.headers),
          flat: step.headers.flat(),
          pairs: step.headers,
        }[step.form] as never;
        return step.reason === undefined
          ? response.writeHead(step.code, headers)
          : response.writeHead(step.code, step.reason, headers);
      });
      return;
    case 'declare':
      call(() => response.setHeader('Content-Length', total(steps)));
      return;
    case 'write':
      call(() => {
        const at = callbacks.length + 1;
        const [chunk, encoding] = valueOf(step.chunk);
        const callback = step.callback
          ? (error?: Error | null) =>
              callbacks.push(`write ${error ? (error as NodeJS.ErrnoException).code : 'ok'}`)
          : undefined;
        void at;
        // The result depends on how fast a socket takes what it is given.
        response.write(chunk, encoding as BufferEncoding, callback as never);
        return 'done';
      });
      return;
    case 'end':
      call(() => {
        const [chunk, encoding] = step.chunk ? valueOf(step.chunk) : [undefined, undefined];
        const callback = step.callback ? () => outcome.response.push('end called back') : undefined;
        return response.end(chunk, encoding as BufferEncoding, callback);
      });
      return;
    case 'pipe': {
      // A write that throws there is nobody's to catch.
      if (response.strictContentLength) return;
      const source = Readable.from(
        step.chunks.map((chunk) => Buffer.from(...(valueOf(chunk) as [string, BufferEncoding]))),
      );
      source.pipe(response, { end: false });
      return new Promise((resolve) => {
        source.on('close', resolve);
        source.on('error', resolve);
        // Node's client goes after the head of an answer to HEAD, and what is piped to its response
        // is never read to its end.
        response.on('close', resolve);
        if (response.destroyed) resolve(undefined);
      });
    }
    case 'flushHeaders':
      call(() => response.flushHeaders());
      return;
    case 'cork':
      call(() => response.cork());
      // As Node's documentation has it: for good, and nothing would ever leave.
      process.nextTick(() => response.uncork());
      return;
    case 'earlyHints':
      call(() => response.writeEarlyHints({ link: '</style.css>; rel=preload' }));
      return;
    case 'processing':
      call(() => response.writeProcessing());
      return;
    case 'continue':
      call(() => response.writeContinue());
      return;
    case 'trailers':
      call(() => response.addTrailers({ 'X-Trailer': 'late' }));
      return;
    case 'strict':
      response.strictContentLength = true;
      // One byte more or less than will come; without strictness the client of node:http would
      // wait, or read on.
      call(() => response.setHeader('Content-Length', Math.max(0, total(steps) + step.off)));
      return;
    case 'bad':
      call(() => response.setHeader('bad name', 'x'));
      call(() => response.setHeader('X-Bad', 'a\r\nb'));
      call(() => response.setHeader('X-Bad', undefined as never));
      call(() => response.writeHead(99));
      call(() => response.write(null));
      call(() => response.write(42));
      // Not `end(42)`, which throws as well but leaves Node's socket corked for ever.
      return;
    case 'probe':
      calls.push(
        JSON.stringify([
          response.headersSent,
          response.writableEnded,
          response.statusCode,
          response.statusMessage ?? null,
          response.getHeaderNames(),
          response.getHeaders(),
          (response as unknown as { getRawHeaderNames(): string[] }).getRawHeaderNames(),
          response.hasHeader('X-A'),
          response.getHeader('x-a') ?? null,
          response.sendDate,
          response.writable,
          response.writableObjectMode,
          response.errored ?? null,
        ]),
      );
      return;
    case 'gap':
      if (step.kind === 'micro') return Promise.resolve();
      if (step.kind === 'tick') return new Promise((resolve) => process.nextTick(resolve));
      return step.kind === 'immediate' ? immediate() : timeout(2);
    case 'readBody':
      return readBody(request, step.how).then((body) => {
        calls.push(`body ${body}`);
      });
    case 'destroy':
      call(() => {
        const error = step.error ? new Error('on purpose') : undefined;
        if (step.what === 'res') response.destroy(error);
        else if (step.what === 'req') request.destroy(error);
        else request.socket.destroy(error);
      });
      return;
    default:
      throw new Error(`no such step: ${JSON.stringify(step satisfies never)}`);
  }
}

async function readBody(
  request: IncomingMessage,
  how: 'data' | 'iterate' | 'pause',
): Promise<string> {
  if (request.readableEnded || request.destroyed) return 'over';
  const blocks: Buffer[] = [];
  if (how === 'iterate') {
    for await (const block of request) blocks.push(block as Buffer);
  } else {
    request.on('data', (block: Buffer) => {
      blocks.push(block);
      if (how === 'pause') {
        request.pause();
        setTimeout(() => request.resume(), 1);
      }
    });
    await new Promise((resolve) => {
      request.on('end', resolve);
      request.on('close', resolve);
    });
  }
  return `${Buffer.concat(blocks).toString('latin1')} ${request.complete} ${request.readableEnded}`;
}

function valueOf(chunk: Chunk): [string | Uint8Array, BufferEncoding | undefined] {
  if ('text' in chunk) return [chunk.text, chunk.encoding];
  if ('bytes' in chunk) return [Uint8Array.from(chunk.bytes), undefined];
  return [Uint8Array.from({ length: chunk.large }, (_, index) => index % 251), undefined];
}

/** What all writes and the one end come to. */
function total(steps: readonly Step[]): number {
  let sum = 0;
  for (const step of steps) {
    if (step.do === 'write' || step.do === 'end') sum += sizeOf(step.chunk);
    else if (step.do === 'pipe') for (const chunk of step.chunks) sum += sizeOf(chunk);
    if (step.do === 'end') break;
  }
  return sum;
}

function sizeOf(chunk: Chunk | undefined): number {
  if (!chunk) return 0;
  const [value, encoding] = valueOf(chunk);
  return Buffer.byteLength(value, encoding);
}

// ── Making them up ──────────────────────────────────────────────────────────────────────────────

const names = [
  'X-A',
  'x-a',
  'X-B',
  'Content-Type',
  'ETag',
  'Set-Cookie',
  'Cache-Control',
  'Vary',
  'X-Long-Name',
  'Connection',
  'Keep-Alive',
];
const value = fc.stringMatching(/^[!-~]{1,8}( [!-~]{1,4})?$/);
const headerName = fc.constantFrom(...names.slice(0, -2));
const headerPairs = fc.array(fc.tuple(headerName, value), { maxLength: 4 });
const code = fc.constantFrom(200, 200, 200, 201, 204, 206, 299, 301, 304, 400, 404, 418, 500, 503);
const chunk: fc.Arbitrary<Chunk> = fc.oneof(
  fc.record({ text: fc.string({ maxLength: 20 }) }),
  fc.record({
    text: fc.string({ unit: 'grapheme', maxLength: 5 }),
    encoding: fc.constantFrom<BufferEncoding>('utf8', 'utf-8'),
  }),
  fc.record({
    text: fc.stringMatching(/^([0-9a-f]{2}){0,6}$/),
    encoding: fc.constant<BufferEncoding>('hex'),
  }),
  fc.record({
    text: fc.stringMatching(/^[\x20-\x7e]{0,9}$/),
    encoding: fc.constant<BufferEncoding>('latin1'),
  }),
  fc.record({ bytes: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }) }),
  fc.record({ large: fc.constantFrom(10_000, 20_000, 100_000) }),
);

const gap: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('gap' as const),
  kind: fc.constantFrom('micro', 'tick', 'immediate', 'timeout'),
});
const headStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('setHeader' as const, 'appendHeader' as const),
    name: fc.constantFrom(...names),
    value: fc.oneof(value, fc.nat(), fc.array(value, { minLength: 1, maxLength: 3 })),
  }),
  fc.record({ do: fc.constant('removeHeader' as const), name: fc.constantFrom(...names) }),
  fc.record({ do: fc.constant('setHeaders' as const), headers: headerPairs }),
  fc.record({ do: fc.constant('status' as const), code }, { requiredKeys: ['do', 'code'] }),
  fc.record({
    do: fc.constant('status' as const),
    code,
    message: fc.constantFrom('Fine', 'Not So Fine'),
  }),
  fc.record({
    do: fc.constantFrom(
      'earlyHints' as const,
      'processing' as const,
      'continue' as const,
      'probe' as const,
      'cork' as const,
      'bad' as const,
    ),
  }),
  gap,
);
const writeHead: fc.Arbitrary<Step> = fc.record(
  {
    do: fc.constant('writeHead' as const),
    code,
    reason: fc.constantFrom('Well', 'Oh My'),
    form: fc.constantFrom('none' as const, 'object' as const, 'flat' as const, 'pairs' as const),
    headers: headerPairs,
  },
  { requiredKeys: ['do', 'code', 'form', 'headers'] },
);
const readBodyStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('readBody' as const),
  how: fc.constantFrom('data', 'iterate', 'pause'),
});
const bodyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), chunk, callback: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pipe' as const),
      chunks: fc.array(chunk, { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flushHeaders' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('probe' as const, 'trailers' as const, 'setHeader' as const),
      name: fc.constant('X-A'),
      value: fc.constant('late'),
    }),
  },
  { weight: 3, arbitrary: gap },
);
const endStep: fc.Arbitrary<Step> = fc.record(
  { do: fc.constant('end' as const), chunk, callback: fc.boolean() },
  { requiredKeys: ['do', 'callback'] },
);
const lateStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), chunk, callback: fc.boolean() }),
  // Without a callback: when that is called depends on how fast the socket was.
  fc.record(
    { do: fc.constant('end' as const), chunk, callback: fc.constant(false) },
    { requiredKeys: ['do', 'callback'] },
  ),
  writeHead,
  headStep,
);

const events = ['prefinish', 'finish', 'req aborted', 'req end', 'req close'];

/**
 * Head, body, one end, and calls that come too late; now and then everything is destroyed instead.
 */
export const program: fc.Arbitrary<Program> = fc
  .record({
    listen: fc.subarray(events),
    head: fc.array(headStep, { maxLength: 5 }),
    read: fc.option(readBodyStep, { nil: undefined, freq: 2 }),
    declare: fc.oneof<fc.Arbitrary<Step | undefined>[]>(
      fc.constant(undefined),
      fc.constant({ do: 'declare' }),
      fc.record({ do: fc.constant('strict' as const), off: fc.constantFrom(0, 0, 1, -1) }),
    ),
    writeHead: fc.option(writeHead, { nil: undefined }),
    body: fc.array(bodyStep, { maxLength: 5 }),
    end: endStep,
    late: fc.array(lateStep, { maxLength: 2 }),
    destroy: fc.option(
      fc.record({
        do: fc.constant('destroy' as const),
        what: fc.constantFrom('res', 'req', 'socket'),
        error: fc.boolean(),
      }),
      { nil: undefined, freq: 8 },
    ),
  })
  .map(({ listen, head, read, declare, writeHead, body, end, late, destroy }) => ({
    listen,
    steps: [
      ...head,
      read,
      declare,
      writeHead,
      ...body,
      ...(destroy ? [destroy] : [end, ...late]),
    ].filter((step) => step !== undefined),
  }));
