import type { Group } from './rows.ts';

export interface NodeBinary {
  path: string;
  version: string;
}

export interface Settings {
  /** This folder, and the build of gatecall that is measured. */
  here: string;
  gatecall: string;
  quick: boolean;
  nodes: readonly NodeBinary[];
  groups: readonly Group[];
}
