import express from 'express4';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

export const app = express();
// Nobody else computes one.
app.set('etag', false);
app.get('/items', (request, response) => {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1));
  response.type(JSON_TYPE).send(page(request.get('user-agent'), query));
});
app.get('/large', (_request, response) => {
  response.type(BYTES_TYPE).send(large());
});
app.post('/orders', express.json({ limit: '1mb' }), (request, response) => {
  response.type(JSON_TYPE).send(receipt(request.body));
});
app.post('/upload', express.raw({ type: BYTES_TYPE, limit: '2mb' }), (request, response) => {
  response.type(JSON_TYPE).send(upload(request.body as Buffer));
});
