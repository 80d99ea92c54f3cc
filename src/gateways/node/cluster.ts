/** What a supervisor and its workers share. */
import type { Cluster } from 'node:cluster';

/** Messages between them. An application may send messages of its own. */
export interface Message {
  gatecall: 'ready' | 'retire' | 'connection' | 'accepted' | 'stop';
  /** Names a connection. */
  id?: number;
}

/** Marks a worker of `serve`, as a user may have a cluster too. Its value is the port. */
const MARK = 'GATECALL_WORKER';

export function workerVariables(port: number): Readonly<Record<string, string>> {
  return { [MARK]: String(port) };
}

export function isWorker(): boolean {
  return cluster().isWorker && process.env[MARK] !== undefined;
}

/** The port at which a worker's supervisor listens. */
export function workerPort(): number {
  return Number(process.env[MARK]);
}

/** Loaded on first use: most servers have one process. */
export function cluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster;
}
