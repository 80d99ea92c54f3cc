/** The process that accepts connections and dispatches them to its workers. */
import { createServer, type Socket } from 'node:net';
import type { ListenAddress } from './address.ts';
import { WorkerPool } from './worker-pool.ts';
import { listen, StartError } from './listen.ts';
import type { ServeSettings } from './serve-options.ts';
import { watchSources } from './watch.ts';

export interface Supervisor {
  address: ListenAddress;
  /** Accepts no more connections and stops the workers; those that take too long are killed. */
  stop(): Promise<void>;
  /** As `stop`, without waiting for requests. */
  kill(): void;
  /** Replaces all workers. */
  reload(): void;
}

/** Connections that may wait while no worker is ready. */
const BACKLOG = 1024;

/**
 * The supervisor listens itself. The socket of node:cluster goes with the last worker, and
 * connections would be refused until there is another.
 *
 * @throws {StartError} (as a rejection) when the address is taken, or a worker ends before any has
 * served
 */
export async function supervise(
  settings: ServeSettings,
  log: (message: string) => void,
): Promise<Supervisor> {
  if (process.argv[1] === undefined) {
    throw new StartError(
      'workers run the script that calls serve() once more, and there is none: put it into a file',
    );
  }
  const { workers: size, stopTimeout, watch } = settings;
  const waiting: Socket[] = [];
  const dispatch = (socket: Socket): void => {
    if (pool.dispatch(socket)) return;
    if (waiting.length < BACKLOG) waiting.push(socket);
    else socket.destroy();
  };
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, dispatch);
  const address = await listen(listener, settings.address);
  listener.on('error', (error) => log(`accepting failed: ${error.message}`));

  let onStarted = (): void => {};
  let onFailed = (_error: Error): void => {};
  const started = new Promise<void>((resolve, reject) => {
    onStarted = resolve;
    onFailed = reject;
  });
  const pool = new WorkerPool({
    size,
    port: 'port' in address ? address.port : 0,
    stopTimeout,
    // While the sources are edited they may be broken: the next change starts new workers.
    retry: watch.length === 0,
    log,
    onReady(complete) {
      for (const socket of waiting.splice(0)) dispatch(socket);
      if (complete) onStarted();
    },
    onReturned: dispatch,
    onFailedStart(message) {
      if (watch.length === 0) onFailed(new StartError(message));
      else onStarted();
    },
  });
  const unwatch = watchSources(watch, (path) => {
    log(`${path} has changed: new workers start`);
    pool.restartAll();
  });
  const close = (): void => {
    unwatch();
    listener.close();
    for (const socket of waiting.splice(0)) socket.destroy();
  };
  const supervisor: Supervisor = {
    address,
    stop() {
      close();
      return pool.stop();
    },
    kill() {
      close();
      pool.kill();
    },
    reload: () => pool.restartAll(),
  };
  pool.start();
  try {
    await started;
  } catch (error) {
    const stopped = supervisor.stop();
    pool.kill();
    await stopped;
    throw error;
  }
  return supervisor;
}
