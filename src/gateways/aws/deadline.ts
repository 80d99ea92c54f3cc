/**
 * The deadline of an invocation. Lambda ends an invocation that takes too long, and its client gets
 * no answer. Shortly before that, the gateway can still answer.
 */
import { DeadlineExceeded } from '../../core/errors.ts';
import { LightAbortController } from '../../core/abort.ts';

/** What the gateway reads of Lambda's context. */
interface LambdaClock {
  getRemainingTimeInMillis(): number;
}

/**
 * The timer for the invocations of one handler, of which several may run at once. One timer serves
 * all of them and stays for the next when an invocation has ended: setting and clearing a timer for
 * each costs 1 µs.
 */
export class DeadlineTimer {
  readonly #margin: number;
  readonly #running = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires, on the clock of `performance.now()`, in ms. */
  #firesAt = 0;

  /** @param margin ms before the end; 0 switches deadlines off */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** The deadline of an invocation; undefined where its context has no clock. */
  deadline(context: unknown): Deadline | undefined {
    const clock = context as Partial<LambdaClock> | null | undefined;
    if (this.#margin === 0 || typeof clock?.getRemainingTimeInMillis !== 'function') return;
    const remaining = clock.getRemainingTimeInMillis();
    if (!Number.isFinite(remaining)) return;
    // A function with a timeout hardly longer than the margin keeps half of it for itself.
    const margin = Math.min(this.#margin, Math.max(remaining, 0) / 2);
    return new Deadline(this, clock as LambdaClock, margin);
  }

  add(deadline: Deadline): void {
    if (!this.#timer || deadline.dueAt < this.#firesAt) this.#set(deadline.dueAt);
    // The timer keeps the process alive only while an invocation waits.
    else if (this.#running.size === 0) this.#timer.ref();
    this.#running.add(deadline);
  }

  remove(deadline: Deadline): void {
    if (this.#running.delete(deadline) && this.#running.size === 0) this.#timer?.unref();
  }

  #set(at: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = at;
    this.#timer = setTimeout(() => this.#fire(), Math.max(at - performance.now(), 1));
  }

  /** The invocation that the timer was set for may have ended, so this checks all that run. */
  #fire(): void {
    this.#timer = undefined;
    let next = Infinity;
    for (const deadline of this.#running) {
      deadline.check();
      if (!deadline.expired) next = Math.min(next, deadline.dueAt);
    }
    if (next < Infinity) this.#set(next);
  }
}

/** How many reads of `aborted` come to one check of the clock, which takes longer than a read. */
const READS_PER_CHECK = 64;

/**
 * The deadline of one invocation. The warning comes `margin` ms before the end. Half of the margin
 * later the gateway gives up: as an abort signal, a deadline is the gateway's own, and `warning` is
 * the application's. The other half is left for closing what is open and for sending the reply.
 */
export class Deadline extends LightAbortController {
  /** Aborts when little time is left. */
  readonly warning: LightAbortController = new LightAbortController();
  /** ms that a body may take to stop and to close afterwards. */
  readonly stopTimeout: number;
  readonly #timer: DeadlineTimer;
  readonly #clock: LambdaClock;
  readonly #margin: number;
  #controller: AbortController | undefined;
  #reads = 0;
  /** On the clock of `performance.now()`, in ms. */
  #end: number | undefined;

  constructor(timer: DeadlineTimer, clock: LambdaClock, margin: number) {
    super();
    this.#timer = timer;
    this.#clock = clock;
    this.#margin = margin;
    this.stopTimeout = margin / 8;
  }

  /** The warning as an `AbortSignal`, for `environ['gatecall.signal']`. */
  warningSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.warning.aborted) this.#controller.abort(this.warning.reason);
    return this.#controller.signal;
  }

  /** Aborts the application's signal: with the warning, or when its client has gone. */
  cancel(reason: unknown): void {
    if (this.warning.aborted) return;
    this.#controller?.abort(reason);
    this.warning.abort(reason);
  }

  /** Starts the timer. A reply that is there at once does without: no timer could have fired. */
  arm(): void {
    if (!this.expired) this.#timer.add(this);
  }

  clear(): void {
    this.#timer.remove(this);
  }

  /** Whether the gateway has given up. Unlike `aborted`, this never checks the clock. */
  get expired(): boolean {
    return super.aborted;
  }

  /**
   * When {@link check} has something to do next, on the clock of `performance.now()`, in ms.
   * Lambda's clock is read when the timer starts and not when the deadline is made, as an
   * application may have computed for seconds in between. It is read once, because contexts in
   * tests often have a clock that stands still.
   */
  get dueAt(): number {
    this.#end ??= performance.now() + this.#clock.getRemainingTimeInMillis();
    return this.#end - (this.warning.aborted ? this.#margin / 2 : this.#margin);
  }

  /** Warns, or gives up, where it is time to. */
  check(): void {
    if (!this.warning.aborted && this.dueAt <= performance.now()) {
      const text = `${Math.round(this.#margin)} ms are left of the function's timeout`;
      this.cancel(new DeadlineExceeded(text));
    }
    if (this.warning.aborted && !this.expired && this.dueAt <= performance.now()) {
      this.clear();
      const left = Math.round(this.#margin / 2);
      this.abort(
        new DeadlineExceeded(
          `no answer ${left} ms before the timeout; raise Timeout, or watch gatecall.signal`,
        ),
      );
    }
  }

  /**
   * The gateway reads this before each block. A body that never lets the event loop turn lets no
   * timer fire.
   */
  override get aborted(): boolean {
    if (++this.#reads % READS_PER_CHECK === 0) this.check();
    return super.aborted;
  }
}
