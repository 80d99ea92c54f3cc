import type { IncomingMessage, ServerResponse } from 'node:http';
import type { fromNodeListener } from '../../src/bridges/node.ts';
import type { callApplication } from '../../src/core/call.ts';
import type { createEnviron } from '../../src/core/request/environ.ts';
import type { errorStream } from '../../src/core/request/error-stream.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
type Call = (listener: Listener, method: string) => Promise<unknown>;

export type Contexts = Record<string, Record<'node' | 'buffered' | 'streamed', string[]>>;

export function contexts(calls: Record<'buffered' | 'streamed', Call>): Promise<Contexts>;

export function bridges(parts: {
  fromNodeListener: typeof fromNodeListener;
  callApplication: typeof callApplication;
  createEnviron: typeof createEnviron;
  errorStream: typeof errorStream;
}): Record<'buffered' | 'streamed', Call>;
