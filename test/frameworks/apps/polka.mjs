import { get, json, post, require } from './support.mjs';

export function create() {
  const app = require('polka')()
    .use(require('body-parser').json())
    .get('/', (request, response) => response.end('Hello'))
    .get('/items/:id', (request, response) =>
      response.end(JSON.stringify({ ...request.params, query: request.query })),
    )
    .post('/echo', (request, response) => {
      response.writeHead(201, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(request.body));
    })
    .get('/error', (request, response, next) => next(new Error('no')));
  return {
    application: app,
    listener: app.handler,
    requests: [
      get('/'),
      get('/items/7?a=b'),
      post('/echo', 'application/json', json({ a: 1 })),
      get('/error'),
      get('/nowhere'),
    ],
  };
}
