/**
 * Node loads this file into a function's process first. It sends the parent each environ and each
 * call of `startResponse`, through a middleware that `toLambdaHandler` finds under a global symbol.
 */
import type { Environ, HeaderList, Middleware } from '../../types.ts';

/** A message to the parent. */
export type TraceMessage =
  | { type: 'environ'; requestId: string; environ: Record<string, unknown> }
  | {
      type: 'start-response';
      requestId: string;
      status: string;
      headers: HeaderList;
      error?: string;
    };

const send = process.send?.bind(process) as ((message: TraceMessage) => boolean) | undefined;
// A function on Lambda has no parent process: libraries that find `process.send` would use it.
delete process.send;
process.on('disconnect', () => process.exit());
process.channel?.unref();

const middleware: Middleware = (application) => (environ, startResponse) => {
  const requestId = String(environ['gatecall.request_id']);
  report({ type: 'environ', requestId, environ: describeEnviron(environ) });
  return application(environ, (status, headers, error) => {
    const failed = error === undefined || error === null ? {} : { error: String(error) };
    report({ type: 'start-response', requestId, status, headers, ...failed });
    return startResponse(status, headers, error);
  });
};
if (send) Object.assign(globalThis, { [Symbol.for('gatecall.trace')]: middleware });

/** Sends a message; a failure must not fail the request. */
function report(message: TraceMessage): void {
  try {
    send?.(message);
  } catch {
    // The parent has gone, or a header is no string, which the validator reports.
  }
}

/**
 * An environ as JSON, with `[InputStream]` and the like for what JSON cannot hold. The trace holds
 * the event already.
 */
function describeEnviron(environ: Environ): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(environ).map(([key, value]) => {
      if (['string', 'number', 'boolean'].includes(typeof value) || value === null) {
        return [key, value];
      }
      if (key === 'wsgi.version') return [key, value];
      return [key, key === 'gatecall.event' ? '[the event]' : `[${kind(value)}]`];
    }),
  );
}

function kind(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  const name = (value.constructor as { name?: string } | undefined)?.name;
  return name === undefined || name === '' ? 'object' : name;
}
