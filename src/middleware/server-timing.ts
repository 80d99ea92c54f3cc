import { checkApplication } from '../core/options.ts';
import type { Application } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

/**
 * Adds `Server-Timing`: the milliseconds from the call to the start of the response. Browsers show
 * it in their developer tools (W3C Server Timing). Every client can read it: leave it out if that
 * is a secret.
 *
 * ```ts
 * const timed = serverTiming(application); // Server-Timing: app;dur=12.3
 * ```
 *
 * @throws {TypeError} when `application` is no function
 */
export function serverTiming(application: Application): Application {
  checkApplication(application);
  return mapHead(application, () => {
    const started = performance.now();
    return ({ headers }) => {
      const duration = (performance.now() - started).toFixed(1);
      return { headers: [...headers, ['Server-Timing', `app;dur=${duration}`]] };
    };
  });
}
