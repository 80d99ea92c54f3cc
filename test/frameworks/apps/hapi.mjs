import { createReadStream } from 'node:fs';
import { publicFolder, require, get, usual } from './support.mjs';

export async function create() {
  const Hapi = require('@hapi/hapi');
  const make = () => {
    const server = Hapi.server({ host: 'localhost', port: 0, debug: false });
    const route = (method, path, handler) => server.route({ method, path, handler });
    route('GET', '/', () => '<p>Hello</p>');
    route('GET', '/json', (request) => ({
      query: request.query,
      host: request.info.host,
      path: request.path,
    }));
    route('GET', '/items/{id}', (request) => request.params);
    route('GET', '/cookies', (request, h) => h.response('ok').state('one', '1').state('two', '2'));
    route('GET', '/redirect', (request, h) => h.redirect('/elsewhere'));
    route('GET', '/empty', (request, h) => h.response().code(204));
    route('GET', '/stream', (request, h) =>
      h.response(createReadStream(`${publicFolder}/long.txt`)).type('text/plain'),
    );
    route('GET', '/binary', () => Buffer.from([0, 255, 1]));
    route('GET', '/error', () => {
      throw new Error('broken');
    });
    route('GET', '/raw', (request, h) => {
      request.raw.res.end('raw');
      return h.abandon;
    });
    route('POST', '/echo', (request) => ({ body: request.payload }));
    return server;
  };
  const [application, served] = [make(), make()];
  await served.initialize();
  return {
    application,
    listener: served.listener,
    requests: [...usual, get('/stream', { 'Accept-Encoding': 'gzip' }), get('/raw')],
  };
}
