/** What every front is given to work with. */
import type { Functions } from '../functions.ts';
import type { TraceLog } from '../trace.ts';

export interface Services {
  readonly functions: Functions;
  readonly traces: TraceLog | undefined;
  /** Told each event before the function is, and what the function replied once it has. */
  readonly onEvent: ((event: RecordedEvent) => (reply: unknown) => void) | undefined;
  /** Says something to the user, once, however often it is said. */
  readonly say: (text: string) => void;
  /** Keys of JWT issuers, a JWK Set: the claims of tokens signed by others are not believed. */
  readonly keys: readonly JsonWebKey[] | undefined;
}

export interface RecordedEvent {
  readonly functionId: string;
  readonly source: string;
  readonly event: unknown;
}

/** RFC 7517. */
export interface JsonWebKey {
  readonly kty?: string;
  readonly kid?: string;
  readonly [member: string]: unknown;
}
