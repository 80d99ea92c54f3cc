/** A few minutes of a shop's life, for the screenshot in README.md. */
import type { TraceLog } from '../../src/local/trace.ts';
import { invoke } from './traces.ts';

const BROWSER = [
  ['Host', '127.0.0.1:3000'],
  ['User-Agent', 'Mozilla/5.0'],
] as const;

/** @returns the id of the invocation that is worth a look */
export async function recordShop(traces: TraceLog): Promise<string> {
  const start = Date.now() - 60_000;
  const at = (seconds: number): number => start + seconds * 1000;
  const headers = BROWSER;
  await invoke(traces, 'http-api-2', {
    request: { headers, target: '/' },
    cold: true,
    time: at(0),
  });
  await invoke(traces, 'http-api-2', {
    request: { headers, target: '/json?page=2&sort=-price' },
    time: at(4),
  });
  await invoke(traces, 'function-url', {
    request: { headers, target: '/image' },
    cold: true,
    time: at(9),
  });
  await invoke(traces, 'http-api-2', {
    request: { headers, target: '/nothing/here' },
    time: at(13),
  });
  const orders = JSON.stringify({ item: 'oat milk', price: 2.49, tags: ['vegan', 'new'] });
  const typed = [...headers, ['Content-Type', 'application/json']] as const;
  await invoke(traces, 'rest-api', {
    request: { headers: typed, method: 'POST', target: '/echo/orders?dry=1', body: orders },
    cold: true,
    time: at(21),
  });
  await invoke(traces, 'http-api-2', { request: { headers, target: '/error' }, time: at(26) });
  await invoke(traces, 'function-url', { request: { headers, target: '/stream' }, time: at(33) });
  await invoke(traces, 'alb-multi', { request: { headers, target: '/cookies' }, time: at(40) });
  const accept = [...headers, ['Accept', 'image/avif,image/webp,*/*;q=0.8']] as const;
  const { id } = await invoke(traces, 'rest-api', {
    request: { headers: accept, target: '/image' },
    front: { binaryMediaTypes: ['image/png'] },
    time: at(47),
  });
  await invoke(traces, 'alb', {
    request: { headers, target: '/cookies' },
    cold: true,
    time: at(55),
  });
  return id;
}
