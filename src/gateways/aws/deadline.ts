/** Lambda kills an invocation that takes too long, and its client hears nothing. A little earlier, something can still be said. */
import { DeadlineExceeded } from '../../errors.ts';
import { Interrupter, type Interruption } from '../../interruption.ts';

export interface Deadline {
  /** There is little time left. */
  warning: Interruption;
  /** The same for the application. */
  warningSignal(): AbortSignal;
  /** For the gateway: there is no time left for the application. */
  giveUp: Interruption;
  /** ms that a body may take to stop and to close afterwards. */
  stopTimeout: number;
  /** Starts the clock. A reply that is there at once needs none: no timer could have fired. */
  arm(): void;
  clear(): void;
}

/**
 * Watches the time of one invocation. The warning fires `margin` ms before the end, the gateway gives up half-way
 * between, and the rest is for closing what is open and for the reply's own way. Undefined where nobody knows the deadline.
 */
export function watchDeadline(context: unknown, margin: number): Deadline | undefined {
  const clock = context as { getRemainingTimeInMillis?: () => number } | null | undefined;
  if (margin === 0 || typeof clock?.getRemainingTimeInMillis !== 'function') return undefined;
  const remaining = clock.getRemainingTimeInMillis();
  if (!Number.isFinite(remaining)) return undefined;
  return new Clock(clock as Required<typeof clock>, remaining, margin);
}

class Clock implements Deadline {
  readonly warning: Interrupter = new Interrupter();
  readonly giveUp: Interrupter = new Watched(() => this.#look());
  readonly stopTimeout: number;
  readonly #context: { getRemainingTimeInMillis: () => number };
  readonly #kept: number;
  #controller: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    context: { getRemainingTimeInMillis: () => number },
    remaining: number,
    margin: number,
  ) {
    this.#context = context;
    // A function whose whole time is hardly more than the margin keeps half of it.
    this.#kept = Math.min(margin, Math.max(remaining, 0) / 2);
    this.stopTimeout = this.#kept / 8;
  }

  warningSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.warning.aborted) this.#controller.abort(this.warning.reason);
    return this.#controller.signal;
  }

  arm(): void {
    // Asked again: an application may have computed for seconds before it first waited.
    this.#timer ??= setTimeout(
      () => this.#warn(),
      this.#context.getRemainingTimeInMillis() - this.#kept,
    );
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #warn(): void {
    const kept = Math.round(this.#kept);
    const reason = new DeadlineExceeded(`${kept} ms are left of the function's timeout`);
    this.#controller?.abort(reason);
    this.warning.abort(reason);
    this.#timer = setTimeout(() => this.#expire(), this.#kept / 2);
  }

  #expire(): void {
    const text = `no answer ${Math.round(this.#kept / 2)} ms before the function's timeout; raise Timeout, or watch gatecall.signal`;
    this.giveUp.abort(new DeadlineExceeded(text));
  }

  /** Does what the timers would have done, had they been let. */
  #look(): void {
    if (this.#context.getRemainingTimeInMillis() > this.#kept / 2) return;
    this.clear();
    this.#warn();
    this.clear();
    this.#expire();
  }
}

/** How often `aborted` is read for each look at the clock, which takes longer. */
const READS_A_LOOK = 64;

/** `aborted` is asked for before each block, and beside a generator that never lets the event loop turn no timer fires. */
class Watched extends Interrupter {
  #reads = 0;
  readonly #look: () => void;

  constructor(look: () => void) {
    super();
    this.#look = look;
  }

  override get aborted(): boolean {
    if (++this.#reads % READS_A_LOOK === 0) this.#look();
    return super.aborted;
  }
}
