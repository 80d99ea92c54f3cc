import { Hono } from 'hono';
import { streamHandle } from 'hono/aws-lambda';
import { blocksOf } from './body.ts';
import { webStream } from './web.ts';

const app = new Hono();
app.get('*', (context) => {
  const { pathname, searchParams } = new URL(context.req.url);
  return context.body(webStream(blocksOf(pathname, searchParams)), 200, {
    'Content-Type': 'application/octet-stream',
  });
});

export const handler = streamHandle(app);
