/** The second argument of a fetch handler. */
import { describeError } from '../../core/request/error-stream.ts';
import type { Environ } from '../../types.ts';
import type { RequestSource } from './direct.ts';

/**
 * What a handler gets beside its request: Hono's `c.env` and `c.executionCtx`, the `(request, env, ctx)` of Workers, the
 * `(request, { waitUntil })` of Vercel.
 */
export class FetchContext {
  readonly #source: RequestSource;
  #waitUntil: ((work: PromiseLike<unknown>) => void) | undefined;

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

  /** Work that goes on after the response. The platform waits for it; its failure is logged. May be called without its owner. */
  get waitUntil(): (work: PromiseLike<unknown>) => void {
    this.#waitUntil ??= afterOf(this.environ);
    return this.#waitUntil;
  }

  /** Of Workers, which can hand a failed request to an origin server; there is none here. */
  passThroughOnException(): void {}
}

function afterOf(environ: Environ): (work: PromiseLike<unknown>) => void {
  const after = environ['gatecall.after'] as ((work: PromiseLike<unknown>) => void) | undefined;
  const errors = environ['wsgi.errors'];
  if (typeof after === 'function') return (work) => after(Promise.resolve(work));
  // A server that stays: the work goes on by itself.
  return (work) => {
    work.then(undefined, (error: unknown) => {
      errors.write(`work after the response failed\n${describeError(error)}\n`);
      return errors.flush();
    });
  };
}
