import { configure } from '@codegenie/serverless-express';
import { app } from '../../apps/express5.ts';

export const handler = configure({
  app,
  binarySettings: { contentTypes: ['application/octet-stream'] },
});
