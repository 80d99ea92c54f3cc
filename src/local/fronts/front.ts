/** What the fronts share: a whole request, and an answer that may be streamed. */
import type { LambdaRequest } from '../../aws-model.ts';
import type { Header } from '../../types.ts';

/** A request as the client sent it. Strings are native: bytes as code points. */
export interface FrontRequest {
  /** The id its invocation will have. */
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  readonly clientAddress: string;
  /** The port that the client connected to. */
  readonly port: number;
  /** ms since 1970. */
  readonly time: number;
  /** X-Ray's, `Root=1-…`. */
  readonly traceId: string;
  /** The id of the invocation that it repeats. */
  readonly replayOf?: string;
}

export interface FrontAnswer {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers: readonly Header[];
  /** An iterable streams; if it throws, the connection breaks off. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** For the terminal: why the front answers without the function. */
  readonly problem?: string | undefined;
}

/** A front's way from a request to an answer. */
export type FrontHandler = (request: FrontRequest) => Promise<FrontAnswer>;

/** The path of a target, and its query with the `?`. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?');
  return at < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, at), query: target.slice(at) };
}

/**
 * The value of a header, its name given in lower case. Of several the last counts, as on API
 * Gateway.
 */
export function headerOf(
  { headers }: Pick<FrontRequest, 'headers'>,
  name: string,
): string | undefined {
  return headers.findLast(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

/** The request as `lambdaEvent` takes it. There is no TLS here, so that the scheme is `http`. */
export function lambdaRequest(request: FrontRequest): LambdaRequest {
  const { method, target, headers, body, clientAddress, port, time, traceId } = request;
  return {
    method,
    target,
    headers,
    body,
    sourceIp: clientAddress,
    scheme: 'http',
    port,
    time,
    traceId,
  };
}

export function withHeaders(answer: FrontAnswer, headers: readonly Header[]): FrontAnswer {
  return { ...answer, headers: [...answer.headers, ...headers] };
}

/** An error of API Gateway as JSON. */
export function gatewayAnswer(
  status: number,
  message: string | null,
  problem: string,
  headers: readonly Header[] = [],
): FrontAnswer {
  return jsonAnswer(status, JSON.stringify({ message }), problem, headers);
}

export function jsonAnswer(
  status: number,
  json: string,
  problem: string,
  headers: readonly Header[] = [],
): FrontAnswer {
  const body = Buffer.from(json);
  const length: Header = ['content-length', String(body.length)];
  return {
    status,
    headers: [['content-type', 'application/json'], length, ...headers],
    body,
    problem,
  };
}

/** An error page of a load balancer. */
export function pageAnswer(status: number, title: string, problem: string): FrontAnswer {
  const heading = `${status} ${title}`;
  const body = Buffer.from(
    `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n</body>\r\n</html>\r\n`,
  );
  const headers: Header[] = [
    ['content-type', 'text/html'],
    ['content-length', String(body.length)],
  ];
  return { status, headers, body, problem };
}
