/** What a supervisor and its workers have in common. */
import type { Cluster } from 'node:cluster';

/** What goes between them. An application may have messages of its own. */
export interface Message {
  gatecall: 'ready' | 'retire' | 'connection' | 'accepted' | 'stop';
  /** Of a connection. */
  id?: number;
}

/** Tells a worker of ours from one of the user's own cluster; its value is the port. */
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

/** Loaded when it is needed: most listeners live in one process. */
export function cluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster;
}
