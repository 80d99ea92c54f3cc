/** `serve`: the HTTP server in this process, or the supervisor of several. */
import { errorStream } from '../../core/request/error-stream.ts';
import type { Application } from '../../types.ts';
import { describeAddress, type ListenAddress } from './address.ts';
import { isWorker, workerPort } from './cluster.ts';
import { WebServer } from './server.ts';
import type { ServeSettings } from './serve-options.ts';
import { supervise } from './supervisor.ts';
import { work } from './worker.ts';

/** A running server. */
export interface Server {
  /** `http://127.0.0.1:8000`, or `unix:/run/app.sock`. */
  readonly url: string;
  /** 0 on a Unix socket. */
  readonly port: number;
  /**
   * Accepts no more connections, waits at most `stopTimeout` ms for requests that have begun, and
   * closes the rest.
   */
  close(): Promise<void>;
}

export async function run(application: Application, settings: ServeSettings): Promise<Server> {
  if (isWorker()) {
    const { stop } = work(application, settings);
    const { address } = settings;
    return running('path' in address ? address : { ...address, port: workerPort() }, stop);
  }
  if (settings.supervised) {
    const supervisor = await supervise(settings, logger(settings));
    if (settings.signals) onSignals(supervisor.stop, supervisor.kill, supervisor.reload);
    return running(supervisor.address, supervisor.stop);
  }
  const server = new WebServer(application, settings);
  const address = await server.listen(settings.address);
  const stop = (): Promise<void> => server.stop();
  if (settings.signals) onSignals(stop, () => {});
  return running(address, stop);
}

function running(address: ListenAddress, stop: () => Promise<void>): Server {
  let closed: Promise<void> | undefined;
  return {
    url: describeAddress(address),
    port: 'port' in address ? address.port : 0,
    close: () => (closed ??= stop()),
  };
}

function logger({ listener }: ServeSettings): (message: string) => void {
  const errors = errorStream(listener.sink);
  return (message) => errors.write(`gatecall: ${message}\n`);
}

/**
 * The first signal stops the server when its requests are answered, the second at once. SIGHUP
 * replaces all workers, as in Gunicorn.
 */
function onSignals(stop: () => Promise<void>, kill: () => void, reload?: () => void): void {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) {
        kill();
        process.exit(1);
      }
      asked = true;
      // The application's pools and timers would keep the process alive.
      void stop().then(() => process.exit());
    });
  }
  if (reload) process.on('SIGHUP', reload);
}
