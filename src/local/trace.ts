/**
 * The trace of one invocation, from the request to the answer. The fronts write it, the inspector
 * shows it. All of it is JSON.
 */

/** Bytes, or the first of them. */
export interface TracedBody {
  /** The true length in bytes. */
  readonly length: number;
  /** The first 256 KiB. */
  readonly base64: string;
  readonly truncated: boolean;
}

export interface TracedHead {
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface TracedRequest extends TracedHead {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly target: string;
  readonly body: TracedBody;
}

export interface TracedResponse extends TracedHead {
  readonly status: number;
  readonly body: TracedBody;
}

export interface TracedLog {
  /** ms since the invocation started. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr' | 'platform';
  readonly text: string;
}

/** ms since the request arrived; steps that did not happen are left out. */
export interface TracedTimings {
  /** An instance took the invocation from the queue. */
  readonly dequeued?: number;
  /** A new instance was ready for its first event; cold starts only. */
  readonly initialized?: number;
  /** The function received the event. */
  readonly invoked?: number;
  /** `startResponse` was called; functions made with gatecall only. */
  readonly started?: number;
  /** The client was sent its first byte. */
  readonly firstByte?: number;
  readonly ended?: number;
}

export interface Limit {
  /** `response`, `request`, `headers`, `duration`, `memory` */
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly unit: 'bytes' | 'ms' | 'MB';
}

/** Something that works here, and fails or differs on AWS. */
export interface Warning {
  /** A stable name, e.g. `header-dropped`. */
  readonly code: string;
  /** `a REST API drops the header transfer-encoding` */
  readonly message: string;
  /** The fix. */
  readonly fix?: string;
  /** The header it is about, in lower case. */
  readonly header?: string;
}

export interface InvocationTrace {
  /** The request id that `context.awsRequestId` has. */
  readonly id: string;
  /** ms since 1970. */
  readonly time: number;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Logical ids. */
  readonly functionId: string;
  readonly frontId: string;
  /** As `gatecall/testing` calls it: `http-api-2`, `function-url`. */
  readonly source: string;
  readonly cold: boolean;
  readonly streamed: boolean;
  readonly request: TracedRequest;
  readonly event: unknown;
  /**
   * Functions made with gatecall only; what JSON cannot say stands in brackets, `[InputStream]`.
   */
  readonly environ?: Readonly<Record<string, unknown>>;
  readonly startResponse?: readonly {
    readonly status: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly error?: string;
  }[];
  /** What the function returned; the prelude of a streamed one. */
  readonly reply?: unknown;
  readonly response?: TracedResponse;
  /**
   * What the Runtime API was told, or what Lambda would say: `Task timed out after 3.00 seconds`.
   */
  readonly error?: {
    readonly type: string;
    readonly message: string;
    readonly stack?: readonly string[];
  };
  readonly logs: readonly TracedLog[];
  readonly timings: TracedTimings;
  readonly limits: readonly Limit[];
  /** What `warningsOf` of `warnings.ts` finds once the reply is there. */
  readonly warnings: readonly Warning[];
  /** The id of the invocation that this one repeats. */
  readonly replayOf?: string;
}

/** The most traces; older ones are dropped. */
const MAX_TRACES = 500;

type Listener = (trace: InvocationTrace) => void;

/**
 * The newest traces, and their changes.
 *
 * ```ts
 * const traces = new TraceLog();
 * const stop = traces.subscribe((trace) => console.log(trace.request.target, trace.state));
 * traces.put({ ...trace, state: 'done' });
 * ```
 */
export class TraceLog {
  readonly #traces = new Map<string, InvocationTrace>();
  readonly #listeners = new Set<Listener>();

  /** Adds a trace, or replaces the one of its id. */
  put(trace: InvocationTrace): void {
    this.#traces.set(trace.id, trace);
    for (const id of this.#traces.keys()) {
      if (this.#traces.size <= MAX_TRACES) break;
      this.#traces.delete(id);
    }
    for (const listener of this.#listeners) listener(trace);
  }

  get(id: string): InvocationTrace | undefined {
    return this.#traces.get(id);
  }

  /** Oldest first. */
  list(): InvocationTrace[] {
    return [...this.#traces.values()];
  }

  clear(): void {
    this.#traces.clear();
  }

  /** Calls the listener at each `put`. Returns a function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
