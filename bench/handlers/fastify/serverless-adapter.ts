import { FastifyFramework } from '@h4ad/serverless-adapter/frameworks/fastify';
import { app } from '../../apps/fastify.ts';
import { adapter } from '../../apps/serverless-adapter.ts';

export const handler = adapter(app, new FastifyFramework());
