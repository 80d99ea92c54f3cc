/** Cleaning up before the process ends. */
import { describe } from '../../base/bytes.ts';
import { describeError } from '../../core/request/error-stream.ts';
import { withTimeout } from '../../base/promises.ts';

/** ms. All that Lambda gives a whole environment to end; then it kills. */
const PATIENCE = 2000;

const callbacks = new Set<() => unknown>();

/**
 * Calls `callback` when the process is told to end (SIGTERM), waits for the promise it may return, and then lets the process
 * end: the place to close a database's connections or to send what was gathered. Call it where the resource is made; what it
 * returns takes the callback back.
 *
 * ```ts
 * const pool = new Pool();
 * onShutdown(() => pool.end());
 * ```
 *
 * Several callbacks run side by side; the same one counts once. What they throw is logged. If others listen to SIGTERM, it is
 * left to them to end the process.
 *
 * Lambda sends SIGTERM only to functions with an extension (the layer of Lambda Insights, for one), and kills after 300 ms, or 500
 * with an internal extension. Where it runs several invocations in one process, it does so in worker threads, to which Node
 * passes no signals.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
 *
 * @throws {TypeError} for what is no function
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

// Only once: whoever asks a second time does not want to wait any longer, and ends the process.
function shutDown(): void {
  void withTimeout(PATIENCE, Promise.all(Array.from(callbacks, run))).then(() => {
    // As if nobody had listened. Not process.exit(), which waits for the runtime's native call for the next event.
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
