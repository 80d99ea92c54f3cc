/** The second argument of a fetch handler. */
import { afterFunction, type AfterFunction } from '../../core/after.ts';
import type { Environ } from '../../types.ts';
import type { RequestSource } from './direct.ts';

/**
 * What a handler gets beside its request: Hono's `c.env` and `c.executionCtx`, the `(request, env,
 * ctx)` of Workers, the `(request, { waitUntil })` of Vercel.
 */
export class FetchContext {
  readonly #source: RequestSource;
  #waitUntil: AfterFunction | undefined;

  constructor(source: RequestSource) {
    this.#source = source;
  }

  /** The whole environ, middleware's keys included. */
  get environ(): Environ {
    return this.#source.environ;
  }

  /** The platform's own event. */
  get event(): unknown {
    return this.environ['gatecall.event'];
  }

  /** The platform's own context. */
  get context(): unknown {
    return this.environ['gatecall.context'];
  }

  /**
   * Registers work that goes on after the response. The platform waits for it, and its failure is
   * logged. It may be called without its owner.
   */
  get waitUntil(): AfterFunction {
    this.#waitUntil ??= waitUntilOf(this.environ);
    return this.#waitUntil;
  }

  /**
   * Workers can hand a failed request to an origin server. There is none here, so this does
   * nothing.
   */
  passThroughOnException(): void {}
}

function waitUntilOf(environ: Environ): AfterFunction {
  const after = environ['gatecall.after'] as AfterFunction | undefined;
  if (typeof after === 'function') return (work) => after(Promise.resolve(work));
  // A server that stays: the work goes on by itself.
  return afterFunction(environ['wsgi.errors'], () => undefined);
}
