/**
 * The bare Node listener that adapters for listeners are given: no framework, so that their own
 * cost shows.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

export function listener(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  switch (at < 0 ? url : url.slice(0, at)) {
    case '/large':
      response.setHeader('Content-Type', BYTES_TYPE);
      response.end(large());
      return;
    case '/orders':
      collect(request, (body) => {
        response.setHeader('Content-Type', JSON_TYPE);
        response.end(receipt(JSON.parse(body.toString())));
      });
      return;
    case '/upload':
      collect(request, (body) => {
        response.setHeader('Content-Type', JSON_TYPE);
        response.end(upload(body));
      });
      return;
    default: {
      const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
      response.setHeader('Content-Type', JSON_TYPE);
      response.end(page(request.headers['user-agent'], query));
    }
  }
}

/** The body in one piece, by the events that are cheapest with every adapter. */
export function collect(request: IncomingMessage, use: (body: Buffer) => void): void {
  const blocks: Buffer[] = [];
  request.on('data', (block: Buffer) => blocks.push(block));
  request.on('end', () => use(blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)));
}
