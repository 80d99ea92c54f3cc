/** What is used of `node:http`'s objects: so much a stand-in, as other hosts bring them, must have. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type NodeRequest = IncomingMessage & {
  /** The prefix that Express, Connect and the Firebase emulator took off `url`. */
  baseUrl?: string;
  /** The target before they did. */
  originalUrl?: string;
  /** The body where Google's functions framework, Firebase or Nest have read it. */
  rawBody?: unknown;
  readonly socket: IncomingMessage['socket'] & { readonly encrypted?: boolean };
};
export type NodeResponse = ServerResponse;
