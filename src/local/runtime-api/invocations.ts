/** The queue of events for a runtime, and the events that it holds; no HTTP. */
import {
  type Arrival,
  type Ending,
  type InvocationResult,
  platformError,
  resultOf,
} from './result.ts';

/** The head of a runtime's answer. */
export interface Answer {
  kind: 'buffered' | 'streamed' | 'error';
  contentType: string | undefined;
}

/** One event. */
export interface Invocation {
  readonly requestId: string;
  readonly json: string;
  readonly timeoutMs: number;
  /** Headers that the runtime gets with the event. */
  readonly headers: Readonly<Record<string, string>>;
  readonly onStart: (() => void) | undefined;
  readonly onAnswer: ((answer: Answer) => void) | undefined;
  readonly onChunk: ((chunk: Uint8Array) => void | PromiseLike<void>) | undefined;
  /** When the runtime received it, on the clock of `performance.now()`. */
  startedAt: number;
  /** The runtime's answer, once it has begun. */
  arrival: Arrival | undefined;
}

interface Entry {
  invocation: Invocation;
  resolve: (result: InvocationResult) => void;
  reject: (error: unknown) => void;
  timer?: NodeJS.Timeout;
}

/** Gives an event to the runtime that asks for one. */
export type Delivery = (invocation: Invocation) => void;

export class Invocations {
  /** The state of the runtime: starting, serving events, or failed at its start. */
  phase: 'init' | 'running' | 'failed' = 'init';
  readonly #concurrency: number;
  /** Events that wait for a runtime. */
  readonly #queue: Entry[] = [];
  readonly #inFlight = new Map<string, Entry>();
  readonly #asking = new Set<Delivery>();
  /** A failed start without an event; the next event ends with it. */
  #failedStart: { ending: Ending; arrival: Arrival | undefined } | undefined;

  readonly #onNext: (() => void) | undefined;

  constructor(concurrency: number, onNext?: () => void) {
    this.#concurrency = concurrency;
    this.#onNext = onNext;
  }

  run(invocation: Invocation): Promise<InvocationResult> {
    const failed = this.#failedStart;
    this.#failedStart = undefined;
    if (failed) {
      return Promise.resolve(resultOf(invocation.requestId, failed.ending, failed.arrival));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ invocation, resolve, reject });
      this.#handOut();
    });
  }

  /** Registers a runtime that asks for an event. Returns a function that withdraws it. */
  ask(deliver: Delivery): () => void {
    this.phase = 'running';
    this.#failedStart = undefined;
    this.#onNext?.();
    this.#asking.add(deliver);
    this.#handOut();
    return () => this.#asking.delete(deliver);
  }

  /** An event that a runtime holds. */
  find(requestId: string): Invocation | undefined {
    return this.#inFlight.get(requestId)?.invocation;
  }

  /** Does nothing if it has ended already. */
  end({ requestId, arrival }: Invocation, ending: Ending): void {
    this.#take(requestId)?.resolve(resultOf(requestId, ending, arrival));
    this.#handOut();
  }

  /** Ends it with an error of the caller. */
  fail({ requestId }: Invocation, error: unknown): void {
    this.#take(requestId)?.reject(error);
    this.#handOut();
  }

  /** The runtime reported in `arrival` that it could not start. */
  failStart(ending: Ending, arrival: Arrival): void {
    this.phase = 'failed';
    this.#endStart(ending, arrival);
  }

  /**
   * The runtime has ended. A response that is arriving ends with its connection; `all` ends it now.
   */
  exit(ending: Ending, all = false): void {
    for (const { invocation } of this.#inFlight.values()) {
      if (!invocation.arrival || all) this.end(invocation, ending);
    }
    this.#asking.clear(); // an event for a closed connection would be lost
    if (this.phase === 'init') this.#endStart(ending, undefined);
    else this.#endQueue(ending, undefined);
    this.phase = 'init';
  }

  #endStart(ending: Ending, arrival: Arrival | undefined): void {
    if (this.#queue.length === 0) this.#failedStart = { ending, arrival };
    this.#endQueue(ending, arrival);
  }

  #endQueue(ending: Ending, arrival: Arrival | undefined): void {
    for (const { invocation, resolve } of this.#queue.splice(0)) {
      resolve(resultOf(invocation.requestId, ending, arrival));
    }
  }

  #take(requestId: string): Entry | undefined {
    const entry = this.#inFlight.get(requestId);
    clearTimeout(entry?.timer);
    this.#inFlight.delete(requestId);
    return entry;
  }

  #handOut(): void {
    for (const deliver of this.#asking) {
      if (this.#inFlight.size >= this.#concurrency) return;
      const entry = this.#queue.shift();
      if (!entry) return;
      this.#asking.delete(deliver);
      const { invocation } = entry;
      this.#inFlight.set(invocation.requestId, entry);
      invocation.startedAt = performance.now();
      entry.timer = setTimeout(() => this.#timeOut(invocation), invocation.timeoutMs);
      invocation.onStart?.();
      deliver(invocation);
    }
  }

  #timeOut(invocation: Invocation): void {
    const seconds = (invocation.timeoutMs / 1000).toFixed(2);
    const error = platformError('Sandbox.Timedout', `Task timed out after ${seconds} seconds`);
    this.end(invocation, { kind: 'timeout', error });
    invocation.arrival?.request.destroy();
  }
}
