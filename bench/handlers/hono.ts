import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { large, page } from './page.ts';

const app = new Hono();
app.get('/large', (context) =>
  context.body(large(), 200, { 'Content-Type': 'application/octet-stream' }),
);
app.get('/items', (context) => {
  const query = new URL(context.req.url).searchParams;
  return context.body(page(context.req.header('user-agent'), query), 200, {
    'Content-Type': 'application/json',
  });
});

export const handler = handle(app);
