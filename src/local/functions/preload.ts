/**
 * Loaded into a function's process before anything else. Tells the parent what gatecall's handlers
 * ask their application and what it answers, by way of a middleware that `toLambdaHandler` finds
 * under a global symbol.
 */
import type { Environ, HeaderList, Middleware } from '../../types.ts';

/** What the parent is told. */
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
// Nothing on Lambda is a child process: libraries that find `send` would talk to a parent that is
// not theirs.
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

/** A trace that cannot be told must not fail the request. */
function report(message: TraceMessage): void {
  try {
    send?.(message);
  } catch {
    // The parent has gone, or a header is no string: the validator's business.
  }
}

/** An environ as JSON; what JSON cannot say stands in brackets. The event is shown elsewhere. */
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
