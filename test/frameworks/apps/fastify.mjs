import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { publicFolder, require, get, post, usual } from './support.mjs';

export async function create() {
  const app = require('fastify')({ exposeHeadRoutes: true });
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer' },
    (request, body, done) => done(null, body),
  );
  app.get('/', (request, reply) => reply.type('text/html').send('<p>Hello</p>'));
  app.get(
    '/json',
    {
      schema: {
        response: {
          200: {
            type: 'object',
            properties: {
              query: { type: 'object', additionalProperties: true },
              host: { type: 'string' },
              url: { type: 'string' },
            },
          },
        },
      },
    },
    async (request) => ({ query: request.query, host: request.host, url: request.url }),
  );
  app.get('/items/:id', async (request) => ({ id: request.params.id, ip: request.ip }));
  app.get('/cookies', (request, reply) =>
    reply.header('set-cookie', ['one=1', 'two=2']).send(request.headers.cookie),
  );
  app.get('/redirect', (request, reply) => reply.redirect('/elsewhere'));
  app.get('/empty', (request, reply) => reply.code(204).send());
  app.get('/stream', (request, reply) =>
    reply.type('text/plain').send(createReadStream(`${publicFolder}/long.txt`)),
  );
  app.get('/web-stream', (request, reply) =>
    reply
      .type('text/plain')
      .send(Readable.toWeb(Readable.from([Buffer.from('web '), Buffer.from('stream')]))),
  );
  app.get('/missing-stream', (request, reply) =>
    reply.send(createReadStream(`${publicFolder}/no-such-file`)),
  );
  app.get('/binary', (request, reply) => reply.send(Buffer.from([0, 255, 1])));
  app.get('/error', async () => {
    throw Object.assign(new Error('broken'), { statusCode: 503 });
  });
  app.get('/hijack', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'Content-Type': 'text/plain' });
    reply.raw.write('hi');
    setImmediate(() => reply.raw.end('jacked'));
  });
  app.get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { slow: true };
  });
  app.post('/echo', { schema: { body: { type: 'object' } } }, async (request) => ({
    body: request.body,
  }));
  app.post('/bytes', (request, reply) => reply.send(request.body));
  await app.ready();
  return {
    application: app,
    listener: (request, response) => app.routing(request, response),
    stop: () => app.close(),
    requests: [
      ...usual,
      get('/web-stream'),
      get('/missing-stream'),
      get('/hijack'),
      get('/slow'),
      post('/bytes', 'application/octet-stream', Buffer.from([1, 2, 255])),
      post('/echo', 'text/unknown', 'x'),
      get('/%zz'),
      get('/', {}, 'PUT'),
    ],
  };
}
