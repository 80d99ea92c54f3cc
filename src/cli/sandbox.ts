/**
 * Runs a function in a process of its own, as Lambda does. All its output is the log, `console.log`
 * and `fs.writeSync(1, …)` alike; a handler in an endless loop times out; `process.exit()` ends the
 * function and not the command.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { newInvocation } from '../local/functions/context.ts';
import { type Outcome, platformFailure } from '../local/functions/outcome.ts';
import { startedFile } from '../local/started-file.ts';
import type { InvokeOrder, LoadOrder, Report } from './runtime.ts';

export interface Sandbox {
  load(order: LoadOrder): Promise<Report>;
  invoke(event: unknown): Promise<Report & { requestId: string }>;
  /** False once it has crashed or been stopped for taking too long. */
  alive(): boolean;
  /** Waits for its end, and kills it after a second. */
  close(): Promise<void>;
}

/** Time for `exit` handlers, in ms. */
const GRACE = 1000;

/** `onLine` receives what the function writes, standard output and standard error alike. */
export function startSandbox(
  variables: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  onLine: (line: string) => void,
): Sandbox {
  const child = fork(startedFile('runtime.js'), {
    env: variables,
    execArgv: [...process.execArgv, '--enable-source-maps'],
    // Not this command's own standard error: what a function writes could steer the terminal.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const outputs = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const input of outputs) createInterface({ input }).on('line', onLine);
  // Not `close` of the process, which Node 20 does not emit after `disconnect()`.
  const written = Promise.all(outputs.map((stream) => once(stream, 'close')));
  // Messages that were sent before the end arrive before `disconnect`, but possibly after `exit`.
  const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  gone.catch(() => {}); // each pending order reports it
  const release = killTogether(child);
  let alive = true;

  const order = async (message: LoadOrder | InvokeOrder, ms: number): Promise<Report> => {
    const start = performance.now();
    const stop = new AbortController();
    const { signal } = stop;
    const answer = once(child, 'message', { signal }).then(([report]) => report as Report);
    const death = gone.then(() => {
      alive = false;
      return { outcome: exitOutcome(child), milliseconds: performance.now() - start };
    });
    const timeout = new Promise<Report>((resolve) => {
      const timer = setTimeout(() => {
        alive = false;
        child.kill('SIGKILL');
        resolve({ outcome: timeoutOutcome(ms), milliseconds: ms });
      }, ms);
      signal.addEventListener('abort', () => clearTimeout(timer));
    });
    // `death` reports a closed channel.
    child.send(message, () => {});
    try {
      const report = await Promise.race([answer, death, timeout]);
      // What it wrote before its answer is in the pipes already, and is read before the next turn.
      await turn();
      return report;
    } finally {
      stop.abort();
    }
  };

  return {
    load: (message) => order(message, timeoutMs),
    invoke: async (event) => {
      const invocation = newInvocation(timeoutMs);
      const report = await order({ event, invocation }, timeoutMs);
      return { ...report, requestId: invocation.requestId };
    },
    alive: () => alive,
    close: async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
      await gone;
      clearTimeout(timer);
      // A process that the function has left behind may hold the pipes open.
      await Promise.race([written, sleep(GRACE, undefined, { ref: false })]);
      for (const stream of outputs) stream.destroy();
      release();
    },
  };
}

/** Kills the function with the command, so that no handler runs on. */
function killTogether(child: ChildProcess): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (signal: NodeJS.Signals): void => {
    child.kill('SIGKILL');
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) process.once(signal, stop);
  return release;
}

function timeoutOutcome(ms: number): Outcome {
  const message = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
  return platformFailure('Sandbox.Timedout', message);
}

function exitOutcome({ exitCode, signalCode }: ChildProcess): Outcome {
  let message = 'Runtime exited without providing a reason';
  if (signalCode !== null) message = `Runtime exited with error: signal: ${signalCode}`;
  else if (exitCode !== 0) message = `Runtime exited with error: exit status ${exitCode}`;
  return platformFailure('Runtime.ExitError', message);
}
