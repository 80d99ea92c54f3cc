/**
 * The instances of a function: each takes one invocation at a time; the pool starts more up to a
 * limit.
 */
import type { Instance } from './instance.ts';

export interface Lease {
  readonly instance: Instance;
  /** The instance was started for it. */
  readonly cold: boolean;
  /** The instance will be released in a moment: waiting for it is better than starting another. */
  markEnding(): void;
  /** Returns the instance to the pool; one that has ended is removed. */
  release(): void;
}

export interface Pool {
  /** Waits for an instance that is free, or starts one. */
  acquire(): Promise<Lease>;
  /** Ends idle instances now and busy ones when they are released: their code is outdated. */
  retire(): void;
  close(): Promise<void>;
}

export function createPool(start: () => Promise<Instance>, size: number): Pool {
  const idle: Instance[] = [];
  /** All instances, with the version of their code. */
  const all = new Map<Instance, number>();
  const starting = new Set<Promise<unknown>>();
  const waiting: { resolve: (lease: Lease) => void; reject: (error: unknown) => void }[] = [];
  /** Instances, including those that are starting. */
  let count = 0;
  let age = 0;
  /** Leases that will be released in a moment. */
  let ending = 0;
  let isClosed = false;

  const end = (instance: Instance): void => {
    if (!all.delete(instance)) return;
    // Its slot and its debugger's port are free once the process has ended.
    void free(instance);
  };
  const free = async (instance: Instance): Promise<void> => {
    await instance.stop();
    count--;
    next();
  };
  const lease = (instance: Instance, cold: boolean): Lease => {
    let isEnding = false;
    return {
      instance,
      cold,
      markEnding: () => {
        isEnding = true;
        ending++;
      },
      release: () => {
        if (isEnding) ending--;
        if (!instance.alive() || all.get(instance) !== age || isClosed) end(instance);
        else idle.push(instance);
        next();
      },
    };
  };
  const take = (): Instance | undefined => {
    for (let instance = idle.pop(); instance; instance = idle.pop()) {
      if (instance.alive()) return instance;
      end(instance);
    }
    return undefined;
  };
  const begin = async (): Promise<Lease> => {
    count++;
    const mine = age;
    const started = start();
    starting.add(started);
    try {
      const instance = await started;
      all.set(instance, mine);
      return lease(instance, true);
    } catch (error) {
      count--;
      throw error;
    } finally {
      starting.delete(started);
      next();
    }
  };
  const next = (): void => {
    const first = waiting[0];
    if (!first) return;
    const instance = take();
    if (!instance && (count >= size || ending >= waiting.length)) return;
    waiting.shift();
    if (instance) first.resolve(lease(instance, false));
    else begin().then(first.resolve, first.reject);
  };

  return {
    acquire: () =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error('the function has been stopped'));
        waiting.push({ resolve, reject });
        next();
      }),
    retire: () => {
      age++;
      for (const instance of idle.splice(0)) end(instance);
    },
    close: async () => {
      isClosed = true;
      for (const { reject } of waiting.splice(0))
        reject(new Error('the function has been stopped'));
      idle.length = 0;
      await Promise.allSettled(starting);
      await Promise.all([...all.keys()].map((instance) => instance.stop()));
      all.clear();
    },
  };
}
