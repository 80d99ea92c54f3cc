import { ExpressFramework } from '@h4ad/serverless-adapter/frameworks/express';
import { app } from '../../apps/express5.ts';
import { adapter } from '../../apps/serverless-adapter.ts';

export const handler = adapter(app, new ExpressFramework());
