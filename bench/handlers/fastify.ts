import awsLambdaFastify from '@fastify/aws-lambda';
import Fastify from 'fastify';
import { large, page } from './page.ts';

const app = Fastify();
app.get('/large', (_request, reply) => {
  void reply.type('application/octet-stream').send(large());
});
app.get('/items', (request, reply) => {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1));
  void reply.type('application/json').send(page(request.headers['user-agent'], query));
});

export const handler = awsLambdaFastify(app, { binaryMimeTypes: ['application/octet-stream'] });
