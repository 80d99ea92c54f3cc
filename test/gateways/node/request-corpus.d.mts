import type { serve } from '../../../src/gateways/node.ts';
import type { Application, Environ } from '../../../src/types.ts';

type Answer = number | (Partial<Environ> & { body: string });

export const corpus: readonly { name: string; bytes: Buffer; expected: unknown }[];
export const echo: Application;
export function answersTo(
  port: number,
  pieces: readonly Uint8Array[],
  endAfter?: number,
): Promise<{ ended: boolean; answers: (Answer | string)[] }>;
export function differences(
  serving: typeof serve,
  split?: (bytes: Buffer) => Uint8Array[],
): Promise<unknown[]>;
