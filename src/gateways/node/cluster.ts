/** What a supervisor and its workers have in common. */
import type { Cluster } from 'node:cluster';

/** What goes between them. An application may have messages of its own. */
export interface Message {
  gatecall: 'ready' | 'retire' | 'connection' | 'stop';
}

/** Tells a worker of ours from one of the user's own cluster. */
const MARK = 'GATECALL_WORKER';
export const workerVariables: Readonly<Record<string, string>> = { [MARK]: '1' };

export function isWorker(): boolean {
  return cluster().isWorker && process.env[MARK] === '1';
}

/** Loaded when it is needed: most listeners live in one process. */
export function cluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster;
}
