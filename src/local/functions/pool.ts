/**
 * The instances of a function: each takes one invocation at a time; the pool starts more up to a
 * limit.
 */
import type { Instance } from './instance.ts';

/** An instance for one invocation. */
export class Lease {
  readonly instance: Instance;
  /** The instance was started for it. */
  readonly cold: boolean;
  readonly #pool: Ending;
  readonly #onRelease: (instance: Instance) => void;
  #isEnding = false;

  constructor(
    instance: Instance,
    cold: boolean,
    pool: Ending,
    onRelease: (instance: Instance) => void,
  ) {
    this.instance = instance;
    this.cold = cold;
    this.#pool = pool;
    this.#onRelease = onRelease;
  }

  /** The instance will be released in a moment: waiting for it is better than starting another. */
  markEnding(): void {
    this.#isEnding = true;
    this.#pool.ending++;
  }

  /** Returns the instance to the pool; one that has ended is removed. */
  release(): void {
    if (this.#isEnding) this.#pool.ending--;
    this.#onRelease(this.instance);
  }
}

/** How many leases will be released in a moment. */
interface Ending {
  ending: number;
}

interface Waiting {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: unknown) => void;
}

export class InstancePool {
  readonly #start: () => Promise<Instance>;
  readonly #size: number;
  readonly #idle: Instance[] = [];
  /** All instances, with the version of their code. */
  readonly #versions = new Map<Instance, number>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #waiting: Waiting[] = [];
  readonly #leases: Ending = { ending: 0 };
  /** Instances, including those that are starting or stopping. */
  #count = 0;
  #version = 0;
  #isClosed = false;

  constructor(start: () => Promise<Instance>, size: number) {
    this.#start = start;
    this.#size = size;
  }

  /** Waits for an instance that is free, or starts one. */
  acquire(): Promise<Lease> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('the function has been stopped'));
      this.#waiting.push({ resolve, reject });
      this.#serveNext();
    });
  }

  /** Ends idle instances now and busy ones when they are released: their code is outdated. */
  retire(): void {
    this.#version++;
    for (const instance of this.#idle.splice(0)) this.#remove(instance);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Error('the function has been stopped'));
    }
    this.#idle.length = 0;
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#versions.keys()].map((instance) => instance.stop()));
    this.#versions.clear();
  }

  #serveNext(): void {
    const first = this.#waiting[0];
    if (!first) return;
    const instance = this.#takeIdle();
    if (!instance) {
      const willBeFree = this.#leases.ending >= this.#waiting.length;
      if (this.#count >= this.#size || willBeFree) return;
    }
    this.#waiting.shift();
    if (instance) first.resolve(this.#lease(instance, false));
    else this.#startLease().then(first.resolve, first.reject);
  }

  #takeIdle(): Instance | undefined {
    for (let instance = this.#idle.pop(); instance; instance = this.#idle.pop()) {
      if (instance.alive()) return instance;
      this.#remove(instance);
    }
    return undefined;
  }

  async #startLease(): Promise<Lease> {
    this.#count++;
    const version = this.#version;
    const started = this.#start();
    this.#starting.add(started);
    try {
      const instance = await started;
      this.#versions.set(instance, version);
      return this.#lease(instance, true);
    } catch (error) {
      this.#count--;
      throw error;
    } finally {
      this.#starting.delete(started);
      this.#serveNext();
    }
  }

  #lease(instance: Instance, cold: boolean): Lease {
    return new Lease(instance, cold, this.#leases, (released) => this.#release(released));
  }

  #release(instance: Instance): void {
    const isCurrent = this.#versions.get(instance) === this.#version;
    if (instance.alive() && isCurrent && !this.#isClosed) this.#idle.push(instance);
    else this.#remove(instance);
    this.#serveNext();
  }

  #remove(instance: Instance): void {
    if (this.#versions.delete(instance)) void this.#stop(instance);
  }

  /** The slot and the debugger's port are free once the process has ended. */
  async #stop(instance: Instance): Promise<void> {
    await instance.stop();
    this.#count--;
    this.#serveNext();
  }
}
