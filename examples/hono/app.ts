import { Hono } from 'hono';
import type { FetchContext } from 'gatecall/bridges/fetch';

export const app = new Hono<{ Bindings: FetchContext }>();

app.get('/', (c) => c.text(`Hello ${c.env.environ.REMOTE_ADDR ?? 'stranger'}\n`));
app.get('/items/:id', (c) => c.json({ id: c.req.param('id'), query: c.req.query() }));
app.post('/echo', async (c) =>
  c.body(await c.req.arrayBuffer(), 200, {
    'Content-Type': c.req.header('Content-Type') ?? 'application/octet-stream',
  }),
);
app.get('/cookies', (c) => {
  c.header('Set-Cookie', 'a=1; Path=/', { append: true });
  c.header('Set-Cookie', 'b=2; Path=/', { append: true });
  return c.text('two\n');
});
app.get('/later', (c) => {
  // Lambda waits for it, after the reply has been made.
  c.executionCtx.waitUntil(Promise.resolve().then(() => console.log('done afterwards')));
  return c.text('now\n');
});
