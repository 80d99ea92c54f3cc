/** A request of a fetch host as an environ. */
import { createEnviron } from '../../environ.ts';
import { describeError, errorStream } from '../../error-stream.ts';
import { ClientDisconnected } from '../../errors.ts';
import { streamedInput } from '../../input.ts';
import { encodeNative } from '../../native.ts';
import type { Environ, ErrorStream, Header, InputStream, NativeString } from '../../types.ts';
import type { Settings } from './options.ts';
import { member } from './platforms.ts';

export type WaitUntil = (work: PromiseLike<unknown>) => void;

export interface Received {
  environ: Environ;
  /** Aborts with the request's own signal, and when the response is cancelled: not every host tells in the same way. */
  signal: AbortSignal;
  abort(): void;
  /** No longer follows the request's signal, which some hosts abort when all went well. */
  release(): void;
  waitUntil: WaitUntil | undefined;
}

/** By its members: hosts, test tools and frameworks have classes of their own. */
export function isRequest(value: unknown): value is Request {
  return typeof member(value, 'url') === 'string' && typeof member(value, 'method') === 'string';
}

/** @returns nothing when the URL's authority is none */
export function receive(
  request: Request,
  given: readonly unknown[],
  { basePath, sink, platform, charset }: Settings,
): Received | undefined {
  const target = splitUrl(encodeNative(request.url));
  const host = request.headers.get('host');
  if (!AUTHORITY.test(host ?? target.authority) || !isAddressed(target, request.method)) {
    return undefined;
  }
  const headers = headersOf(request, charset);
  const environ = createEnviron(
    {
      native: true,
      method: request.method,
      rawPath: target.path,
      query: target.query,
      headers,
      input: inputOf(request),
      contentLength: lengthOf(request),
      scheme: target.scheme === 'http' || target.scheme === '' ? 'http' : 'https',
      protocol: platform.protocol?.(request, given),
      serverName: target.authority,
      remoteAddress: encodeNative(platform.remoteAddress?.(request, given) ?? ''),
    },
    { errors: errorStream(sink), basePath, concurrent: true, multiprocess: true },
  );
  const remotePort = platform.remotePort?.(request, given);
  if (remotePort !== undefined && remotePort !== null) environ.REMOTE_PORT = String(remotePort);
  const { env, context } = platform.arguments?.(given) ?? { context: given[0] };
  const waitUntil = waitUntilOf(given);
  environ['gatecall.event'] = request;
  environ['gatecall.context'] = context;
  environ['gatecall.platform'] = { name: platform.name, env, context };
  environ['gatecall.after'] = afterOf(waitUntil, environ['wsgi.errors']);
  const interruption = follow(request.signal);
  environ['gatecall.signal'] = interruption.signal;
  return { environ, ...interruption, waitUntil };
}

interface Target {
  scheme: string;
  authority: string;
  path: string;
  query: string;
}

const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/;
const AUTHORITY = /^[A-Za-z0-9.:_[\]-]*$/;

/** By hand: `new URL` would resolve dot segments that some hosts keep, and fails on what others deliver. */
function splitUrl(url: string): Target {
  const [, scheme = '', authority = '', path = '', query = ''] = URL_PARTS.exec(url) ?? [];
  // So workerd writes the target of `OPTIONS *`.
  if (authority.endsWith('*') && path === '') {
    return { scheme: scheme.toLowerCase(), authority: authority.slice(0, -1), path: '*', query };
  }
  return { scheme: scheme.toLowerCase(), authority, path: path || '/', query };
}

/** Bun hands over a bare path where a client of HTTP/1.0 named no host: nothing says which site was meant. */
function isAddressed({ scheme }: Target, method: string): boolean {
  return scheme !== '' || method === 'OPTIONS';
}

/** As native strings, which a `Headers` of the standard holds already: its values are ByteStrings. */
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

function lengthOf(request: Request): number | undefined {
  const length = request.headers.get('content-length');
  // Without a body, whatever the client announced has been dropped on the way.
  if (request.body === null || length === null || !/^[0-9]{1,15}$/.test(length)) return undefined;
  return Number(length);
}

function inputOf(request: Request): InputStream | undefined {
  const { body } = request;
  if (body === null || body === undefined) return undefined;
  const length = lengthOf(request);
  return streamedInput(blocksOf(body), length === undefined ? {} : { length });
}

/** By its reader: not every host's stream can be iterated. */
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

/** Workers' context, Vercel's and Netlify's, a service worker's event: whichever argument has it. */
function waitUntilOf(given: readonly unknown[]): WaitUntil | undefined {
  const owner = given.find((one) => typeof member(one, 'waitUntil') === 'function') as
    | { waitUntil: WaitUntil }
    | undefined;
  // As a method: Workers refuse one that is called without its owner.
  return owner && ((work) => owner.waitUntil(work));
}

function afterOf(waitUntil: WaitUntil | undefined, errors: ErrorStream): WaitUntil {
  return (work) => {
    const watched = work.then(undefined, async (error: unknown) => {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
      await errors.flush();
    });
    // Without a waitUntil the host keeps its process (Deno, Bun), and the work goes on by itself.
    waitUntil?.(watched);
  };
}

function follow(
  requested: AbortSignal | null | undefined,
): Pick<Received, 'signal' | 'abort' | 'release'> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new ClientDisconnected());
  if (requested?.aborted) abort();
  else requested?.addEventListener('abort', abort, { once: true });
  const release = (): void => requested?.removeEventListener('abort', abort);
  return { signal: controller.signal, abort, release };
}
