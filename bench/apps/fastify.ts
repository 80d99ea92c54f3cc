import Fastify from 'fastify';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

export const app = Fastify({ bodyLimit: 2_000_000 });
app.addContentTypeParser(BYTES_TYPE, { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
);
app.get('/items', (request, reply) => {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1));
  void reply.type(JSON_TYPE).send(page(request.headers['user-agent'], query));
});
app.get('/large', (_request, reply) => {
  void reply.type(BYTES_TYPE).send(large());
});
app.post('/orders', (request, reply) => {
  void reply.type(JSON_TYPE).send(receipt(request.body));
});
app.post('/upload', (request, reply) => {
  void reply.type(JSON_TYPE).send(upload(request.body as Buffer));
});
