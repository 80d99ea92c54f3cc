/** A process that a supervisor has started: serves the connections it is handed. */
import type { Socket } from 'node:net';
import type { Application } from '../../types.ts';
import type { Message } from './cluster.ts';
import type { ServeSettings } from './serve-options.ts';
import { WebServer } from './server.ts';

/** Serves until the supervisor, or a signal, says that it is enough; then the process ends. */
export function work(application: Application, settings: ServeSettings): { stop(): Promise<void> } {
  const { maxRequests, maxRequestsJitter } = settings;
  const enough =
    maxRequests === 0 ? Infinity : maxRequests + Math.round(Math.random() * maxRequestsJitter);
  const server = new WebServer(application, settings, (count) => {
    if (count === enough) tell({ gatecall: 'retire' });
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= server.stop().then(() => {
      process.exit();
    }));
  process.on('message', (message: Partial<Message> | null, socket?: unknown) => {
    if (message?.gatecall === 'stop') void stop();
    else if (message?.gatecall === 'connection') {
      tell({ gatecall: 'accepted', id: message.id ?? 0 });
      // A client that has left on the way comes as no socket.
      if (socket) server.accept(socket as Socket);
    }
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  tell({ gatecall: 'ready' });
  return { stop };
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}
