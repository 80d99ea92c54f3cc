import { get, json, post, require } from './support.mjs';

export function create() {
  const { initTRPC, TRPCError } = require('@trpc/server');
  const { createHTTPHandler } = require('@trpc/server/adapters/standalone');
  const { z } = require('zod');
  const t = initTRPC.create({ isDev: false });
  const router = t.router({
    hello: t.procedure
      .input(z.object({ name: z.string() }))
      .query(({ input }) => `hello ${input.name}`),
    add: t.procedure
      .input(z.array(z.number()))
      .mutation(({ input }) => input.reduce((sum, one) => sum + one, 0)),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'no' });
    }),
  });
  const input = (value) => encodeURIComponent(json(value));
  return {
    application: createHTTPHandler({ router }),
    requests: [
      get(`/hello?input=${input({ name: 'Ann' })}`),
      get(`/hello?input=${input({})}`),
      get('/fail'),
      get('/nowhere'),
      get(`/hello,fail?batch=1&input=${input({ 0: { name: 'b' } })}`),
      post('/add', 'application/json', json([1, 2, 3])),
    ],
  };
}
