/** Cleaning up before the process ends. */
import { describe } from '../../base/bytes.ts';
import { describeError } from '../../core/request/error-stream.ts';
import { withTimeout } from '../../base/promises.ts';

/**
 * How long callbacks may take, in ms: as long as Lambda gives a whole environment to end before it
 * kills it.
 */
const SHUTDOWN_TIMEOUT = 2000;

const callbacks = new Set<() => unknown>();

/**
 * Calls `callback` when the process gets SIGTERM, waits for the promise it may return, and then
 * lets the process end. Use it to close a database's connections or to send buffered metrics. Call
 * it where the resource is made. It returns a function that removes the callback.
 *
 * ```ts
 * const pool = new Pool();
 * onShutdown(() => pool.end());
 * ```
 *
 * Several callbacks run at the same time; the same one counts once. Their errors are logged. Where
 * the process has other listeners for SIGTERM, those have to end it.
 *
 * Lambda sends SIGTERM only to functions with an extension (such as the layer of Lambda Insights),
 * and kills after 300 ms, or 500 with an internal extension. It runs several invocations of one
 * process in worker threads, which get no signals from Node.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
 *
 * @throws {TypeError} where `callback` is no function
 */
export function onShutdown(callback: () => unknown): () => void {
  if (typeof callback !== 'function') {
    throw new TypeError(`onShutdown takes a function; got ${describe(callback)}`);
  }
  if (callbacks.size === 0) process.once('SIGTERM', shutDown);
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) process.off('SIGTERM', shutDown);
  };
}

// Listens once: a second SIGTERM ends the process without waiting any longer.
function shutDown(): void {
  void withTimeout(SHUTDOWN_TIMEOUT, Promise.all(Array.from(callbacks, run))).then(() => {
    // The signal's default action. process.exit() would wait for the runtime's native call for the
    // next event.
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  });
}

async function run(callback: () => unknown): Promise<void> {
  try {
    await callback();
  } catch (error) {
    console.error(`a callback of onShutdown failed\n${describeError(error)}`);
  }
}
