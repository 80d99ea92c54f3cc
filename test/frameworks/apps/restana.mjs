import { get, json, post, require } from './support.mjs';

export function create() {
  const app = require('restana')();
  app.use(require('body-parser').json());
  app.get('/', (request, response) => response.send('Hello'));
  app.get('/items/:id', (request, response) =>
    response.send({ ...request.params, query: request.query }),
  );
  app.get('/later', async (request, response) => {
    await new Promise((resolve) => setImmediate(resolve));
    response.send('later');
  });
  app.get('/error', async () => {
    throw Object.assign(new Error('no'), { status: 409 });
  });
  app.post('/echo', (request, response) => response.send(request.body, 201, { 'X-Echo': 'yes' }));
  return {
    application: app,
    requests: [
      get('/'),
      get('/items/7?a=b'),
      get('/later'),
      get('/error'),
      post('/echo', 'application/json', json({ a: 1 })),
      get('/nowhere'),
    ],
  };
}
