/** The process that serves nothing itself: it accepts connections and hands them to its workers. */
import { createServer, type Socket } from 'node:net';
import type { ListenAddress } from './address.ts';
import { assembleCrew } from './worker-pool.ts';
import { listen, StartError } from './listen.ts';
import type { ServeSettings } from './serve-options.ts';
import { watchSources } from './watch.ts';

export interface Supervisor {
  address: ListenAddress;
  /** Takes no more connections and stops the workers; those that take too long are killed. */
  stop(): Promise<void>;
  /** As `stop`, without waiting for requests. */
  kill(): void;
  /** New workers in place of all. */
  reload(): void;
}

/** Connections that may wait while no worker is ready. */
const BACKLOG = 1024;

/**
 * The listening socket is the supervisor's own. node:cluster's goes with the last worker, and connections would be refused until
 * there is another.
 *
 * @throws {StartError} (as a rejection) when the address is taken, or a worker ends before any has served
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
  const hand = (socket: Socket): void => {
    if (crew.hand(socket)) return;
    if (waiting.length < BACKLOG) waiting.push(socket);
    else socket.destroy();
  };
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, hand);
  const address = await listen(listener, settings.address);
  listener.on('error', (error) => log(`accepting failed: ${error.message}`));

  let onStarted = (): void => {};
  let onFailed = (_error: Error): void => {};
  const started = new Promise<void>((resolve, reject) => {
    onStarted = resolve;
    onFailed = reject;
  });
  const crew = assembleCrew({
    size,
    port: 'port' in address ? address.port : 0,
    stopTimeout,
    // What is being worked on may well be broken: the next change mends it.
    retry: watch.length === 0,
    log,
    onReady(complete) {
      for (const socket of waiting.splice(0)) hand(socket);
      if (complete) onStarted();
    },
    onReturned: hand,
    onFailedStart(message) {
      if (watch.length === 0) onFailed(new StartError(message));
      else onStarted();
    },
  });
  const unwatch = watchSources(watch, (path) => {
    log(`${path} has changed: new workers start`);
    crew.renew();
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
      return crew.dismiss();
    },
    kill() {
      close();
      crew.kill();
    },
    reload: () => crew.renew(),
  };
  crew.start();
  try {
    await started;
  } catch (error) {
    const gone = supervisor.stop();
    crew.kill();
    await gone;
    throw error;
  }
  return supervisor;
}
