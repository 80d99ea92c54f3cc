import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { publicFolder, require, get, usual } from './support.mjs';

export function create() {
  const Koa = require('koa');
  const Router = require('@koa/router');
  const app = new Koa({ keys: ['k'] });
  app.silent = true;
  const router = new (Router.default ?? Router)();
  router.get('/', (ctx) => void (ctx.body = '<p>Hello</p>'));
  router.get(
    '/json',
    (ctx) =>
      void (ctx.body = {
        query: ctx.query,
        host: ctx.host,
        path: ctx.path,
        url: ctx.url,
        origin: ctx.origin,
        secure: ctx.secure,
        length: ctx.request.length ?? null,
      }),
  );
  router.get('/items/:id', (ctx) => void (ctx.body = ctx.params));
  router.get('/cookies', (ctx) => {
    ctx.cookies.set('one', '1');
    ctx.cookies.set('two', '2', { signed: true });
    ctx.body = ctx.cookies.get('a');
  });
  router.get('/redirect', (ctx) => ctx.redirect('/elsewhere'));
  router.get('/empty', (ctx) => void (ctx.status = 204));
  router.get('/null', (ctx) => void (ctx.body = null));
  router.get('/stream', (ctx) => {
    ctx.type = 'txt';
    ctx.body = createReadStream(`${publicFolder}/long.txt`);
  });
  router.get(
    '/missing-stream',
    (ctx) => void (ctx.body = createReadStream(`${publicFolder}/no-such-file`)),
  );
  router.get('/binary', (ctx) => void (ctx.body = Buffer.from([0, 255, 1])));
  router.get('/error', (ctx) => ctx.throw(503, 'broken'));
  router.get('/teapot', (ctx) => {
    ctx.status = 418;
    ctx.message = 'Short And Stout';
    ctx.body = 'tea';
  });
  router.get('/raw', (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(200, { 'X-Raw': 'yes' });
    ctx.res.end('raw');
  });
  router.post('/echo', async (ctx) => void (ctx.body = await buffer(ctx.req)));
  app.use(async (ctx, next) => {
    await next();
    ctx.set('X-After', 'yes');
  });
  app.use(router.routes());
  app.use(router.allowedMethods());
  return {
    application: app,
    listener: app.callback(),
    requests: [
      ...usual,
      get('/null'),
      get('/missing-stream'),
      get('/teapot'),
      get('/raw'),
      get('/', {}, 'PUT'),
    ],
  };
}
