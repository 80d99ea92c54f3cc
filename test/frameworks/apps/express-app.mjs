/** One application for Express 4 and 5, with the middleware people put in front. */
import { createReadStream } from 'node:fs';
import http from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { get, json, post, publicFolder, require, send, upload, usual } from './support.mjs';

export function expressApp(express, parser) {
  const app = express();
  const log = [];
  const upstream = http.createServer((request, response) => {
    response.setHeader('X-Upstream', 'yes');
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'Content-Type': 'text/plain' });
    response.write(`${request.method} ${request.url} ${request.headers['x-forwarded-host']} `);
    request.pipe(response);
  });

  app.use(
    require('morgan')(':method :url :status :res[content-type] :req[x-tag]', {
      stream: { write: (line) => log.push(line) },
    }),
  );
  app.use(require('helmet')());
  app.use(require('cors')({ origin: 'https://example.com', credentials: true }));
  app.use(require('compression')({ threshold: 1000 }));
  app.use('/late', async (request, response, next) => {
    await setTimeout(3);
    next();
  });
  app.use(
    '/session',
    require('express-session')({
      secret: 's',
      resave: false,
      saveUninitialized: true,
      genid: () => 'fixed-id',
      store: new (require('express-session').MemoryStore)(),
    }),
  );
  app.use('/cookie-session', require('cookie-session')({ name: 'session', keys: ['k'] }));
  app.use(
    '/proxy',
    require('http-proxy-middleware').createProxyMiddleware({
      router: () => `http://127.0.0.1:${upstream.address().port}`,
      xfwd: true,
    }),
  );
  app.use('/static', require('serve-static')(publicFolder, { lastModified: false }));
  app.use('/express-static', express.static(publicFolder, { etag: false, lastModified: false }));
  app.use(parser.json());
  app.use(parser.urlencoded({ extended: true }));
  app.use(parser.raw({ type: 'application/octet-stream' }));
  app.use(parser.text());

  app.get('/', (request, response) => response.send('<p>Hello</p>'));
  app.get('/json', (request, response) =>
    response.json({
      query: request.query,
      host: request.hostname,
      path: request.path,
      xhr: request.xhr,
      accepts: request.accepts('html', 'json'),
      type: request.get('content-type') ?? null,
      length: request.get('content-length') ?? null,
      prototype:
        Object.getPrototypeOf(request) === app.request &&
        Object.getPrototypeOf(response) === app.response,
      classes: request instanceof http.IncomingMessage && response instanceof http.ServerResponse,
    }),
  );
  app.get('/items/:id', (request, response) =>
    response.json({ id: request.params.id, url: request.url }),
  );
  app.get('/cookies', (request, response) => {
    response.cookie('one', '1', { httpOnly: true });
    response.cookie('two', 'b c');
    response.send(request.headers.cookie);
  });
  app.get('/redirect', (request, response) => response.redirect('/elsewhere?x=1'));
  app.get('/empty', (request, response) => response.status(204).end());
  app.get('/stream', (request, response) =>
    createReadStream(`${publicFolder}/long.txt`).pipe(response.type('txt')),
  );
  app.get('/drip', async (request, response) => {
    response.type('txt');
    for (const part of ['one ', 'two ', 'three']) {
      response.write(part);
      response.flush?.();
      await setTimeout(1);
    }
    response.end();
  });
  app.get('/binary', (request, response) =>
    response.sendFile(`${publicFolder}/data.bin`, { etag: false, lastModified: false }),
  );
  app.get('/download', (request, response) =>
    response.download(`${publicFolder}/data.bin`, 'nice name.bin', {
      etag: false,
      lastModified: false,
    }),
  );
  app.get('/error', () => {
    throw Object.assign(new Error('broken'), { status: 503, expose: true });
  });
  app.get('/later-error', (request, response, next) => setImmediate(next, new Error('later')));
  app.get('/jsonp', (request, response) => response.jsonp({ a: 1 }));
  app.get('/format', (request, response) =>
    response.format({ text: () => response.send('text'), json: () => response.json('json') }),
  );
  app.get('/etag', (request, response) => response.set('ETag', '"e"').send('cached'));
  app.get('/status', (request, response) => response.sendStatus(418));
  app.post('/echo', (request, response) => response.json({ body: request.body ?? null }));
  app.put('/bytes', (request, response) => response.type('bin').send(request.body));
  app.post(
    '/upload',
    require('multer')({ storage: require('multer').memoryStorage() }).array('file'),
    (request, response) =>
      response.json({
        body: request.body,
        files: request.files.map(({ originalname, size, mimetype }) => ({
          originalname,
          size,
          mimetype,
        })),
      }),
  );
  app.post('/busboy', (request, response) => {
    const seen = [];
    request.pipe(
      require('busboy')({ headers: request.headers })
        .on('field', (name, value) => seen.push([name, value]))
        .on('file', (name, stream, { filename }) => {
          let bytes = 0;
          stream
            .on('data', (block) => (bytes += block.length))
            .on('close', () => seen.push([name, filename, bytes]));
        })
        .on('close', () => response.json(seen)),
    );
  });
  app.post('/late/echo', (request, response) => response.json({ body: request.body }));
  app.get('/session/count', (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1;
    response.json({ views: request.session.views, id: request.sessionID });
  });
  app.get('/cookie-session/count', (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1;
    response.json({ views: request.session.views });
  });

  const passport = new (require('passport').Passport)();
  passport.use('token', {
    authenticate(request) {
      const token = request.headers.authorization;
      if (token === 'Bearer good') this.success({ name: 'Ann' });
      else this.fail('Bearer realm="x"', 401);
    },
  });
  app.get('/private', passport.authenticate('token', { session: false }), (request, response) =>
    response.json(request.user),
  );

  const shop = express();
  shop.get('/deep/:x', (request, response) =>
    response.json({
      base: request.baseUrl,
      url: request.url,
      original: request.originalUrl,
      mount: shop.mountpath,
      x: request.params.x,
    }),
  );
  app.use('/shop', shop);
  const router = express.Router();
  router.get('/here', (request, response) =>
    response.json({ base: request.baseUrl, url: request.url, original: request.originalUrl }),
  );
  app.use('/routes', router);
  app.use((error, request, response, next) => {
    if (request.query.fall) next(error);
    else response.status(error.status ?? 500).json({ message: error.message });
  });

  return {
    application: app,
    log,
    async start() {
      await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    },
    async stop() {
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
    },
    requests: [
      ...usual,
      get('/drip'),
      get('/stream', { 'Accept-Encoding': 'gzip' }),
      get('/stream', { 'Accept-Encoding': 'gzip' }, 'HEAD'),
      get('/json', { 'X-Requested-With': 'XMLHttpRequest', Accept: 'application/json' }),
      get('/', { Origin: 'https://example.com' }, 'OPTIONS'),
      get(
        '/json',
        { Origin: 'https://example.com', 'Access-Control-Request-Method': 'PUT' },
        'OPTIONS',
      ),
      get('/items/x', {}, 'OPTIONS'),
      get('/static/'),
      get('/static'),
      get('/static/index.html', {}, 'HEAD'),
      get('/static/none.html'),
      get('/static/data.bin'),
      get('/static/data.bin', { Range: 'bytes=10-19' }),
      get('/static/data.bin', { Range: 'bytes=-5' }),
      get('/static/data.bin', { Range: 'bytes=5000-' }),
      get('/static/data.bin', { Range: 'bytes=0-1,5-6' }),
      get('/static/..%2f..%2fpackage.json'),
      get('/static/long.txt', { 'Accept-Encoding': 'gzip' }),
      get('/static/long.txt', { 'Accept-Encoding': 'gzip, deflate, br' }),
      get('/express-static/long.txt', { Range: 'bytes=0-99' }),
      get('/download'),
      get('/etag', { 'If-None-Match': '"e"' }),
      get('/etag', { 'If-None-Match': '"f"' }),
      get('/later-error'),
      get('/later-error?fall=1'),
      get('/error?fall=1'),
      get('/jsonp?callback=cb'),
      get('/format', { Accept: 'application/json' }),
      get('/format', { Accept: 'image/png' }),
      get('/status'),
      get('/session/count'),
      get('/session/count', { Cookie: 'connect.sid=s%3Aelse.x' }),
      get('/cookie-session/count'),
      get('/private'),
      get('/private', { Authorization: 'Bearer good' }),
      get('/shop/deep/1?y=2'),
      get('/routes/here?y=2'),
      get('/proxy/some/path?x=1'),
      post('/proxy/up', 'text/plain', 'to the upstream'),
      post('/echo', 'application/x-www-form-urlencoded', 'a=1&b[c]=d+e&b[f]=%C3%A9'),
      post('/echo', 'text/plain', 'plain text'),
      post('/echo', 'application/json', json('x'.repeat(120_000))),
      post('/echo', 'application/json; charset=utf-16', '{}'),
      post('/late/echo', 'application/json', json({ late: true })),
      post('/echo', 'application/unknown', 'nobody reads this'),
      get('/echo', {}, 'POST'),
      send('PUT', '/bytes', 'application/octet-stream', Buffer.from([0, 255, 254, 1, 128])),
      upload('/upload'),
      upload('/busboy'),
      get('/', {}, 'DELETE'),
      get('/', { 'X-Tag': 'logged' }),
    ],
  };
}
