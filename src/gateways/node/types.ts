/**
 * What the gateway uses of `node:http`'s objects, and so what a stand-in of another host must have.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type NodeRequest = IncomingMessage & {
  /** The prefix that Express and the Firebase emulator took off `url`. */
  baseUrl?: string;
  /** The target before they did. */
  originalUrl?: string;
  /** The body where Google's functions framework, Firebase or Nest have read it. */
  rawBody?: unknown;
  readonly socket: IncomingMessage['socket'] & { readonly encrypted?: boolean };
};
export type NodeResponse = ServerResponse;
