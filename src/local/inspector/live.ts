/**
 * Updates for open pages, as server-sent events (HTML Standard, section 9.2): `sync` with all
 * traces when a page connects, then `trace` for each line that is new or has changed.
 */
import type { ServerResponse } from 'node:http';
import type { InvocationTrace, TraceLog } from '../trace.ts';
import { type Summary, summaryOf } from './summary.ts';

export interface Live {
  /** Keeps the response open until the page leaves. */
  connect(response: ServerResponse): void;
  /** Forgets all traces, on every page. */
  clear(): void;
  close(): void;
}

/**
 * ms between updates. A function that logs in a loop changes its trace a thousand times a second.
 */
const PAUSE = 50;
/** ms. Proxies drop connections that are silent for longer. */
const HEARTBEAT = 15_000;
/**
 * The most unread bytes of a page. A page beyond is disconnected; it connects again and gets all
 * traces.
 */
const BACKLOG = 4 * 1024 * 1024;

export function liveUpdates(traces: TraceLog, about: object): Live {
  const pages = new Set<ServerResponse>();
  const changed = new Map<string, InvocationTrace>();
  let timer: NodeJS.Timeout | undefined;

  const send = (event: string, data: unknown): void => {
    const message = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const page of pages) write(page, message);
  };
  const flush = (): void => {
    timer = undefined;
    for (const trace of changed.values()) send('trace', summaryOf(trace));
    changed.clear();
  };
  const unsubscribe = traces.subscribe((trace) => {
    if (pages.size === 0) return;
    changed.set(trace.id, trace);
    timer ??= setTimeout(flush, PAUSE);
  });
  const heartbeat = setInterval(() => {
    for (const page of pages) write(page, ':\n\n');
  }, HEARTBEAT).unref();
  const syncData = (): { traces: Summary[] } => ({
    ...about,
    traces: traces.list().map(summaryOf),
  });

  return {
    connect(response) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.on('close', () => pages.delete(response));
      pages.add(response);
      // The page connects again within a second after a restart.
      write(response, `retry: 1000\nevent: sync\ndata: ${JSON.stringify(syncData())}\n\n`);
    },
    clear() {
      traces.clear();
      changed.clear();
      send('sync', syncData());
    },
    close() {
      unsubscribe();
      clearTimeout(timer);
      clearInterval(heartbeat);
      for (const page of pages) page.end();
    },
  };
}

function write(page: ServerResponse, message: string): void {
  if (page.writableLength > BACKLOG) page.destroy();
  else page.write(message);
}
