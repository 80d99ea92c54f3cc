import { configure } from '@codegenie/serverless-express';
import { app } from '../../apps/koa.ts';

export const handler = configure({
  app: app.callback(),
  binarySettings: { contentTypes: ['application/octet-stream'] },
});
