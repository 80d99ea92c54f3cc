/**
 * What each fetch host gives beside the request: the client's address, the protocol, other
 * arguments.
 */

/**
 * Describes a host. Those of {@link platforms} go by name; any other is such an object of your own.
 */
export interface Platform {
  /** For `environ['gatecall.platform']`. */
  name: string;
  /**
   * The client's address. A header may give it only where this host sets or replaces that itself.
   */
  remoteAddress?(request: Request, given: readonly unknown[]): string | null | undefined;
  /** The client's port. */
  remotePort?(request: Request, given: readonly unknown[]): number | string | null | undefined;
  /** `'HTTP/2'` and the like, where the host says it. */
  protocol?(request: Request, given: readonly unknown[]): string | null | undefined;
  /**
   * How the host decodes header bytes: byte by byte, as the standard says, or as UTF-8. Default:
   * `'latin1'`.
   */
  headerCharset?: 'latin1' | 'utf8';
  /**
   * Which of the other arguments are the bindings and the context. Default: the context is the
   * first.
   */
  arguments?(given: readonly unknown[]): { env?: unknown; context?: unknown };
}

export type PlatformName =
  | 'cloudflare'
  | 'deno'
  | 'bun'
  | 'vercel'
  | 'netlify'
  | 'fastly'
  | 'bunny';

const realIp = (request: Request): string | null => request.headers.get('x-real-ip');
const contextIp = (_request: Request, [context]: readonly unknown[]): string | undefined =>
  text(member(context, 'ip'));

/**
 * The hosts known by name. An address comes from a header only where the host's own edge writes it,
 * so name the host you really run on: elsewhere a client could write that header.
 */
export const platforms: Readonly<Record<PlatformName, Platform>> = {
  /** Workers and Pages: `fetch(request, env, ctx)`. */
  cloudflare: {
    name: 'cloudflare',
    remoteAddress: (request) => request.headers.get('cf-connecting-ip'),
    protocol: (request) => text(member(member(request, 'cf'), 'httpProtocol')),
    headerCharset: 'utf8',
    arguments: ([env, context]) => ({ env, context }),
  },
  /** `Deno.serve(handler)` and `deno serve`: `fetch(request, info)`. */
  deno: {
    name: 'deno',
    remoteAddress: (_request, [info]) => text(member(member(info, 'remoteAddr'), 'hostname')),
    remotePort: (_request, [info]) => port(member(member(info, 'remoteAddr'), 'port')),
  },
  /** `Bun.serve({ fetch })`: `fetch(request, server)`. */
  bun: {
    name: 'bun',
    remoteAddress: (request, [server]) => text(member(bunAddress(request, server), 'address')),
    remotePort: (request, [server]) => port(member(bunAddress(request, server), 'port')),
  },
  /** Edge functions and fetch exports of Node functions: `(request, { waitUntil })`. */
  vercel: {
    name: 'vercel',
    remoteAddress: (request) =>
      realIp(request) ?? request.headers.get('x-forwarded-for')?.split(',')[0]?.trim(),
  },
  /** Functions 2.0 and Edge Functions: `(request, context)`. */
  netlify: { name: 'netlify', remoteAddress: contextIp },
  /** Compute: `handler(event.request, {}, event)`. */
  fastly: {
    name: 'fastly',
    remoteAddress: (_request, [, event]) => text(member(member(event, 'client'), 'address')),
    arguments: ([env, context]) => ({ env, context }),
  },
  /** Edge Scripting: `Bunny.v1.serve(handler)`. */
  bunny: { name: 'bunny', remoteAddress: realIp },
};

/**
 * The host this runs on, as far as that is safe to guess: one whose address is an argument that no
 * client can write. A `Platform` without an address otherwise.
 */
export function detectPlatform(): Platform {
  const { navigator } = globalThis as unknown as { navigator?: { userAgent?: unknown } };
  const agent = text(member(navigator, 'userAgent')) ?? '';
  if (agent.startsWith('Deno')) return platforms.deno;
  if (agent.startsWith('Bun')) return platforms.bun;
  // The user agent is missing with compatibility dates of 2021.
  if (agent === 'Cloudflare-Workers' || 'WebSocketPair' in globalThis) {
    // Where workerd runs alone, no edge sets cf-connecting-ip, and a client may.
    return { ...platforms.cloudflare, remoteAddress: () => undefined };
  }
  return { name: 'fetch' };
}

function bunAddress(request: Request, server: unknown): unknown {
  const ask = member(server, 'requestIP');
  return typeof ask === 'function' ? (Reflect.apply(ask, server, [request]) as unknown) : undefined;
}

/**
 * A member of what a host gives: an own one or one of its class, never one that was put on
 * `Object.prototype`.
 */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found === Reflect.get(Object.prototype, name) ? undefined : found;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function port(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
