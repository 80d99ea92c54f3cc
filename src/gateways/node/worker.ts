/** A process that a supervisor has started: serves the connections that it is sent. */
import type { Socket } from 'node:net';
import type { Application } from '../../types.ts';
import type { Message } from './cluster.ts';
import type { ServeSettings } from './serve-options.ts';
import { WebServer } from './server.ts';

/** Serves until the supervisor or a signal stops it; then the process ends. */
export function work(application: Application, settings: ServeSettings): { stop(): Promise<void> } {
  const { maxRequests, maxRequestsJitter } = settings;
  const limit =
    maxRequests === 0 ? Infinity : maxRequests + Math.round(Math.random() * maxRequestsJitter);
  const server = new WebServer(application, settings, (count) => {
    if (count === limit) send({ gatecall: 'retire' });
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= server.stop().then(() => {
      process.exit();
    }));
  process.on('message', (message: Partial<Message> | null, socket?: unknown) => {
    if (message?.gatecall === 'stop') void stop();
    else if (message?.gatecall === 'connection') {
      send({ gatecall: 'accepted', id: message.id ?? 0 });
      // The socket is missing when the client has left on the way.
      if (socket) server.accept(socket as Socket);
    }
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  send({ gatecall: 'ready' });
  return { stop };
}

function send(message: Message): void {
  if (process.connected) process.send?.(message);
}
