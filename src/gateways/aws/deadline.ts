/** Lambda kills an invocation that takes too long, and its client hears nothing. A little earlier, something can still be said. */
import { DeadlineExceeded } from '../../errors.ts';
import type { Interruption } from '../../interruption.ts';

export interface Deadline {
  /** For the application: there is little time left. */
  warning: AbortSignal;
  /** For the gateway: there is none left for the application. */
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
  // A function whose whole time is hardly more than the margin keeps half of it.
  const kept = Math.min(margin, Math.max(remaining, 0) / 2);
  const warning = new AbortController();
  const giveUp = new GiveUp();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const warn = (): void => {
    warning.abort(
      new DeadlineExceeded(`${Math.round(kept)} ms are left of the function's timeout`),
    );
    timer = setTimeout(() => {
      const text = `no answer ${Math.round(kept / 2)} ms before the function's timeout; raise Timeout, or watch gatecall.signal`;
      giveUp.abort(new DeadlineExceeded(text));
    }, kept / 2);
  };
  return {
    warning: warning.signal,
    giveUp,
    stopTimeout: kept / 8,
    arm() {
      // Asked again: an application may have computed for seconds before it first waited.
      timer ??= setTimeout(warn, (clock.getRemainingTimeInMillis?.() ?? remaining) - kept);
    },
    clear: () => clearTimeout(timer),
  };
}

class GiveUp implements Interruption {
  aborted = false;
  reason: unknown;
  #listeners = new Set<() => void>();

  abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
