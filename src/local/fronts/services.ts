/** What all fronts use. */
import type { Functions } from '../functions.ts';
import type { TraceLog } from '../trace.ts';

export interface Services {
  readonly functions: Functions;
  readonly traces: TraceLog | undefined;
  /** Called with each event before the function; the returned function gets the reply. */
  readonly onEvent: ((event: RecordedEvent) => (reply: unknown) => void) | undefined;
  /** Tells the user something once, even if called several times. */
  readonly say: (text: string) => void;
  /** The JWK Set that checks the signatures of tokens; undefined leaves signatures unchecked. */
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
