import type { IncomingMessage, ServerResponse } from 'node:http';
import { configure } from '@codegenie/serverless-express';
import type { Context } from 'aws-lambda';
import { app } from '../../apps/fastify.ts';

const ready = app.ready();
const adapted = configure({
  app: (request: IncomingMessage, response: ServerResponse) => app.routing(request, response),
  binarySettings: { contentTypes: ['application/octet-stream'] },
});

export const handler = async (event: object, context: Context): Promise<unknown> => {
  await ready;
  return adapted(event, context, () => undefined);
};
