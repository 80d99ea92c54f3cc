import { describe } from '../base/bytes.ts';
import type { Application, Middleware } from '../types.ts';

/** A middleware that has options: all of `gatecall/middleware` but `mount`. */
export type ConfigurableMiddleware<Options> = (
  application: Application,
  options: Options,
) => Application;

/** A middleware, or a middleware with its options, for each entry of a tuple of options. */
export type Steps<Options extends readonly unknown[]> = {
  readonly [index in keyof Options]:
    | Middleware
    | readonly [
        middleware: ConfigurableMiddleware<Options[index]>,
        options: NoInfer<Options[index]>,
      ];
};

/**
 * Joins middleware into one. The first is the outermost: it sees a request first and its response
 * last.
 *
 * ```ts
 * const wrap = compose(accessLog, [compress, { threshold: 512 }], head);
 * const served = wrap(application); // accessLog(compress(head(application), { threshold: 512 }))
 * ```
 *
 * A middleware with options stands in a list with them, and the compiler checks them by that
 * middleware. Without middleware the application stays as it is.
 *
 * @throws {TypeError} for a step that is neither a middleware nor a list of a middleware and its
 *   options
 */
export function compose<Options extends readonly unknown[]>(...steps: Steps<Options>): Middleware {
  const list = steps as readonly unknown[];
  const middleware = list.map(readStep);
  return (application) => middleware.reduceRight((inner, wrap) => wrap(inner), application);
}

function readStep(step: unknown, index: number): Middleware {
  if (typeof step === 'function') return step as Middleware;
  if (Array.isArray(step) && typeof step[0] === 'function' && step.length === 2) {
    const [wrap, options] = step as [ConfigurableMiddleware<unknown>, unknown];
    return (application) => wrap(application, options);
  }
  throw new TypeError(
    `compose takes middleware, or lists such as [compress, { threshold: 512 }]; got ${describe(step)} at position ${index + 1}`,
  );
}
