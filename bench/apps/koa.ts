import Koa from 'koa';
import { collect } from './raw.ts';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

export const app = new Koa();
app.use(async (context) => {
  if (context.path === '/large') {
    context.type = BYTES_TYPE;
    context.body = large();
    return;
  }
  context.type = JSON_TYPE;
  if (context.path === '/items') {
    context.body = page(context.get('user-agent'), new URLSearchParams(context.querystring));
    return;
  }
  const body = await new Promise<Buffer>((resolve) => collect(context.req, resolve));
  context.body = context.path === '/upload' ? upload(body) : receipt(JSON.parse(body.toString()));
});
