import { get, json, post, publicFolder, require } from './support.mjs';

export function create() {
  const app = require('connect')();
  app.use(require('compression')({ threshold: 0 }));
  app.use('/files', require('serve-static')(publicFolder, { lastModified: false }));
  app.use(require('body-parser').json());
  app.use('/echo', (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(
      JSON.stringify({ body: request.body, url: request.url, original: request.originalUrl }),
    );
  });
  app.use('/error', (request, response, next) =>
    next(Object.assign(new Error('no'), { status: 403 })),
  );
  app.use('/send', (request, response) => {
    require('send')(request, '/data.bin', { root: publicFolder, lastModified: false }).pipe(
      response,
    );
  });
  app.use((error, request, response, next) => {
    response.statusCode = error.status ?? 500;
    response.end(error.message);
  });
  return {
    application: app,
    requests: [
      get('/files/long.txt'),
      get('/files/long.txt', { 'Accept-Encoding': 'gzip' }),
      get('/send', { Range: 'bytes=100-200' }),
      get('/send', { 'If-Match': '"other"' }),
      post('/echo/deeper?x=1', 'application/json', json({ a: [1] })),
      post('/echo', 'application/json', '{'),
      get('/error'),
      get('/nowhere'),
    ],
  };
}
