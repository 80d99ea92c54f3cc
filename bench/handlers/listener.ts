/** The bare Node listener that the peers for listeners are given: no framework, so that their own cost shows. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { large, page } from './page.ts';

export function listener(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  if ((at < 0 ? url : url.slice(0, at)) === '/large') {
    response.setHeader('Content-Type', 'application/octet-stream');
    response.end(large());
    return;
  }
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  response.setHeader('Content-Type', 'application/json');
  response.end(page(request.headers['user-agent'], query));
}
