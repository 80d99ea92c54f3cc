/** The process that serves nothing itself: it accepts connections, hands them to its workers, and replaces those that die. */
import type { Worker } from 'node:cluster';
import { createServer, type Socket } from 'node:net';
import type { ListenAddress } from './address.ts';
import { cluster, type Message, workerVariables } from './cluster.ts';
import { cannotListen } from './server.ts';
import type { ServeSettings } from './serve-options.ts';
import { watchSources } from './watch.ts';

export interface Supervisor {
  address: ListenAddress;
  /** Takes no more connections and stops the workers; those that take too long are killed. */
  stop(): Promise<void>;
  /** As {@link stop}, without waiting for requests. */
  kill(): void;
  /** Starts new workers, and stops the old ones when those are ready. */
  reload(): void;
}

interface Member {
  worker: Worker;
  started: number;
  ready: boolean;
  /** It was told to stop. */
  leaving: boolean;
  /** The one whose place it takes as soon as it is ready. */
  replaces: Member | undefined;
  /** One that is to take its place has been started. */
  replaced: boolean;
}

/** ms between deaths: the first replacement comes at once, the next after this, then twice as long each time. */
const BACKOFF = 100;
const MAX_BACKOFF = 10_000;
/** A worker that lived so many ms did not die of its start. */
const HEALTHY = 10_000;
/** Connections that may wait while no worker is ready. */
const BACKLOG = 1024;

/** @throws (as a rejection) when the address is taken, or no worker gets as far as serving */
export async function supervise(
  settings: ServeSettings,
  log: (message: string) => void,
): Promise<Supervisor> {
  if (process.argv[1] === undefined) {
    throw new Error(
      'workers run the script that calls serve() once more, and there is none: put it into a file',
    );
  }
  const members = new Set<Member>();
  const waiting: Socket[] = [];
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let turn = 0;
  let deaths = 0;
  let stopping = false;
  let everReady = false;
  let onReady = (): void => {};
  let onFailed = (_error: Error): void => {};
  let onGone = (): void => {};

  const serving = (): Member[] => [...members].filter((one) => one.ready && !one.leaving);

  const hand = (socket: Socket): void => {
    const ready = serving();
    const member = ready[turn++ % ready.length];
    if (member) send(member, 'connection', socket);
    else if (waiting.length < BACKLOG) waiting.push(socket);
    else socket.destroy();
  };

  const start = (replaces?: Member): void => {
    if (replaces) replaces.replaced = true;
    const worker = cluster().fork(workerVariables);
    const member: Member = {
      worker,
      started: Date.now(),
      ready: false,
      leaving: false,
      replaces,
      replaced: false,
    };
    members.add(member);
    worker.on('message', (message: Partial<Message> | null) => {
      if (message?.gatecall === 'ready') welcome(member);
      else if (message?.gatecall === 'retire' && !member.replaced) start(member);
    });
    worker.on('exit', (code: number | null, signal: string | null) => bury(member, code, signal));
    worker.on('error', (error) => log(`worker ${worker.process.pid}: ${error.message}`));
  };

  const welcome = (member: Member): void => {
    member.ready = true;
    everReady = true;
    if (stopping) dismiss(member);
    else {
      if (member.replaces) dismiss(member.replaces);
      member.replaces = undefined;
      for (const socket of waiting.splice(0)) hand(socket);
      if (serving().length >= settings.workers) onReady();
    }
  };

  const dismiss = (member: Member): void => {
    if (member.leaving) return;
    member.leaving = true;
    send(member, 'stop');
    const kill = setTimeout(() => {
      log(
        `worker ${member.worker.process.pid} did not stop in ${settings.stopTimeout} ms and is killed`,
      );
      member.worker.process.kill('SIGKILL');
    }, settings.stopTimeout + MARGIN);
    member.worker.once('exit', () => clearTimeout(kill));
  };

  const bury = (member: Member, code: number | null, signal: string | null): void => {
    members.delete(member);
    if (member.replaces) member.replaces.replaced = false;
    if (members.size === 0) onGone();
    if (stopping || member.leaving) return;
    const how = signal === null ? `exited with ${code}` : `was ended by ${signal}`;
    const { pid } = member.worker.process;
    if (!everReady) {
      onFailed(new Error(`worker ${pid} ${how} before it served; why, it has said itself`));
      return;
    }
    if (member.replaces?.ready) {
      log(`worker ${pid} ${how} before it served; the one it was to replace goes on`);
      return;
    }
    // Its own replacement is on its way.
    if (member.replaced && [...members].some((one) => one.replaces === member)) return;
    deaths = Date.now() - member.started < HEALTHY ? deaths + 1 : 1;
    const wait = deaths === 1 ? 0 : Math.min(BACKOFF * 2 ** (deaths - 2), MAX_BACKOFF);
    log(`worker ${pid} ${how}; another starts in ${wait} ms`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopping) start();
    }, wait);
    timers.add(timer);
  };

  const listener = createServer({ pauseOnConnect: true, noDelay: true }, hand);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error) => reject(cannotListen(settings.address, error)));
    listener.listen(settings.address, resolve);
  });
  listener
    .removeAllListeners('error')
    .on('error', (error) => log(`accepting failed: ${error.message}`));

  const reload = (): void => {
    for (const member of members)
      if (!member.leaving && !member.replaced && !member.replaces) start(member);
  };
  const unwatch =
    settings.watch.length === 0
      ? undefined
      : watchSources(settings.watch, (path) => {
          log(`${path} has changed: new workers start`);
          reload();
        });

  const gone = (): Promise<void> =>
    new Promise((resolve) => {
      onGone = resolve;
      if (members.size === 0) resolve();
    });
  const close = (): void => {
    stopping = true;
    unwatch?.();
    for (const timer of timers) clearTimeout(timer);
    listener.close();
    for (const socket of waiting.splice(0)) socket.destroy();
  };
  const kill = (): void => {
    close();
    for (const { worker } of members) worker.process.kill('SIGKILL');
  };

  try {
    await new Promise<void>((resolve, reject) => {
      onReady = resolve;
      onFailed = reject;
      for (let nth = 0; nth < settings.workers; nth++) start();
    });
  } catch (error) {
    kill();
    await gone();
    throw error;
  }
  const bound = listener.address();
  return {
    address:
      typeof bound === 'object' && bound && 'host' in settings.address
        ? { host: settings.address.host, port: bound.port }
        : settings.address,
    async stop() {
      close();
      for (const member of members)
        if (member.ready) dismiss(member);
        else member.worker.process.kill('SIGKILL');
      await gone();
    },
    kill,
    reload,
  };
}

/** ms that a worker has, beyond the time for its requests, to end by itself. */
const MARGIN = 2000;

function send(member: Member, what: Message['gatecall'], socket?: Socket): void {
  const message: Message = { gatecall: what };
  // That it has died meanwhile, its exit tells.
  member.worker.send(message, socket, {}, () => {});
}
