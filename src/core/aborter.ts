/**
 * Abort signals at the price that they have since Node 22.
 *
 * Node 20 makes a signal by giving an `EventTarget` another prototype. What V8 11 then adds to the object has hidden classes of its own for
 * each object: 3 µs to make one, and 10 of the 45 µs of a small request once the collector has had its part. Here a signal is born with its
 * prototype. Node 20 gets no new features any more, but whether all is as expected is tried before the first use.
 */
export interface Aborter {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/** What `new AbortController()` makes, or what nobody can tell from it. */
export function newAborter(): Aborter {
  make ??= bornAborters() ?? newController;
  return make();
}

let make: (() => Aborter) | undefined;

const newController = (): Aborter => new AbortController();

type Signal = AbortSignal & Record<symbol, unknown>;

function bornAborters(): (() => Aborter) | undefined {
  const { process } = globalThis as { process?: { version?: string } };
  if (!process?.version?.startsWith('v20.')) return undefined;
  const model = new AbortController().signal as Signal;
  const plain = Object.getOwnPropertySymbols(new EventTarget());
  const own = Object.getOwnPropertySymbols(model);
  const [aborted, reason, composite, ...more] = own.filter((key) => !plain.includes(key));
  // Whom a signal tells is noted on it when the first comes.
  AbortSignal.any([model]);
  const told = Object.getOwnPropertySymbols(model).find((key) => !own.includes(key));
  if (!aborted || !reason || !composite || more.length > 0 || !told) return undefined;

  class BornAborter implements Aborter {
    readonly signal: AbortSignal;

    constructor() {
      const signal = Reflect.construct(EventTarget, [], AbortSignal) as Signal;
      signal[aborted!] = false;
      signal[reason!] = undefined;
      signal[composite!] = false;
      this.signal = signal;
    }

    /** Has Node do it, by way of a signal that this one follows. */
    abort(reason: unknown): void {
      const controller = new AbortController();
      (controller.signal as Signal)[told!] = [{ deref: () => this.signal }];
      controller.abort(reason);
    }
  }
  const born = (): Aborter => new BornAborter();
  return works(born) ? born : undefined;
}

function works(make: () => Aborter): boolean {
  try {
    const aborter = make();
    const { signal } = aborter;
    const follower = AbortSignal.any([signal]);
    let trusted = false;
    signal.addEventListener('abort', (event) => (trusted = event.isTrusted));
    const before = signal.aborted;
    aborter.abort('reason');
    const both = [signal, follower];
    return !before && trusted && both.every((one) => one.aborted && one.reason === 'reason');
  } catch {
    return false;
  }
}
