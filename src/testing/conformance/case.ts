/**
 * What a row of the conformance table is, and what it needs from the gateway under test.
 * A gateway's author writes a `Subject`; a case's author uses a `Bench`.
 */
import type { Application } from '../../types.ts';
import type { TestRequest, TestResponse } from '../../aws-model.ts';

/**
 * What a platform cannot carry, whatever the gateway does. A case under a declared limit is
 * reported as not expressible, or runs with a weaker expectation and says so; it is never left out
 * in silence.
 */
export const limits = {
  'no-reason': 'the reason phrase is not delivered to the client',
  'no-streaming': 'the response is delivered in one piece',
  'no-disconnect': 'nothing tells the gateway that the client has left',
  'no-framing': 'Content-Length and transfer coding belong to the platform',
  'no-authorization': 'the Authorization header is withheld',
  'no-hop-headers': 'a client of this kind cannot send Connection and its like',
  'no-header-budget': 'header sections beyond a few kilobytes are refused by the platform',
  'upper-case-methods': 'a client of this kind writes every method in capitals',
  'origin-form-only': 'no other request target than a path reaches the gateway',
  'decoded-path': 'the path arrives percent-decoded, so `%2F` and `/` are one',
  'utf8-path': 'bytes of the path that are not UTF-8 are replaced on the way',
  'utf8-path-only': 'a path that is not UTF-8 is refused before it reaches the gateway',
  'one-leading-slash': 'repeated slashes at the start of the path are one',
  'normalized-path': 'dot segments and repeated slashes are resolved on the way',
  'parsed-query': 'the query arrives as decoded pairs grouped by name',
  'grouped-query':
    'the query arrives as pairs grouped by name, still encoded; `flag` and `flag=` are one',
  'last-query-value': 'of a repeated query parameter only the last value arrives',
  'last-header-value': 'of a repeated request header only the last value arrives',
  'text-request-headers':
    'request header values travel as text, so a byte beyond ASCII arrives as UTF-8',
  'text-response-headers':
    'response header values travel as text, so a byte beyond ASCII arrives as UTF-8',
  'one-header-value':
    'a response header has one value; repeats other than Set-Cookie arrive folded',
  'unordered-header-values': 'values of a repeated response header arrive in any order',
  'own-date-server': 'the platform sends its own Date and Server',
  'own-content-type': 'the platform adds a Content-Type of its own',
  'own-forwarded': 'the front end sets X-Forwarded-For and X-Forwarded-Proto itself',
  'fixed-protocol': 'the request always says the same protocol version',
  'http-only': 'there is no TLS',
  'https-only': 'there is nothing but TLS',
} as const;

export type Limit = keyof typeof limits;
export type Mode = 'bare' | 'validated';

/** One block of a response, as it arrived. */
export interface ArrivedBlock {
  bytes: Uint8Array;
  /**
   * `performance.timeOrigin + performance.now()` at arrival, in ms: comparable across processes.
   */
  at: number;
}

/** A TCP connection, for cases about bytes that no HTTP client would send. */
export interface RawConnection {
  write(bytes: Uint8Array): void | PromiseLike<void>;
  /** The next bytes that arrive; empty once the server has closed. */
  read(): Promise<Uint8Array>;
  /** Leave without ceremony. */
  destroy(): void;
}

/**
 * One application being served. Only `send` is needed; each other member makes more cases
 * expressible.
 */
export interface Driver {
  /**
   * Send one request and wait for the whole response. A response that breaks off is returned with
   * `aborted: true`.
   */
  send(request: TestRequest): Promise<TestResponse>;
  /** Everything the gateway has logged so far, what went to `wsgi.errors` included. */
  log?(): string;
  /**
   * Send a request; leave as soon as `bytes` bytes of body have come, or `when` settles. Settles
   * when the client has left.
   */
  sendAndLeave?(
    request: TestRequest,
    moment: { bytes?: number; when?: PromiseLike<unknown> },
  ): Promise<void>;
  /** Send one request and note when each block came. */
  stream?(request: TestRequest): Promise<readonly ArrivedBlock[]>;
  /** Open a connection to the gateway's own HTTP/1.1 server. */
  connect?(): Promise<RawConnection>;
  close?(): void | PromiseLike<void>;
}

/**
 * A gateway under test.
 *
 * ```ts
 * const report = await runConformance({
 *   serve: (application) => {
 *     const handler = toMyPlatform(application);
 *     return { send: async (request) => readReply(await handler(makeEvent(request))) };
 *   },
 * });
 * ```
 */
export interface Subject {
  serve(application: Application): Driver | PromiseLike<Driver>;
  /**
   * Serve below a path prefix that the deployer configures; without it the mounting cases are not
   * expressible.
   */
  serveAt?(application: Application, mount: string): Driver | PromiseLike<Driver>;
  /** Default: none. */
  limits?: Iterable<Limit>;
  /**
   * `true`: nothing leaves before the response is complete, so a late failure must be a 500.
   * `false`: it must be an aborted response. Left out: either will do.
   */
  buffered?: boolean;
  /**
   * The prefix every client's URL has by deployment and `SCRIPT_NAME` holds, such as an API's
   * stage. Default `''`.
   */
  mount?: string;
  /** The documented truth about the four flags; left out, only their types are checked. */
  multithread?: boolean;
  multiprocess?: boolean;
  runOnce?: boolean;
  concurrent?: boolean;
  /** Largest request and response bodies the platform carries, in bytes. Default: no limit. */
  maxRequest?: number;
  maxResponse?: number;
}

/** One row of the table. `run` throws when the gateway is wrong. */
export interface ConformanceCase {
  id: `T-${number}`;
  title: string;
  /** Limits under which the case cannot be expressed at all. */
  without?: readonly Limit[];
  /** Default both. */
  modes?: readonly Mode[];
  /** It moves megabytes, so T-127 does not run it once more. */
  heavy?: true;
  run(bench: Bench): Promise<void>;
}

/** A request as a case writes it down: what is left out gets an ordinary value. */
export interface CaseRequest extends Partial<TestRequest> {
  /** The Host header; `null` sends none. */
  host?: string | null;
}

/** The client of a case. */
export interface Client {
  readonly driver: Driver;
  send(request?: CaseRequest | string): Promise<TestResponse>;
  complete(request: CaseRequest): TestRequest;
  /** What was logged, or `undefined` where the driver cannot tell. */
  log(): string | undefined;
}

/** What a case works with. */
export interface Bench {
  readonly subject: Subject;
  readonly mode: Mode;
  readonly mount: string;
  /**
   * Asks for a limit. A `true` answer is noted in the report: the case ran with a weaker
   * expectation.
   */
  lacks(limit: Limit): boolean;
  note(weakness: string): void;
  serve(application: Application, mount?: string): Promise<Client>;
}

/** Thrown by a case that finds out on the way that it cannot be expressed. */
const notExpressible = Symbol('not expressible');

export function cannotExpress(reason: string): never {
  throw Object.assign(new Error(reason), { [notExpressible]: reason });
}

export function inexpressible(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !(notExpressible in error)) return undefined;
  return String(error[notExpressible]);
}

/** A bench for one run of one case. `log` is what its drivers logged; `done` closes them all. */
export function openBench(
  subject: Subject,
  mode: Mode,
  wrap: (application: Application) => Application,
): { bench: Bench; notes: Set<string>; log(): string; done(): Promise<void> } {
  const declared = new Set(subject.limits);
  const notes = new Set<string>();
  const drivers: Driver[] = [];
  const bench: Bench = {
    subject,
    mode,
    mount: subject.mount ?? '',
    lacks(limit) {
      if (!declared.has(limit)) return false;
      notes.add(limits[limit]);
      return true;
    },
    note: (weakness) => void notes.add(weakness),
    async serve(application, mount) {
      const wrapped = wrap(application);
      let driver: Driver;
      if (mount === undefined) driver = await subject.serve(wrapped);
      else if (subject.serveAt) driver = await subject.serveAt(wrapped, mount);
      else return cannotExpress('the subject cannot be mounted: it has no serveAt()');
      drivers.push(driver);
      return openClient(driver, bench.mount);
    },
  };
  const done = async (): Promise<void> => {
    for (const driver of drivers) await driver.close?.();
  };
  const log = (): string => drivers.map((driver) => driver.log?.() ?? '').join('');
  return { bench, notes, log, done };
}

function openClient(driver: Driver, mount: string): Client {
  const complete = ({ host = 'gatecall.example', ...given }: CaseRequest): TestRequest => {
    const target = given.target ?? '/';
    const headers: [string, string][] = [];
    if (host !== null) headers.push(['Host', host]);
    for (const [name, value] of given.headers ?? []) headers.push([name, value]);
    const named = (wanted: string): boolean =>
      headers.some(([name]) => name.toLowerCase() === wanted);
    if (given.body && !named('content-length')) {
      headers.push(['Content-Length', String(given.body.length)]);
    }
    return {
      method: 'GET',
      protocol: 'HTTP/1.1',
      ...given,
      target: target.startsWith('/') ? mount + target : target,
      headers,
    };
  };
  return {
    driver,
    complete,
    send: (request = {}) =>
      driver.send(complete(typeof request === 'string' ? { target: request } : request)),
    log: () => driver.log?.(),
  };
}
