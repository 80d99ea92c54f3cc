import type { IncomingMessage, ServerResponse } from 'node:http';
import serverless from 'serverless-http';
import { app } from '../../apps/fastify.ts';

// As a listener: given the instance it takes Fastify's way for tests, which is five times slower
// and destroys binary bodies.
const ready = app.ready();
const adapted = serverless(
  (request: IncomingMessage, response: ServerResponse) => app.routing(request, response),
  { binary: ['application/octet-stream'] },
);

export const handler = async (event: object, context: object): Promise<unknown> => {
  await ready;
  return adapted(event, context);
};
