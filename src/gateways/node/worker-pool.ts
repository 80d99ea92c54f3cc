/** The workers of a supervisor: as many as are wanted, whatever becomes of single ones. */
import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { cluster, type Message, workerVariables } from './cluster.ts';

export interface CrewOptions {
  size: number;
  /** For what the workers say of themselves. */
  port: number;
  /** ms that a worker may take to stop before it is killed. */
  stopTimeout: number;
  /** Whether a worker that cannot even start is tried again by itself, or waits for {@link Crew.renew}. */
  retry: boolean;
  log(message: string): void;
  /** One more serves; `complete` when none is missing. */
  onReady(complete: boolean): void;
  /** A worker has died before it could take a connection. */
  onReturned(socket: Socket): void;
  /** One has ended before any had served. */
  onFailedStart(message: string): void;
}

export interface Crew {
  start(): void;
  /** False when nobody is ready. */
  hand(socket: Socket): boolean;
  /** New ones for all; each of the old goes when a new one is ready. */
  renew(): void;
  /** Settles when all have ended, killed if need be. */
  dismiss(): Promise<void>;
  kill(): void;
}

interface Member {
  worker: Worker;
  started: number;
  ready: boolean;
  /** Serves until another can take its place: it has had its requests, or belongs to a crew that was renewed. */
  stale: boolean;
  /** Was told to stop. */
  leaving: boolean;
  /** Connections that it was handed and has not taken yet. They are kept open here, or they would hang if it has died meanwhile. */
  handed: Map<number, Socket>;
}

/** ms between deaths: the first replacement comes at once, the next after this, then twice as long each time. */
const BACKOFF = 100;
const MAX_BACKOFF = 10_000;
/** A worker that lived so many ms did not die of its start. */
const HEALTHY = 10_000;
/** ms that a worker has, beyond the time for its requests, to end by itself. */
const MARGIN = 2000;

export function assembleCrew(options: CrewOptions): Crew {
  const { size, stopTimeout, log } = options;
  const members = new Set<Member>();
  let everReady = false;
  let turn = 0;
  let deaths = 0;
  let restart: ReturnType<typeof setTimeout> | undefined;
  let dismissed: (() => void) | undefined;

  const lasting = (): Member[] => [...members].filter((one) => !one.stale && !one.leaving);
  const serving = (): Member[] => [...members].filter((one) => one.ready && !one.leaving);

  const fill = (): void => {
    clearTimeout(restart);
    for (let missing = size - lasting().length; missing > 0; missing--) hire();
  };

  const hire = (): void => {
    const worker = cluster().fork(workerVariables(options.port));
    const member: Member = {
      worker,
      started: Date.now(),
      ready: false,
      stale: false,
      leaving: false,
      handed: new Map(),
    };
    members.add(member);
    worker.on('message', (message: Partial<Message> | null) => {
      if (message?.gatecall === 'ready') welcome(member);
      else if (message?.gatecall === 'accepted') {
        member.handed.get(message.id ?? 0)?.destroy();
        member.handed.delete(message.id ?? 0);
      } else if (message?.gatecall === 'retire') {
        member.stale = true;
        if (!dismissed) fill();
      }
    });
    worker.on('exit', (code: number | null, signal: string | null) => {
      bury(member, signal === null ? `exited with ${code}` : `was ended by ${signal}`);
    });
    worker.on('error', (error) => log(`worker ${worker.process.pid}: ${error.message}`));
  };

  const welcome = (member: Member): void => {
    member.ready = true;
    everReady = true;
    const old = [...members].filter((one) => one.stale && !one.leaving);
    const complete = lasting().length >= size && lasting().every((one) => one.ready);
    for (const one of complete ? old : old.slice(0, 1)) letGo(one);
    options.onReady(complete);
  };

  const letGo = (member: Member): void => {
    if (member.leaving) return;
    member.leaving = true;
    const { process } = member.worker;
    // Before it serves it does not listen to anybody.
    if (member.ready) tell(member, { gatecall: 'stop' });
    else process.kill('SIGTERM');
    const timer = setTimeout(() => {
      log(`worker ${process.pid} did not stop in ${stopTimeout} ms and is killed`);
      process.kill('SIGKILL');
    }, stopTimeout + MARGIN);
    member.worker.once('exit', () => clearTimeout(timer));
  };

  const bury = (member: Member, how: string): void => {
    members.delete(member);
    for (const socket of member.handed.values()) {
      if (dismissed) socket.destroy();
      else options.onReturned(socket);
    }
    if (dismissed) {
      if (members.size === 0) dismissed();
      return;
    }
    if (member.leaving) return;
    const text = `worker ${member.worker.process.pid} ${how}`;
    if (!member.ready) {
      if (!everReady) options.onFailedStart(`${text} before it served; why, it has said itself`);
      if (!options.retry) return log(`${text} before it served`);
      if (!everReady) return;
    }
    deaths = Date.now() - member.started < HEALTHY ? deaths + 1 : 1;
    const wait = deaths === 1 ? 0 : Math.min(BACKOFF * 2 ** (deaths - 2), MAX_BACKOFF);
    log(`${text}; another starts in ${wait} ms`);
    clearTimeout(restart);
    restart = setTimeout(fill, wait);
  };

  return {
    start: fill,
    hand(socket) {
      const ready = serving();
      const member = ready[++turn % ready.length];
      if (!member) return false;
      const id = turn;
      member.handed.set(id, socket);
      tell(member, { gatecall: 'connection', id }, socket);
      return true;
    },
    renew() {
      for (const member of members) member.stale = true;
      deaths = 0;
      fill();
    },
    dismiss() {
      clearTimeout(restart);
      return new Promise((resolve) => {
        dismissed = resolve;
        if (members.size === 0) resolve();
        for (const member of members) letGo(member);
      });
    },
    kill() {
      for (const { worker } of members) worker.process.kill('SIGKILL');
    },
  };
}

function tell(member: Member, message: Message, socket?: Socket): void {
  // That it has died meanwhile, its exit tells.
  member.worker.send(message, socket, { keepOpen: true }, () => {});
}
