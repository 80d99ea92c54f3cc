/**
 * The inspector: a page that shows each invocation of the local gateway as it happens, and sends it
 * again. The page treats what it shows as hostile; `inspector/guard.ts` refuses requests that are
 * not the page's own.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, BlockList, isIPv6 } from 'node:net';
import { answer } from './inspector/answer.ts';
import { liveUpdates } from './inspector/live.ts';
import { readPage } from './inspector/page.ts';
import type { Replay } from './inspector/replay.ts';
import type { TraceLog } from './trace.ts';

export type { Replay, ReplayedRequest } from './inspector/replay.ts';

/** A front as the page names it. */
export interface InspectedFront {
  /** As in `InvocationTrace.frontId`. */
  readonly id: string;
  /** Where it listens, `http://127.0.0.1:3001`. */
  readonly url: string;
}

export interface InspectorOptions {
  traces: TraceLog;
  /**
   * Does an invocation again and gives the id of its trace. When it rejects, the page shows the
   * message. Without it the page has no replay.
   */
  replay?: (replay: Replay) => Promise<string>;
  /** For the page's first hint and for its curl commands. Default none. */
  fronts?: readonly InspectedFront[];
  /** A loopback address: `127.0.0.1`, `::1` or `localhost`. Default: `127.0.0.1`. */
  host?: string;
  /** Default 0, any free one. */
  port?: number;
}

export interface Inspector {
  /** `http://127.0.0.1:4000/__gatecall/` */
  readonly url: string;
  /** Ends open connections, and settles when the port is free. */
  close(): Promise<void>;
}

/** The path all addresses of the inspector begin with, so that it can share a port. */
const BASE = '/__gatecall/';

/**
 * Serves the inspector on a port of its own.
 *
 * ```ts
 * const traces = new TraceLog();
 * const replay = async ({ request }) => (await send(request)).id;
 * const inspector = await startInspector({ traces, replay });
 * console.log(inspector.url);
 * ```
 *
 * @throws {RangeError} for a host that others could reach
 */
export async function startInspector(options: InspectorOptions): Promise<Inspector> {
  const { traces, replay, fronts = [], host = '127.0.0.1', port = 0 } = options;
  if (!isLoopback(host)) {
    throw new RangeError(
      `the inspector shows whole requests and runs functions, so it listens on this machine alone; got the host ${JSON.stringify(host)}: use 127.0.0.1`,
    );
  }
  const page = await readPage();
  const token = randomBytes(24).toString('base64url');
  const live = liveUpdates(traces, { fronts, canReplay: replay !== undefined });
  const server = createServer((request, response) => {
    answer(request, response, { base: BASE, traces, live, page, token, replay }).catch(() =>
      response.destroy(),
    );
  });
  try {
    await listen(server, host, port);
  } catch (error) {
    live.close();
    throw error;
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}${BASE}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      live.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return host === 'localhost' || LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
