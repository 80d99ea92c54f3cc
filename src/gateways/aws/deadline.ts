/** Lambda kills an invocation that takes too long, and its client hears nothing. A little earlier, something can still be said. */
import { DeadlineExceeded } from '../../core/errors.ts';
import { LightAbortController } from '../../core/abort.ts';

/** What is read of Lambda's context. */
interface LambdaClock {
  getRemainingTimeInMillis(): number;
}

/**
 * Watches the time of one handler's invocations, of which several may be under way. One timer does for all of them, and stays for the
 * next when an invocation has ended: to set and clear one for each costs 1 µs.
 */
export class Watch {
  readonly #margin: number;
  readonly #running = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it fires, on the clock of `performance.now()`, in ms. */
  #at = 0;

  /** @param margin ms before the end; 0 for no watch at all */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** The deadline of an invocation; undefined where nobody knows it. */
  deadline(context: unknown): Deadline | undefined {
    const clock = context as Partial<LambdaClock> | null | undefined;
    if (this.#margin === 0 || typeof clock?.getRemainingTimeInMillis !== 'function') return;
    const remaining = clock.getRemainingTimeInMillis();
    if (!Number.isFinite(remaining)) return;
    // A function whose whole time is hardly more than the margin keeps half of it.
    const kept = Math.min(this.#margin, Math.max(remaining, 0) / 2);
    return new Deadline(this, clock as LambdaClock, kept);
  }

  add(deadline: Deadline): void {
    if (!this.#timer || deadline.due < this.#at) this.#set(deadline.due);
    // Only while somebody waits does the timer keep the process alive.
    else if (this.#running.size === 0) this.#timer.ref();
    this.#running.add(deadline);
  }

  remove(deadline: Deadline): void {
    if (this.#running.delete(deadline) && this.#running.size === 0) this.#timer?.unref();
  }

  #set(at: number): void {
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(() => this.#fire(), Math.max(at - performance.now(), 1));
  }

  /** It was set for an invocation that may be over long since, so those under way are asked how much time they have. */
  #fire(): void {
    this.#timer = undefined;
    let least = Infinity;
    for (const deadline of this.#running) {
      deadline.look();
      if (!deadline.over) least = Math.min(least, deadline.due);
    }
    if (least < Infinity) this.#set(least);
  }
}

/** How often `aborted` is read for each look at the clock, which takes longer. */
const READS_A_LOOK = 64;

/**
 * The time of one invocation. The warning comes `margin` ms before the end, the gateway gives up half-way between, and the rest is for
 * closing what is open and for the reply's own way. As an interruption it is the gateway's: there is no time left for the application.
 */
export class Deadline extends LightAbortController {
  /** There is little time left. */
  readonly warning: LightAbortController = new LightAbortController();
  /** ms that a body may take to stop and to close afterwards. */
  readonly stopTimeout: number;
  readonly #watch: Watch;
  readonly #clock: LambdaClock;
  readonly #kept: number;
  #controller: AbortController | undefined;
  #reads = 0;
  /** On the clock of `performance.now()`, in ms. */
  #end: number | undefined;

  constructor(watch: Watch, clock: LambdaClock, kept: number) {
    super();
    this.#watch = watch;
    this.#clock = clock;
    this.#kept = kept;
    this.stopTimeout = kept / 8;
  }

  /** The warning, for the application. */
  warningSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.warning.aborted) this.#controller.abort(this.warning.reason);
    return this.#controller.signal;
  }

  /** Tells the application that its client has gone. */
  cancel(reason: unknown): void {
    if (this.warning.aborted) return;
    this.#controller?.abort(reason);
    this.warning.abort(reason);
  }

  /** Starts the clock. A reply that is there at once needs none: no timer could have fired. */
  arm(): void {
    if (!this.over) this.#watch.add(this);
  }

  clear(): void {
    this.#watch.remove(this);
  }

  /** There is nothing left to wait for. */
  get over(): boolean {
    return super.aborted;
  }

  /**
   * When something is to be done, on the clock of `performance.now()`, in ms. Lambda's clock is asked when this one is started and not when it
   * was made, for an application may have computed for seconds meanwhile; and once, for the contexts of people's tests have clocks that stand.
   */
  get due(): number {
    this.#end ??= performance.now() + this.#clock.getRemainingTimeInMillis();
    return this.#end - (this.warning.aborted ? this.#kept / 2 : this.#kept);
  }

  /** Does what is due. */
  look(): void {
    if (!this.warning.aborted && this.due <= performance.now()) {
      const text = `${Math.round(this.#kept)} ms are left of the function's timeout`;
      const reason = new DeadlineExceeded(text);
      this.cancel(reason);
    }
    if (this.warning.aborted && !this.over && this.due <= performance.now()) {
      this.clear();
      const text = `no answer ${Math.round(this.#kept / 2)} ms before the timeout; raise Timeout, or watch gatecall.signal`;
      this.abort(new DeadlineExceeded(text));
    }
  }

  /** It is read before each block, and beside a generator that never lets the event loop turn no timer fires. */
  override get aborted(): boolean {
    if (++this.#reads % READS_A_LOOK === 0) this.look();
    return super.aborted;
  }
}
