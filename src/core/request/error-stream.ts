/** `wsgi.errors`: where an application's and the server's words for people go. */
import { isThenable } from '../../base/promises.ts';
import type { ErrorStream } from '../../types.ts';

/**
 * Where log text ends up: a function that takes one message (`console.error` makes a log event of
 * each), a stream with `write`, or a logger with `error` (pino, Powertools, `console`).
 */
export type LogSink =
  | ((message: string) => void)
  | { write(text: string): unknown; flush?(): unknown }
  | { error(message: string): unknown };

/**
 * A `wsgi.errors` for one request. Text is collected until a write ends a line, so that a stack
 * trace written whole is one log event, and what is left is passed on by `flush()`. Nothing a sink
 * does can disturb the response: a sink that throws is ignored (Azure's WSGI middleware turned
 * every later response into an exception that way).
 *
 * ```ts
 * const errors = errorStream(console.error);
 * errors.write('low on tea\n');
 * ```
 */
export function errorStream(sink: LogSink): ErrorStream {
  return new RequestErrors(sink);
}

class RequestErrors implements ErrorStream {
  #sink: LogSink;
  #pending = '';

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  write(text: string): void {
    this.#pending += String(text);
    if (this.#pending.endsWith('\n')) this.#emit();
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  flush(): void | PromiseLike<void> {
    if (this.#pending !== '') this.#emit();
    const sink = this.#sink;
    if (typeof sink === 'function' || !('write' in sink)) return;
    try {
      const flushed = sink.flush?.();
      if (isThenable(flushed)) return flushed.then(undefined, () => undefined);
    } catch {
      // See errorStream.
    }
  }

  #emit(): void {
    const message = this.#pending;
    this.#pending = '';
    try {
      const sink = this.#sink;
      if (typeof sink !== 'function' && 'write' in sink) sink.write(message);
      else {
        const line = message.replace(/\n$/, '');
        if (typeof sink === 'function') sink(line);
        else sink.error(line);
      }
    } catch {
      // See errorStream.
    }
  }
}

/**
 * An error as log text: its stack, and those of its causes. Never throws, whatever was thrown and
 * whatever its getters do.
 */
export function describeError(error: unknown, causes = 5): string {
  let text = 'thrown: a value that cannot be shown';
  try {
    if (!(error instanceof Error)) {
      return `thrown: ${typeof error === 'object' ? JSON.stringify(error) : String(error)}`;
    }
    text = error.stack ?? `${error.name}: ${error.message}`;
    const { cause } = error;
    if (cause !== undefined && causes > 0)
      text += `\ncaused by:\n${describeError(cause, causes - 1)}`;
  } catch {
    // What could be read until then is said.
  }
  return text;
}
