import { configure } from '@codegenie/serverless-express';
import { listener } from '../../apps/raw.ts';

export const handler = configure({
  app: listener,
  binarySettings: { contentTypes: ['application/octet-stream'] },
});
