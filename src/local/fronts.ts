/**
 * The fronts of a project on this machine: an HTTP server for each API, Function URL and load
 * balancer, which turns requests into the events AWS would make of them, and results into the
 * answers AWS would give.
 *
 * ```ts
 * const fronts = await startFronts(project, { functions, port: 3000 });
 * console.log(fronts.list.map(({ url }) => url));
 * await fronts.close();
 * ```
 */
import type { Server } from 'node:http';
import { albHandler, albTooLarge } from './fronts/alb.ts';
import type { FrontAnswer, FrontHandler, FrontRequest } from './fronts/front.ts';
import { functionUrlHandler, functionUrlTooLarge } from './fronts/function-url.ts';
import { httpApiHandler, httpApiTooLarge } from './fronts/http-api.ts';
import { hostNameOf, isLocalName } from './fronts/names.ts';
import { type OpenFront, type Resend, sendAgain } from './fronts/resend.ts';
import { restApiHandler, restApiTooLarge } from './fronts/rest-api.ts';
import { type FrontServerOptions, portOf, startServer, stopServer } from './fronts/server.ts';
import type { JsonWebKey, RecordedEvent, Services } from './fronts/services.ts';
import { matchesGlob } from './glob.ts';
import type { Functions } from './functions.ts';
import type { Front, Project } from './project.ts';
import type { TraceLog } from './trace.ts';

export type { FrontAnswer, FrontRequest } from './fronts/front.ts';
export type { Resend } from './fronts/resend.ts';
export type { JsonWebKey, RecordedEvent } from './fronts/services.ts';

export interface FrontsOptions {
  functions: Functions;
  traces?: TraceLog;
  /** Default 127.0.0.1. */
  host?: string;
  /** The first front's port, the next one has the next; 0 for any that are free. Default 3000. */
  port?: number;
  /** All fronts on one port, told apart by host name: `<logical id>.localhost`. */
  singlePort?: boolean;
  /**
   * Host names beside `localhost` and addresses that requests may carry; `'any'` lifts the
   * protection.
   */
  allowedHosts?: readonly string[] | 'any';
  /** A JWK Set for JWT authorizers. */
  keys?: readonly JsonWebKey[];
  /**
   * Called with each event. The returned function gets the reply, or `{ errorType, errorMessage }`.
   */
  onEvent?: (event: RecordedEvent) => (reply: unknown) => void;
  onAnswered?: (front: Front, request: FrontRequest, answer: FrontAnswer, ms: number) => void;
  /** Called with each thing that the user should know, once. */
  onNote?: (text: string) => void;
}

export interface LocalFront {
  readonly front: Front;
  /** `http://127.0.0.1:3000/live`, without a slash at the end. */
  readonly url: string;
}

export interface Fronts {
  readonly list: readonly LocalFront[];
  /**
   * Repeats an invocation, and settles with the id of the new trace once it has an answer.
   *
   * @throws {RangeError} when the trace is unknown, or the front refuses the request; the message
   * is for the user
   */
  resend(resend: Resend): Promise<string>;
  close(): Promise<void>;
}

const MB = 1024 * 1024;

/** @throws {Error} with code EADDRINUSE and its siblings; nothing listens then */
export async function startFronts(project: Project, options: FrontsOptions): Promise<Fronts> {
  const { host = '127.0.0.1', port = 3000, singlePort = false, onAnswered } = options;
  const services = servicesOf(options);
  const fronts = project.fronts.map((front) => ({
    front,
    serving: {
      ...frontServerOf(front, services),
      onAnswered: (request: FrontRequest, answer: FrontAnswer, ms: number) =>
        onAnswered?.(front, request, answer, ms),
    },
  }));
  const allowed = allowedNames(project, options);
  const openFronts = new Map<string, OpenFront>();
  const servers: Server[] = [];
  const list: LocalFront[] = [];
  try {
    if (singlePort) {
      const byName = new Map(fronts.map(({ front, serving }) => [localName(front), serving]));
      const server = await startServer(host, port, (name) => byName.get(hostNameOf(name)));
      servers.push(server);
      for (const { front, serving } of fronts) {
        openFronts.set(front.id, { handler: serving.handler, port: portOf(server) });
        list.push({ front, url: urlOf(front, localName(front), portOf(server)) });
      }
    } else {
      for (const [index, { front, serving }] of fronts.entries()) {
        const server = await startServer(host, port === 0 ? 0 : port + index, (name) =>
          allowed(hostNameOf(name)) ? serving : undefined,
        );
        servers.push(server);
        openFronts.set(front.id, { handler: serving.handler, port: portOf(server) });
        list.push({ front, url: urlOf(front, shownHost(host), portOf(server)) });
      }
    }
  } catch (error) {
    await Promise.all(servers.map(stopServer));
    throw error;
  }
  return {
    list,
    resend: (resend) => sendAgain(services, openFronts, resend),
    close: async () => {
      await Promise.all(servers.map(stopServer));
    },
  };
}

function servicesOf({ functions, traces, keys, onEvent, onNote }: FrontsOptions): Services {
  const said = new Set<string>();
  const say = (text: string): void => {
    if (said.has(text)) return;
    said.add(text);
    onNote?.(text);
  };
  return { functions, traces, keys, onEvent, say };
}

function frontServerOf(front: Front, services: Services): Omit<FrontServerOptions, 'onAnswered'> {
  switch (front.kind) {
    case 'http-api':
      return withBodyLimit(httpApiHandler(front, services), 10 * MB, httpApiTooLarge);
    case 'rest-api':
      return withBodyLimit(restApiHandler(front, services), 10 * MB, restApiTooLarge);
    case 'function-url':
      return withBodyLimit(functionUrlHandler(front, services), 6 * MB, functionUrlTooLarge);
    case 'alb':
      return withBodyLimit(albHandler(front, services), MB, albTooLarge);
  }
}

function withBodyLimit(
  handler: FrontHandler,
  bodyLimit: number,
  tooLarge: FrontAnswer,
): Omit<FrontServerOptions, 'onAnswered'> {
  return { handler, bodyLimit, tooLarge };
}

function allowedNames(
  project: Project,
  { allowedHosts = [], host }: FrontsOptions,
): (name: string) => boolean {
  if (allowedHosts === 'any') return () => true;
  const known = [...allowedHosts, ...(host === undefined ? [] : [host]), ...ownNames(project)];
  return (name) => isLocalName(name) || known.some((it) => matchesGlob(it, name, 'i'));
}

/**
 * Names that the template itself gives its load balancers. A pattern for every name would be no
 * protection.
 */
function ownNames({ fronts }: Project): string[] {
  return fronts
    .flatMap((front) => (front.kind === 'alb' ? front.rules : []))
    .flatMap(({ conditions }) => conditions.flatMap((it) => (it.on === 'host' ? it.values : [])))
    .filter((pattern) => /[^*?.]\.[^*?.]/.test(pattern));
}

function localName({ id }: Front): string {
  return `${id.toLowerCase()}.localhost`;
}

/** The host of the URL that is printed; no browser opens 0.0.0.0. */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function urlOf(front: Front, host: string, port: number): string {
  const isStaged = front.kind === 'rest-api' || front.kind === 'http-api';
  const stage = isStaged && front.stage !== '$default' ? `/${front.stage}` : '';
  return `http://${host}:${port}${stage}`;
}
