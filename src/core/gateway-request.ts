/**
 * The way past the environ. A foreign application reads none of an environ's 50 keys, and building them costs more than the
 * rest of a small request; so a bridge that stands directly behind a gateway takes what the gateway knows as it is. An
 * application with a side door is an application like any other: behind middleware it is called with an environ.
 */
import type { RequestFacts, ServerFacts } from './request/environ.ts';
import type { Interruption } from './abort.ts';
import type { Application, Environ, ResponseBody, StartResponse } from '../types.ts';

/** One request as a gateway received it. */
export interface Received {
  readonly request: RequestFacts;
  readonly server: ServerFacts;
  /** Aborts when the client has gone or the time is up. `environ['gatecall.signal']` is the same as an `AbortSignal`. */
  readonly signal: Interruption | undefined;
  /** Made when it is first asked for, with everything the gateway adds to it. */
  readonly environ: Environ;
}

/** As an application, with the same duties, but for what it is called with. */
export type SideDoor = (
  received: Received,
  startResponse: StartResponse,
) => ResponseBody | PromiseLike<ResponseBody>;

// In the global registry, for the gateway may come from the ES modules and the bridge from CommonJS.
const SIDE_DOOR = Symbol.for('gatecall.side-door');

/** Gives an application a side door, and the application back. */
export function withSideDoor(application: Application, door: SideDoor): Application {
  return Object.defineProperty(application, SIDE_DOOR, { value: door });
}

/** Calls an application by its side door if it has one, else with an environ. */
export function enter(
  application: Application,
  received: Received,
  startResponse: StartResponse,
): ReturnType<Application> {
  const door = (application as { [SIDE_DOOR]?: SideDoor })[SIDE_DOOR];
  return door ? door(received, startResponse) : application(received.environ, startResponse);
}
