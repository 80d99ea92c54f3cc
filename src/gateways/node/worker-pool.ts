/** The workers of a supervisor: a fixed number of them, whatever becomes of each. */
import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { cluster, type Message, workerVariables } from './cluster.ts';

export interface WorkerPoolOptions {
  size: number;
  /** The port that the workers name as theirs. */
  port: number;
  /** ms that a worker may take to stop before it is killed. */
  stopTimeout: number;
  /**
   * Whether a worker that never served is replaced at once, or waits for {@link
   * WorkerPool.restartAll}.
   */
  retry: boolean;
  log(message: string): void;
  /** One more worker serves; `complete` when none is missing. */
  onReady(complete: boolean): void;
  /** A worker ended before it could take this connection. */
  onReturned(socket: Socket): void;
  /** A worker ended before any had served. */
  onFailedStart(message: string): void;
}

interface PoolWorker {
  worker: Worker;
  started: number;
  ready: boolean;
  /**
   * It serves until another can take its place: it has had its requests, or `restartAll` was
   * called.
   */
  outdated: boolean;
  /** It was told to stop. */
  stopping: boolean;
  /**
   * Connections that were sent to it and that it has not taken yet. They stay open here, or they
   * would hang when the worker has ended meanwhile.
   */
  dispatched: Map<number, Socket>;
}

/**
 * ms between replacements: the first comes at once, the next after this, then twice as long each
 * time.
 */
const BACKOFF = 100;
const MAX_BACKOFF = 10_000;
/** A worker that lived so many ms did not fail at its start. */
const HEALTHY = 10_000;
/** ms that a worker has, beyond the time for its requests, to end by itself. */
const MARGIN = 2000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<PoolWorker>();
  #everReady = false;
  #lastDispatch = 0;
  #failures = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #onStopped: (() => void) | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Forks the workers that are missing. */
  start(): void {
    clearTimeout(this.#restart);
    const missing = this.#options.size - this.#current().length;
    for (let count = 0; count < missing; count++) this.#fork();
  }

  /** Sends a connection to a worker, each in turn. False when none is ready. */
  dispatch(socket: Socket): boolean {
    const ready = [...this.#workers].filter((one) => one.ready && !one.stopping);
    const id = ++this.#lastDispatch;
    const chosen = ready[id % ready.length];
    if (!chosen) return false;
    chosen.dispatched.set(id, socket);
    send(chosen, { gatecall: 'connection', id }, socket);
    return true;
  }

  /** Replaces all workers: each stops when a new one is ready. */
  restartAll(): void {
    for (const one of this.#workers) one.outdated = true;
    this.#failures = 0;
    this.start();
  }

  /** Settles when all workers have ended; those that take too long are killed. */
  stop(): Promise<void> {
    clearTimeout(this.#restart);
    return new Promise((resolve) => {
      this.#onStopped = resolve;
      if (this.#workers.size === 0) resolve();
      for (const one of this.#workers) this.#retire(one);
    });
  }

  kill(): void {
    for (const { worker } of this.#workers) worker.process.kill('SIGKILL');
  }

  /** The workers that are to stay. */
  #current(): PoolWorker[] {
    return [...this.#workers].filter((one) => !one.outdated && !one.stopping);
  }

  #fork(): void {
    const worker = cluster().fork(workerVariables(this.#options.port));
    const forked: PoolWorker = {
      worker,
      started: Date.now(),
      ready: false,
      outdated: false,
      stopping: false,
      dispatched: new Map(),
    };
    this.#workers.add(forked);
    worker.on('message', (message: Partial<Message> | null) => this.#onMessage(forked, message));
    worker.on('exit', (code: number | null, signal: string | null) => {
      this.#onExit(forked, signal === null ? `exited with ${code}` : `was ended by ${signal}`);
    });
    worker.on('error', (error) =>
      this.#options.log(`worker ${worker.process.pid}: ${error.message}`),
    );
  }

  #onMessage(from: PoolWorker, message: Partial<Message> | null): void {
    if (message?.gatecall === 'ready') this.#onReady(from);
    else if (message?.gatecall === 'accepted') {
      const id = message.id ?? 0;
      from.dispatched.get(id)?.destroy();
      from.dispatched.delete(id);
    } else if (message?.gatecall === 'retire') {
      from.outdated = true;
      if (!this.#onStopped) this.start();
    }
  }

  #onReady(worker: PoolWorker): void {
    worker.ready = true;
    this.#everReady = true;
    const outdated = [...this.#workers].filter((one) => one.outdated && !one.stopping);
    const current = this.#current();
    const complete = current.length >= this.#options.size && current.every((one) => one.ready);
    for (const one of complete ? outdated : outdated.slice(0, 1)) this.#retire(one);
    this.#options.onReady(complete);
  }

  /** Tells a worker to stop, and kills it if it does not. */
  #retire(one: PoolWorker): void {
    if (one.stopping) return;
    one.stopping = true;
    const { log, stopTimeout } = this.#options;
    const { process } = one.worker;
    // Before it serves, it reads no messages.
    if (one.ready) send(one, { gatecall: 'stop' });
    else process.kill('SIGTERM');
    const timer = setTimeout(() => {
      log(`worker ${process.pid} did not stop in ${stopTimeout} ms and is killed`);
      process.kill('SIGKILL');
    }, stopTimeout + MARGIN);
    one.worker.once('exit', () => clearTimeout(timer));
  }

  #onExit(ended: PoolWorker, how: string): void {
    const { log, onReturned } = this.#options;
    this.#workers.delete(ended);
    for (const socket of ended.dispatched.values()) {
      if (this.#onStopped) socket.destroy();
      else onReturned(socket);
    }
    if (this.#onStopped) {
      if (this.#workers.size === 0) this.#onStopped();
      return;
    }
    if (ended.stopping) return;
    const text = `worker ${ended.worker.process.pid} ${how}`;
    if (!ended.ready && this.#failedStart(text)) return;
    const lived = Date.now() - ended.started;
    this.#failures = lived < HEALTHY ? this.#failures + 1 : 1;
    const wait =
      this.#failures === 1 ? 0 : Math.min(BACKOFF * 2 ** (this.#failures - 2), MAX_BACKOFF);
    log(`${text}; another starts in ${wait} ms`);
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => this.start(), wait);
  }

  /** @returns whether no other worker takes its place now */
  #failedStart(text: string): boolean {
    const { log, onFailedStart, retry } = this.#options;
    if (!this.#everReady) onFailedStart(`${text} before it served; its own output says why`);
    if (!retry) log(`${text} before it served`);
    return !retry || !this.#everReady;
  }
}

function send({ worker }: PoolWorker, message: Message, socket?: Socket): void {
  // An error means that the worker has ended, which its `exit` event says too.
  worker.send(message, socket, { keepOpen: true }, () => {});
}
