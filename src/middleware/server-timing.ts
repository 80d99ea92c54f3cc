import { checkApplication } from '../core/options.ts';
import type { Application } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

/**
 * Says how many milliseconds the application took to start its response, in `Server-Timing`, where a browser's developer tools show it
 * (W3C Server Timing). It tells strangers too how long things take: leave it out where that is a secret.
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
