import { Hono } from 'hono';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from './routes.ts';

const json = { 'Content-Type': JSON_TYPE };

export const app = new Hono();
app.get('/items', (context) => {
  const query = new URL(context.req.url).searchParams;
  return context.body(page(context.req.header('user-agent'), query), 200, json);
});
app.get('/large', (context) => context.body(large(), 200, { 'Content-Type': BYTES_TYPE }));
app.post('/orders', async (context) => context.body(receipt(await context.req.json()), 200, json));
app.post('/upload', async (context) => {
  const body = new Uint8Array(await context.req.arrayBuffer());
  return context.body(upload(body), 200, json);
});
