/** The same application on both versions of Express. */
import type { Express, RequestHandler } from 'express';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

export function onExpress(
  app: Express,
  parsers: { json: RequestHandler; bytes: RequestHandler },
): Express {
  // Nobody else computes one.
  app.set('etag', false);
  app.get('/items', (request, response) => {
    const query = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1));
    response.type(JSON_TYPE).send(page(request.get('user-agent'), query));
  });
  app.get('/large', (_request, response) => {
    response.type(BYTES_TYPE).send(large());
  });
  app.post('/orders', parsers.json, (request, response) => {
    response.type(JSON_TYPE).send(receipt(request.body));
  });
  app.post('/upload', parsers.bytes, (request, response) => {
    response.type(JSON_TYPE).send(upload(request.body as Buffer));
  });
  return app;
}
