/** A request of a fetch host as an environ. */
import { createEnviron } from '../../core/request/environ.ts';
import type { RequestParts, ServerInfo } from '../../core/request/request-parts.ts';
import { errorStream } from '../../core/request/error-stream.ts';
import { ClientDisconnected } from '../../core/errors.ts';
import { findHeader, isToken, MAX_REQUEST_HEADERS } from '../../http/headers.ts';
import { streamedInput } from '../../core/request/input.ts';
import { LightAbortController } from '../../core/abort.ts';
import { encodeNative } from '../../base/native.ts';
import { addAfter, afterFunction } from '../../core/after.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Environ, Header, HeaderList, NativeString } from '../../types.ts';
import type { Settings } from './options.ts';
import { member } from './platforms.ts';

export type WaitUntil = (work: PromiseLike<unknown>) => void;

/**
 * Looks at members, not at the class: hosts, test tools and frameworks have classes of their own.
 */
export function isRequest(value: unknown): value is Request {
  return typeof member(value, 'url') === 'string' && typeof member(value, 'method') === 'string';
}

/** @returns the status that answers a request which cannot be handed on */
export function receive(
  request: Request,
  given: readonly unknown[],
  settings: Settings,
): FetchGatewayRequest | NativeString {
  const target = splitUrl(encodeNative(request.url));
  const headers = headersOf(request, settings.charset);
  if (headers.length > MAX_REQUEST_HEADERS) return '431 Request Header Fields Too Large';
  // A Host with a slash in it would have moved text of its own into the path. A method goes into
  // log lines.
  const host = findHeader(headers, 'host') ?? target.authority;
  if (!AUTHORITY.test(host) || !isAddressed(target, request.method) || !isToken(request.method)) {
    return '400 Bad Request';
  }
  return new FetchGatewayRequest(request, given, settings, target, headers);
}

/** One request, received. */
export class FetchGatewayRequest implements GatewayRequest {
  readonly parts: RequestParts;
  readonly server: ServerInfo;
  /**
   * Aborts with the request's own signal and when the response is cancelled: hosts do the one or
   * the other.
   */
  readonly signal: LightAbortController = new LightAbortController();
  readonly waitUntil: WaitUntil | undefined;
  readonly #request: Request;
  readonly #given: readonly unknown[];
  readonly #platform: Settings['platform'];
  readonly #requested: AbortSignal | null | undefined;
  #aborter: AbortController | undefined;
  #environ: Environ | undefined;

  constructor(
    request: Request,
    given: readonly unknown[],
    { basePath, sink, platform }: Settings,
    target: Target,
    headers: Header[],
  ) {
    const { body } = request;
    const length = body ? lengthOf(headers) : undefined;
    this.parts = {
      native: true,
      method: request.method,
      rawPath: target.path,
      query: target.query,
      headers,
      input: body
        ? streamedInput(blocksOf(body), length === undefined ? {} : { length })
        : undefined,
      contentLength: length,
      scheme: target.scheme === 'http' || target.scheme === '' ? 'http' : 'https',
      protocol: platform.protocol?.(request, given),
      serverName: target.authority,
      remoteAddress: encodeNative(platform.remoteAddress?.(request, given) ?? ''),
    };
    this.server = { errors: errorStream(sink), basePath, concurrent: true, multiprocess: true };
    this.waitUntil = waitUntilOf(given);
    this.#request = request;
    this.#given = given;
    this.#platform = platform;
    this.#requested = request.signal;
    if (this.#requested?.aborted) this.abort();
  }

  get environ(): Environ {
    return (this.#environ ??= this.#makeEnviron());
  }

  #makeEnviron(): Environ {
    const given = this.#given;
    const { name, arguments: argumentsOf, remotePort: portOf } = this.#platform;
    const environ = createEnviron(this.parts, this.server);
    const remotePort = portOf?.(this.#request, given);
    if (remotePort !== undefined && remotePort !== null) environ.REMOTE_PORT = String(remotePort);
    const { env, context } = argumentsOf?.(given) ?? { context: given[0] };
    environ['gatecall.event'] = this.#request;
    environ['gatecall.context'] = context;
    environ['gatecall.platform'] = { name, env, context };
    // Without a waitUntil the host keeps its process (Deno, Bun), and the work goes on by itself.
    addAfter(
      environ,
      afterFunction(this.server.errors, (work) => this.waitUntil?.(work)),
    );
    this.#aborter = new AbortController();
    if (this.signal.aborted) this.#aborter.abort(this.signal.reason);
    environ['gatecall.signal'] = this.#aborter.signal;
    return environ;
  }

  readonly abort = (): void => {
    const reason = new ClientDisconnected();
    this.signal.abort(reason);
    this.#aborter?.abort(reason);
  };

  /** Follows the request's signal. A response that was there at once does not need it. */
  follow(): void {
    if (this.#requested?.aborted && !this.signal.aborted) this.abort();
    else this.#requested?.addEventListener('abort', this.abort, { once: true });
  }

  /** No longer follows it: some hosts abort it when all went well. */
  readonly release = (): void => this.#requested?.removeEventListener('abort', this.abort);
}

interface Target {
  scheme: string;
  authority: string;
  path: string;
  query: string;
}

const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/;
const AUTHORITY = /^[A-Za-z0-9.:_[\]-]*$/;

/**
 * Not by `new URL`, which resolves dot segments that some hosts keep, and fails on what others
 * deliver.
 */
function splitUrl(url: string): Target {
  const [, scheme = '', authority = '', path = '', query = ''] = URL_PARTS.exec(url) ?? [];
  // workerd writes the target of `OPTIONS *` in this way.
  if (authority.endsWith('*') && path === '') {
    return { scheme: scheme.toLowerCase(), authority: authority.slice(0, -1), path: '*', query };
  }
  return { scheme: scheme.toLowerCase(), authority, path: path || '/', query };
}

/**
 * Bun gives a bare path where a client of HTTP/1.0 named no host: nothing says which site was
 * meant.
 */
function isAddressed({ scheme }: Target, method: string): boolean {
  return scheme !== '' || method === 'OPTIONS';
}

/**
 * As native strings, which a `Headers` of the standard holds already: its values are ByteStrings.
 */
function headersOf(request: Request, charset: Settings['charset']): Header[] {
  const headers: Header[] = [];
  request.headers.forEach((value, name) => {
    headers.push([name, charset === 'utf8' ? fromWorkers(name, value) : value]);
  });
  return headers;
}

/** Workers decode values as UTF-8, and join two Cookie lines as if they were a list. */
function fromWorkers(name: string, value: string): NativeString {
  return encodeNative(name === 'cookie' ? value.replace(/, (?=[^\s=;,]+=)/g, '; ') : value);
}

/**
 * The length in digits, if there is one. Without a body the host has dropped what the client
 * announced.
 */
function lengthOf(headers: HeaderList): number | undefined {
  const length = findHeader(headers, 'content-length');
  return length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
}

/** Reads by a reader: not every host's stream can be iterated. */
async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw new ClientDisconnected('the request body broke off', { cause: error });
  }
}

/**
 * Finds the argument with a `waitUntil`: the context of Workers, Vercel and Netlify, a service
 * worker's event.
 */
function waitUntilOf(given: readonly unknown[]): WaitUntil | undefined {
  const owner = given.find((one) => typeof member(one, 'waitUntil') === 'function') as
    | { waitUntil: WaitUntil }
    | undefined;
  // As a method: Workers refuse one that is called without its owner.
  return owner && ((work) => owner.waitUntil(work));
}
