/** The result of an invocation. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { joinBytes } from '../../base/bytes.ts';

/**
 * - `'buffered'`: the function's result, as JSON in `body`
 * - `'streamed'`: a streamed response, whole or broken off
 * - `'error'`: the function threw, or its result was too large
 * - `'init-error'`: the function could not be loaded
 * - `'timeout'`: its time was over; what had come of a streamed response is there
 * - `'exited'`: its process ended without an answer
 */
export type ResultKind = 'buffered' | 'streamed' | 'error' | 'init-error' | 'timeout' | 'exited';

/** A piece of a response as it arrived; on loopback mostly one per `write` of the function. */
export interface Chunk {
  /** In ms since the function received the event. */
  atMs: number;
  bytes: Uint8Array;
}

/** Lambda's report of a failure. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  /** The lines of the stack. */
  trace: string[];
}

export interface InvocationResult {
  kind: ResultKind;
  requestId: string;
  /** Of the response or the error report, as are the headers. */
  contentType: string | undefined;
  /** All of its bytes; those of a stream for an HTTP front start with the prelude. */
  body: Uint8Array;
  /**
   * Status and headers for an HTTP front: the JSON that ends with eight NUL bytes, where the
   * content type is `application/vnd.awslambda.http-integration-response`. Undefined if there is
   * none, or none that can be read; a front answers 502 then.
   */
  prelude: unknown;
  /** What follows the prelude. */
  payload: Uint8Array | undefined;
  /**
   * From an error report, from the trailers of a stream that failed half-way, or what Lambda itself
   * has to say.
   */
  error: FunctionError | undefined;
  /**
   * The response is not whole: its connection was cut, its time was over, or the function failed
   * after its start.
   */
  truncated: boolean;
  /** In ms since the function received the event. */
  firstByteMs: number | undefined;
  chunks: readonly Chunk[];
  /** As Node gives them: bytes above 127 as the code points of Latin-1. */
  requestHeaders: IncomingHttpHeaders;
  rawHeaders: readonly string[];
  trailers: NodeJS.Dict<string>;
}

/** A message of the runtime, as far as it has arrived. */
export interface Arrival {
  request: IncomingMessage;
  chunks: Chunk[];
}

export interface Ending {
  kind: ResultKind;
  error?: FunctionError | undefined;
}

const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';

export function resultOf(
  requestId: string,
  { kind, error }: Ending,
  arrival: Arrival | undefined,
): InvocationResult {
  const { request, chunks = [] } = arrival ?? {};
  const body = joinBytes(chunks.map(({ bytes }) => bytes));
  const contentType = request?.headers['content-type'];
  return {
    kind,
    requestId,
    contentType,
    body,
    ...(contentType === HTTP_RESPONSE ? split(body) : { prelude: undefined, payload: undefined }),
    error,
    truncated: request !== undefined && (!request.complete || (kind === 'streamed' && !!error)),
    firstByteMs: chunks[0]?.atMs,
    chunks,
    requestHeaders: request?.headers ?? {},
    rawHeaders: request?.rawHeaders ?? [],
    trailers: request?.trailers ?? {},
  };
}

function split(body: Uint8Array): Pick<InvocationResult, 'prelude' | 'payload'> {
  const end = Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(Buffer.alloc(8));
  if (end >= 0) {
    const prelude = parse(body.subarray(0, end));
    if (prelude !== undefined) return { prelude, payload: body.subarray(end + 8) };
  }
  return { prelude: undefined, payload: undefined };
}

/**
 * The error that a runtime reports with `/error`. Custom runtimes write `stackTrace`, and some
 * write no JSON.
 */
export function reportedError({ request, chunks }: Arrival): FunctionError {
  const type = request.headers['lambda-runtime-function-error-type'];
  return errorOf(parse(joinBytes(chunks.map(({ bytes }) => bytes))), one(type));
}

/** The error a runtime reports in the trailers of a stream. */
export function trailedError({ request: { trailers } }: Arrival): FunctionError | undefined {
  const type = trailers['lambda-runtime-function-error-type'];
  const body = trailers['lambda-runtime-function-error-body'];
  if (type === undefined && body === undefined) return undefined;
  return errorOf(parse(Buffer.from(body ?? '', 'base64')), type);
}

function errorOf(report: unknown, type: string | undefined): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = Object(report) as Record<string, unknown>;
  const lines = trace ?? stackTrace;
  return {
    errorType: typeof errorType === 'string' ? errorType : (type ?? 'Runtime.Unknown'),
    errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    trace: Array.isArray(lines) ? lines.map(String) : [],
  };
}

/** What went wrong around a function. */
export function platformError(errorType: string, errorMessage: string): FunctionError {
  return { errorType, errorMessage, trace: [] };
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) as unknown;
  } catch {
    return undefined;
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
